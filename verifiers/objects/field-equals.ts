import { z } from 'zod'
import { objectParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { expectedValueParams, show, valueMismatch } from './expected-value.ts'
import { findObject, nameOf } from './find-object.ts'
import { valuesAt } from './values-at.ts'

/** A field of an object is what it should be. */
export const fieldEquals: Verifier = defineVerifier({
  name: 'field-equals',
  summary: 'A field of an object has the value that it should have, or is not there.',
  params: z.strictObject({
    object: objectParam('The object: deployment/checkout, certificates.cert-manager.io/web.'),
    namespace: z.string().optional().meta({ description: 'Its namespace; default unless told.' }),
    ...expectedValueParams,
  }),
  example:
    'field-equals: { object: deployment/checkout, namespace: shop, path: "spec.template.spec.containers[*].image", equals: "kubemend/echo:1" }',
  details:
    'Without `equals`, `one-of`, `matches`, `not` or `absent`, the field must be there. A path with `[*]` or `*` stands for ' +
    'all that it fits, of which there must be at least one. A Secret’s data is base64, as the API has it. Prefer a check of what ' +
    'happens (an answer, a rollout) where there is one: many fields can be right in more ways than one.',
  async verify(wanted, context) {
    const object = await findObject(context, wanted.object, wanted.namespace)
    if (isVerdict(object)) return object
    const values = valuesAt(object, wanted.path)
    const evidence = { values: values.slice(0, 10) }
    const problem = valueMismatch(object, wanted)
    if (problem !== undefined) return notMet(`${nameOf(object)} ${problem}`, evidence)
    const [first] = values
    return met(`${nameOf(object)} has ${first ? `${first.at}: ${show(first.value)}` : `no ${wanted.path}`}`, evidence)
  },
})
