import type { JsonObject } from '../json.ts'
import { labelSelector, metadata, namedReferences } from './metadata.ts'
import {
  choice,
  defaultsTo,
  ignored,
  keyed,
  keyedInOrder,
  listOf,
  mapOf,
  optional,
  or,
  plain,
  quantities,
  quantity,
  setOf,
  struct,
  type Type,
} from './type.ts'

const httpGet: Type = struct({
  path: defaultsTo('/'),
  scheme: defaultsTo('HTTP'),
  host: optional,
  httpHeaders: listOf(plain),
})

const handler: Record<string, Type> = {
  httpGet,
  tcpSocket: struct({ host: optional }),
  exec: choice({ command: listOf(plain) }),
  grpc: struct({ service: optional }),
}

const probe: Type = struct({
  ...handler,
  initialDelaySeconds: optional,
  timeoutSeconds: defaultsTo(1),
  periodSeconds: defaultsTo(10),
  successThreshold: defaultsTo(1),
  failureThreshold: defaultsTo(3),
})

const resources: Type = struct({ limits: quantities, requests: quantities, claims: keyed(plain, 'name') }, (given) => {
  if (given['limits'] === undefined) return given
  return {
    ...given,
    requests: { ...(given['limits'] as JsonObject), ...(given['requests'] as JsonObject | undefined) },
  }
})

const env: Type = {
  items: struct({
    value: optional,
    valueFrom: struct({
      fieldRef: struct({ apiVersion: defaultsTo('v1') }),
      resourceFieldRef: struct({ containerName: optional, divisor: or(quantity, '0') }),
      configMapKeyRef: struct({ optional }),
      secretKeyRef: struct({ optional }),
    }),
  }),
  order: 'references',
  keys: [['name']],
}

const securityContext: Type = struct({
  privileged: optional,
  readOnlyRootFilesystem: optional,
  capabilities: struct({ add: setOf(), drop: setOf() }),
  procMount: defaultsTo('Default'),
})

const container: Type = struct(
  {
    command: listOf(plain),
    args: listOf(plain),
    env,
    envFrom: listOf(struct({ prefix: optional, configMapRef: struct({ optional }), secretRef: struct({ optional }) })),
    ports: keyed(struct({ protocol: defaultsTo('TCP'), hostPort: optional, hostIP: optional }), 'name', [
      'containerPort',
      'protocol',
    ]),
    resources,
    resizePolicy: keyed(plain, 'resourceName'),
    volumeMounts: keyed(
      struct({
        readOnly: optional,
        subPath: optional,
        subPathExpr: optional,
        recursiveReadOnly: plain,
      }),
      'mountPath',
    ),
    volumeDevices: keyed(plain, 'devicePath'),
    livenessProbe: probe,
    readinessProbe: probe,
    startupProbe: probe,
    lifecycle: struct({ postStart: struct(handler), preStop: struct(handler) }),
    terminationMessagePath: defaultsTo('/dev/termination-log'),
    terminationMessagePolicy: defaultsTo('File'),
    securityContext,
    stdin: optional,
    stdinOnce: optional,
    tty: optional,
    workingDir: optional,
  },
  (given) => ({ imagePullPolicy: defaultPullPolicy(given['image']), ...given }),
)

const items: Type = keyed(plain, 'path')

const volume: Type = struct(
  {
    emptyDir: choice({ medium: optional, sizeLimit: quantity }),
    configMap: choice({ defaultMode: defaultsTo(420), items, optional }),
    secret: choice({ defaultMode: defaultsTo(420), items, optional }),
    hostPath: struct({ type: optional }),
    downwardAPI: choice({ defaultMode: defaultsTo(420), items }),
    projected: choice({
      defaultMode: defaultsTo(420),
      sources: listOf(
        struct({
          configMap: struct({ items, optional }),
          secret: struct({ items, optional }),
          downwardAPI: struct({ items }),
          serviceAccountToken: struct({ expirationSeconds: defaultsTo(3600), audience: optional }),
        }),
      ),
    }),
    persistentVolumeClaim: struct({ readOnly: optional }),
    nfs: struct({ readOnly: optional }),
    csi: struct({ readOnly: optional }),
  },
  (given) => (Object.keys(given).length === 1 ? { ...given, emptyDir: {} } : given),
)

const podAffinityTerm: Type = struct({
  labelSelector,
  namespaceSelector: labelSelector,
  namespaces: setOf(),
})

const nodeSelectorTerm: Type = struct({
  matchExpressions: setOf(struct({ values: setOf() })),
  matchFields: setOf(struct({ values: setOf() })),
})

const podAffinity: Type = struct({
  requiredDuringSchedulingIgnoredDuringExecution: setOf(podAffinityTerm),
  preferredDuringSchedulingIgnoredDuringExecution: setOf(struct({ podAffinityTerm })),
})

/** The spec of a pod or of a pod template. */
export const podSpec: Type = struct({
  containers: keyed(container, 'name'),
  initContainers: keyedInOrder(container, 'name'),
  ephemeralContainers: keyed(container, 'name'),
  volumes: keyed(volume, 'name'),
  imagePullSecrets: namedReferences,
  restartPolicy: defaultsTo('Always'),
  dnsPolicy: defaultsTo('ClusterFirst'),
  dnsConfig: struct({ nameservers: listOf(plain), searches: listOf(plain), options: listOf(plain) }),
  schedulerName: defaultsTo('default-scheduler'),
  terminationGracePeriodSeconds: defaultsTo(30),
  enableServiceLinks: defaultsTo(true),
  preemptionPolicy: defaultsTo('PreemptLowerPriority'),
  serviceAccountName: defaultsTo('default'),
  serviceAccount: ignored,
  automountServiceAccountToken: defaultsTo(true),
  hostNetwork: optional,
  hostPID: optional,
  hostIPC: optional,
  hostname: optional,
  subdomain: optional,
  shareProcessNamespace: optional,
  setHostnameAsFQDN: optional,
  nodeName: optional,
  priority: plain,
  nodeSelector: mapOf(),
  overhead: quantities,
  tolerations: setOf(struct({ operator: defaultsTo('Equal'), key: optional, value: optional, effect: optional })),
  topologySpreadConstraints: keyed(
    struct({
      labelSelector,
      matchLabelKeys: setOf(),
      nodeAffinityPolicy: defaultsTo('Honor'),
      nodeTaintsPolicy: defaultsTo('Ignore'),
    }),
    ['topologyKey', 'whenUnsatisfiable'],
  ),
  hostAliases: keyed(struct({ hostnames: setOf() }), 'ip'),
  readinessGates: setOf(),
  schedulingGates: keyed(plain, 'name'),
  resourceClaims: keyed(plain, 'name'),
  securityContext: struct({
    supplementalGroups: setOf(),
    sysctls: keyed(plain, 'name'),
  }),
  affinity: struct({
    nodeAffinity: struct({
      requiredDuringSchedulingIgnoredDuringExecution: struct({ nodeSelectorTerms: setOf(nodeSelectorTerm) }),
      preferredDuringSchedulingIgnoredDuringExecution: setOf(struct({ preference: nodeSelectorTerm })),
    }),
    podAffinity,
    podAntiAffinity: podAffinity,
  }),
})

/** A pod template, as in a Deployment or a Job. */
export const podTemplate: Type = struct({ metadata, spec: podSpec })

/** `Always` for `latest` and for no tag, `IfNotPresent` for every other. */
function defaultPullPolicy(image: unknown): string {
  const text = typeof image === 'string' ? image : ''
  const tag = /:([^:/@]+)(?:@.*)?$/.exec(text)?.[1]
  return (tag === undefined && !text.includes('@')) || tag === 'latest' ? 'Always' : 'IfNotPresent'
}
