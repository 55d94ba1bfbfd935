import { z } from 'zod'
import { objectParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { findObject, nameOf } from './find-object.ts'

/** An object is there. */
export const objectExists: Verifier = defineVerifier({
  name: 'object-exists',
  summary: 'An object exists and is not being deleted.',
  params: z.strictObject({
    object: objectParam('The object: configmap/settings, namespace/shop.'),
    namespace: z.string().optional().meta({ description: 'Its namespace; default unless told.' }),
  }),
  example: 'object-exists: { object: configmap/settings, namespace: shop }',
  async verify({ object: reference, namespace }, context) {
    const object = await findObject(context, reference, namespace)
    if (isVerdict(object)) return object
    const { deletionTimestamp, finalizers = [], uid } = object.metadata
    if (deletionTimestamp !== undefined) {
      const wait = finalizers.length > 0 ? ` and waits for ${finalizers.join(', ')}` : ''
      return notMet(`${nameOf(object)} is being deleted${wait}`, { deletionTimestamp, finalizers })
    }
    return met(`${nameOf(object)} exists`, { uid })
  },
})
