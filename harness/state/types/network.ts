import type { JsonObject } from '../json.ts'
import { labelSelector, metadata } from './metadata.ts'
import {
  defaultsTo,
  keyed,
  listOf,
  mapOf,
  optional,
  or,
  plain,
  setOf,
  struct,
  choice,
  ignored,
  type Type,
} from './type.ts'

const servicePort: Type = struct({ protocol: defaultsTo('TCP'), name: optional }, (given) => ({
  ...(given['port'] === undefined ? {} : { targetPort: given['port'] }),
  ...given,
}))

const policyPort: Type = struct({ protocol: defaultsTo('TCP') })
const policyPeer: Type = struct({
  podSelector: labelSelector,
  namespaceSelector: labelSelector,
  ipBlock: struct({ except: setOf() }),
})

const path: Type = struct({ path: defaultsTo('/') })

/** Services, policies, routes and what controllers derive from them. */
export const networkTypes: Record<string, Type> = {
  '/Service': struct({
    metadata,
    spec: struct(
      {
        type: defaultsTo('ClusterIP'),
        selector: mapOf(),
        ports: keyed(servicePort, 'name', ['port', 'protocol']),
        sessionAffinity: defaultsTo('None'),
        externalIPs: setOf(),
        loadBalancerSourceRanges: setOf(),
        publishNotReadyAddresses: optional,
        clusterIPs: listOf(plain),
        ipFamilies: listOf(plain),
        healthCheckNodePort: optional,
      },
      fillService,
    ),
  }),
  '/Endpoints': struct({
    metadata,
    subsets: setOf(
      struct({
        addresses: setOf(struct({ targetRef: struct({ resourceVersion: ignored }) })),
        notReadyAddresses: setOf(struct({ targetRef: struct({ resourceVersion: ignored }) })),
        ports: setOf(struct({ protocol: defaultsTo('TCP') })),
      }),
    ),
  }),
  'discovery.k8s.io/EndpointSlice': struct({
    metadata,
    endpoints: setOf(struct({ targetRef: struct({ resourceVersion: ignored }) })),
    ports: setOf(struct({ protocol: defaultsTo('TCP'), name: optional })),
  }),
  'networking.k8s.io/NetworkPolicy': struct({
    metadata,
    spec: struct(
      {
        podSelector: or(labelSelector, {}),
        policyTypes: setOf(),
        ingress: setOf(choice({ from: setOf(policyPeer), ports: setOf(policyPort) })),
        egress: setOf(choice({ to: setOf(policyPeer), ports: setOf(policyPort) })),
      },
      (given) => ({
        policyTypes:
          ((given['egress'] as unknown[] | undefined)?.length ?? 0) > 0 ? ['Ingress', 'Egress'] : ['Ingress'],
        ...given,
      }),
    ),
  }),
  'networking.k8s.io/Ingress': struct({
    metadata,
    spec: struct({
      rules: keyed(
        struct({ host: plain, http: struct({ paths: keyed(path, ['path', 'pathType']) }) }, (given) => ({
          host: '',
          ...given,
        })),
        'host',
      ),
      tls: setOf(struct({ hosts: setOf() })),
    }),
  }),
}

function fillService(given: JsonObject): JsonObject {
  const type = given['type'] ?? 'ClusterIP'
  const isExternal = type === 'NodePort' || type === 'LoadBalancer'
  return {
    ...(type === 'ExternalName' ? {} : { internalTrafficPolicy: 'Cluster' }),
    ...(isExternal ? { externalTrafficPolicy: 'Cluster' } : {}),
    ...(type === 'LoadBalancer' ? { allocateLoadBalancerNodePorts: true } : {}),
    ...(given['sessionAffinity'] === 'ClientIP'
      ? { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } }
      : {}),
    ...given,
  }
}
