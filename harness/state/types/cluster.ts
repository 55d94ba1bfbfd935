import type { JsonObject } from '../json.ts'
import { metadata } from './metadata.ts'
import { defaultsTo, ignored, keyed, listOf, mapOf, optional, or, plain, setOf, struct, type Type } from './type.ts'

/** Objects of the cluster itself, and the plainest of all. */
export const clusterTypes: Record<string, Type> = {
  '/Namespace': struct({ metadata, spec: struct({ finalizers: setOf() }) }, (given) => ({
    ...given,
    metadata: withNameLabel(given['metadata'] as JsonObject),
  })),
  '/Node': struct({
    metadata,
    spec: struct({
      taints: keyed(struct({ timeAdded: ignored, value: optional }), ['key', 'effect']),
      unschedulable: optional,
      podCIDRs: listOf(plain),
    }),
  }),
  '/ConfigMap': struct({ metadata, data: mapOf(), binaryData: mapOf(), immutable: optional }),
  '/Secret': struct({ metadata, type: defaultsTo('Opaque'), data: mapOf(), immutable: optional }, withEncodedData),
  'apiextensions.k8s.io/CustomResourceDefinition': struct({
    metadata,
    spec: struct({
      conversion: or(struct({ strategy: defaultsTo('None') }), {}),
      versions: keyed(plain, 'name'),
      names: struct({ shortNames: setOf(), categories: setOf() }),
    }),
  }),
  'apiregistration.k8s.io/APIService': struct({
    metadata,
    spec: struct({ insecureSkipTLSVerify: optional, service: struct({ port: defaultsTo(443) }) }),
  }),
}

function withNameLabel(given: JsonObject): JsonObject {
  return { ...given, labels: { 'kubernetes.io/metadata.name': given['name'], ...(given['labels'] as JsonObject) } }
}

/** `stringData` is only another way to write `data`. */
function withEncodedData(given: JsonObject): JsonObject {
  const { stringData, ...rest } = given
  if (stringData === undefined) return given
  const encoded = Object.entries(stringData as Record<string, string>).map(([name, text]) => [
    name,
    Buffer.from(text).toString('base64'),
  ])
  return { ...rest, data: { ...(rest['data'] as JsonObject | undefined), ...Object.fromEntries(encoded) } }
}
