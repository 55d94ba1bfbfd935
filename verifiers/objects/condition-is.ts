import { z } from 'zod'
import { fieldOf, listAt, textAt } from '../../harness/state/json.ts'
import { objectParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { findObject, nameOf } from './find-object.ts'

/** An object of any kind has a condition in its status. */
export const conditionIs: Verifier = defineVerifier({
  name: 'condition-is',
  summary: 'An object of any kind, custom ones too, has a condition with the status it should have.',
  params: z.strictObject({
    object: objectParam('The object: certificate.cert-manager.io/web, node/worker-1.'),
    namespace: z.string().optional().meta({ description: 'Its namespace; default unless told.' }),
    condition: z.string().min(1).meta({ description: 'The type of the condition: Ready.' }),
    status: z.enum(['True', 'False', 'Unknown']).default('True').meta({ description: 'The status it must have.' }),
    reason: z.string().optional().meta({ description: 'The reason it must have.' }),
  }),
  example: 'condition-is: { object: certificate.cert-manager.io/web, namespace: shop, condition: Ready }',
  details:
    'A condition that says which generation it is about (`observedGeneration`, its own or that of the status) must be about the ' +
    'present one. Who may write the status may write the condition.',
  async verify({ object: reference, namespace, condition: type, status, reason }, context) {
    const object = await findObject(context, reference, namespace)
    if (isVerdict(object)) return object
    const here = nameOf(object)
    const conditions = listAt(object, 'status', 'conditions')
    const condition = conditions.find((one) => textAt(one, 'type') === type)
    if (condition === undefined) {
      const others = conditions.map((one) => textAt(one, 'type')).join(', ')
      return notMet(`${here} has no condition ${type}${others === '' ? '' : `; it has ${others}`}`)
    }
    const [has, because] = [textAt(condition, 'status'), textAt(condition, 'message') ?? textAt(condition, 'reason')]
    const why = because ? `: ${because}` : ''
    if (has !== status) return notMet(`${here}: ${type} is ${has}, not ${status}${why}`, condition)
    const seen = fieldOf(condition, 'observedGeneration') ?? fieldOf(object, 'status', 'observedGeneration')
    const { generation } = object.metadata
    if (typeof seen === 'number' && generation !== undefined && seen < generation)
      return notMet(`${here}: ${type} is ${has} of an older generation (${seen} of ${generation})`, condition)
    if (reason !== undefined && textAt(condition, 'reason') !== reason)
      return notMet(
        `${here}: ${type} is ${has} for the reason ${textAt(condition, 'reason')}, not ${reason}`,
        condition,
      )
    return met(`${here}: ${type} is ${has}`, condition)
  },
})
