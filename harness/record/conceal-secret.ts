import { createHmac, randomBytes } from 'node:crypto'
import type { KubeObject } from '../base/kube-client.ts'

/**
 * Replaces the values of a Secret by marks that say only which values are equal. The key dies with the process, so
 * nobody can try out guesses on a published record. Objects of other kinds come back as they are.
 */
export function concealSecret(object: KubeObject): KubeObject {
  if (object.kind !== 'Secret' || object.apiVersion !== 'v1') return object
  const { annotations, ...metadata } = object.metadata
  const { [lastApplied]: _, ...otherAnnotations } = annotations ?? {}
  return {
    ...object,
    metadata: annotations === undefined ? metadata : { ...metadata, annotations: otherAnnotations },
    ...concealField(object, 'data', 'base64'),
    ...concealField(object, 'stringData', 'utf8'),
  }
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'
const key = randomBytes(32)

function concealField(object: KubeObject, field: string, encoding: 'base64' | 'utf8'): Record<string, unknown> {
  const values = object[field]
  if (typeof values !== 'object' || values === null) return {}
  const marks = Object.entries(values).map(([name, value]) => [name, markOf(Buffer.from(String(value), encoding))])
  return { [field]: Object.fromEntries(marks) as unknown }
}

function markOf(value: Buffer): string {
  return `[secret ${createHmac('sha256', key).update(value).digest('hex').slice(0, 12)}, ${value.length} bytes]`
}
