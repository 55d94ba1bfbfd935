import { z } from 'zod'
import { objectParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { findObject, nameOf } from './find-object.ts'

/** An object is not there. */
export const objectAbsent: Verifier = defineVerifier({
  name: 'object-absent',
  summary: 'An object does not exist; one that is still being deleted does.',
  params: z.strictObject({
    object: objectParam('The object: pod/stuck, namespace/old.'),
    namespace: z.string().optional().meta({ description: 'Its namespace; default unless told.' }),
  }),
  example: 'object-absent: { object: namespace/old }',
  async verify({ object: reference, namespace }, context) {
    const object = await findObject(context, reference, namespace)
    if (isVerdict(object)) return met(object.because)
    const { deletionTimestamp, finalizers = [] } = object.metadata
    if (deletionTimestamp === undefined) return notMet(`${nameOf(object)} exists`)
    const wait = finalizers.length > 0 ? ` by the finalizers ${finalizers.join(', ')}` : ''
    return notMet(`${nameOf(object)} is being deleted and still held${wait}`, { deletionTimestamp, finalizers })
  },
})
