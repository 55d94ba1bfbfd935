import type { KubeObject } from '../../base/kube-client.ts'
import { listAt, objectAt } from '../../state/json.ts'
import type { Dice } from '../../manifest/generate/dice.ts'
import { editObjects, refOf, type Edit } from '../objects.ts'
import { busyboxImage, nodeName } from './objects-of.ts'
import {
  clientsThrough,
  containerOf,
  containerPath,
  linksOf,
  replicasOf,
  servicesOf,
  workloadsOf,
} from './system-map.ts'
import type { World } from './world.ts'

/** What real systems have beside programs and Services. */
export type Feature =
  | 'configured'
  | 'credential'
  | 'volume'
  | 'guarded'
  | 'budgeted'
  | 'scaled'
  | 'waiting'
  | 'rationed'
  | 'reporting'
  | 'nightly'
  | 'admitted'
  | 'hosted'

/** Puts a feature into a world, where it fits. */
type AddFeature = (world: World, dice: Dice) => World

export const features: Readonly<Record<Feature, AddFeature>> = {
  configured: addConfiguration,
  credential: addCredential,
  volume: addVolume,
  guarded: addNetworkPolicy,
  budgeted: addDisruptionBudget,
  scaled: addAutoscaler,
  waiting: addInitContainer,
  rationed: addQuota,
  reporting: addReporter,
  nightly: addCronJob,
  admitted: addAdmissionPolicy,
  hosted: addNode,
}

export const featureNames: readonly Feature[] = Object.keys(features) as Feature[]

function edited(world: World, edits: readonly Edit[]): World {
  return { ...world, objects: editObjects(world.objects, edits) }
}

function add(object: KubeObject): Edit {
  return { on: refOf(object), create: object }
}

/** The team that a namespace belongs to. */
function teamOf(world: World, namespace: string): string {
  const found = world.objects.find(({ kind, metadata }) => kind === 'Namespace' && metadata.name === namespace)
  return found?.metadata.labels?.['team'] ?? 'platform'
}

/** Programs that answer, and that somebody would miss. */
function servers(world: World): KubeObject[] {
  return workloadsOf(world.objects).filter(
    (workload) => servicesOf(world.objects, workload).length > 0 && clientsThrough(world, workload).length > 0,
  )
}

/** Who a program asks is no longer an argument but stands in a ConfigMap. */
function addConfiguration(world: World, dice: Dice): World {
  const callers = servers(world).filter((workload) => listAt(containerOf(workload), 'args').some(isCall))
  if (callers.length === 0) return world
  const workload = dice.pick(callers)
  const container = containerOf(workload)
  const args = listAt(container, 'args').map(String)
  const calls = args.find(isCall)?.slice('--call='.length) ?? ''
  const { name, namespace } = workload.metadata
  const config = {
    name: `${name}-${dice.pick(['config', 'settings', 'environment'])}`,
    ...(namespace ? { namespace } : {}),
  }
  const key = dice.pick(['upstreams', 'backends', 'peers'])
  const env = [
    ...listAt(container, 'env'),
    { name: 'ECHO_CALL', valueFrom: { configMapKeyRef: { name: config.name, key } } },
    { name: 'ECHO_CALL_EVERY', valueFrom: { configMapKeyRef: { name: config.name, key: 'interval' } } },
  ]
  const path = containerPath(workload)
  return edited(world, [
    add({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...config, labels: { app: name } },
      data: { [key]: calls, interval: '5s' },
    }),
    {
      on: refOf(workload),
      set: {
        [`${path}.args`]: args.filter((arg) => !isCall(arg) && !arg.startsWith('--call-every')),
        [`${path}.env`]: env,
      },
    },
  ])
}

function isCall(arg: unknown): boolean {
  return String(arg).startsWith('--call=')
}

/** A program refuses to start without a token out of a Secret. */
function addCredential(world: World, dice: Dice): World {
  const workload = dice.pick(servers(world).filter(({ kind }) => kind === 'Deployment'))
  const container = containerOf(workload)
  const { name, namespace } = workload.metadata
  const secret = {
    name: `${name}-${dice.pick(['credentials', 'token', 'api-key'])}`,
    ...(namespace ? { namespace } : {}),
  }
  const key = dice.pick(['token', 'password', 'key'])
  const variable = dice.pick(['UPSTREAM_TOKEN', 'API_TOKEN', 'SERVICE_PASSWORD'])
  const value = Array.from({ length: 4 }, () => dice.roll(65_536).toString(16).padStart(4, '0')).join('-')
  const path = containerPath(workload)
  return edited(world, [
    add({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { ...secret, labels: { app: name } },
      type: 'Opaque',
      data: { [key]: Buffer.from(value).toString('base64') },
    }),
    {
      on: refOf(workload),
      set: {
        [`${path}.args`]: [...listAt(container, 'args'), `--require-env=${variable}`],
        [`${path}.env`]: [
          ...listAt(container, 'env'),
          { name: variable, valueFrom: { secretKeyRef: { name: secret.name, key } } },
        ],
      },
    },
  ])
}

/** A program reads a file that only its volume has; the volume was filled when the system was set up. */
function addVolume(world: World, dice: Dice): World {
  const workload = dice.pick(servers(world).filter(({ kind }) => kind === 'Deployment'))
  const { name, namespace = '' } = workload.metadata
  const claim = `${name}-${dice.pick(['data', 'files', 'records'])}`
  const volume = `${namespace}-${claim}`
  const folder = dice.pick(['/data', '/var/lib/records', '/srv/files'])
  const size = dice.pick(['1Gi', '5Gi', '20Gi'])
  const mark = `${dice.pick(['edition', 'volume', 'series'])} ${1 + dice.roll(900)}`
  const mount = { name: 'data', mountPath: folder }
  const path = containerPath(workload)
  const spec = { storageClassName: 'disks', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: size } } }
  return edited(world, [
    add({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: volume },
      spec: {
        storageClassName: 'disks',
        capacity: { storage: size },
        accessModes: ['ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Retain',
        claimRef: { namespace, name: claim },
        hostPath: { path: `/srv/disks/${volume}`, type: 'DirectoryOrCreate' },
      },
    }),
    add({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: claim, namespace, labels: { app: name } },
      spec: { ...spec, volumeName: volume },
    }),
    // whoever filled the disk is done; what is on it stays
    add({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: `${claim}-import`, namespace, labels: { app: `${claim}-import` } },
      spec: {
        backoffLimit: 4,
        template: {
          metadata: { labels: { app: `${claim}-import`, team: teamOf(world, namespace) } },
          spec: {
            restartPolicy: 'OnFailure',
            containers: [
              {
                name: 'import',
                image: busyboxImage,
                command: ['sh', '-c', `echo '${mark}' > ${folder}/register && chmod -R a+rwX ${folder}`],
                resources: { requests: { cpu: '10m', memory: '8Mi' }, limits: { memory: '32Mi' } },
                volumeMounts: [mount],
              },
            ],
            volumes: [{ name: 'data', persistentVolumeClaim: { claimName: claim } }],
          },
        },
      },
    }),
    {
      on: refOf(workload),
      set: {
        [`${path}.args`]: [
          ...listAt(containerOf(workload), 'args'),
          `--require-file=${folder}/register=${mark}`,
          `--file-roots=${folder}`,
        ],
        [`${path}.volumeMounts`]: [mount],
        'spec.template.spec.volumes': [{ name: 'data', persistentVolumeClaim: { claimName: claim } }],
      },
    },
  ])
}

/** Only those who ask a program may reach it, and it may reach only what it asks, and cluster DNS. */
function addNetworkPolicy(world: World, dice: Dice): World {
  const links = linksOf(world.objects)
  const asked = servers(world).filter((workload) => links.some(({ to }) => to === workload))
  const workload = dice.pick(asked.filter(({ kind }) => kind === 'Deployment'))
  const { name, namespace = '' } = workload.metadata
  const peerOf = (other: KubeObject): Record<string, unknown> => ({
    podSelector: { matchLabels: { app: other.metadata.name } },
    ...(other.metadata.namespace === namespace
      ? {}
      : { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': other.metadata.namespace } } }),
  })
  const portOf = (other: KubeObject): unknown => objectAt(listAt(containerOf(other), 'ports')[0])['containerPort']
  const callers = [...new Set(links.filter(({ to }) => to === workload).map(({ from }) => from))]
  const targets = [...new Set(links.filter(({ from }) => from === workload).map(({ to }) => to))]
  const dns = {
    to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }],
    ports: [
      { protocol: 'UDP', port: 53 },
      { protocol: 'TCP', port: 53 },
    ],
  }
  const out = targets.map((target) => ({ to: [peerOf(target)], ports: [{ protocol: 'TCP', port: portOf(target) }] }))
  const policy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `${name}-${dice.pick(['traffic', 'access', 'boundary'])}`, namespace, labels: { app: name } },
    spec: {
      podSelector: { matchLabels: { app: name } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: callers.map(peerOf), ports: [{ protocol: 'TCP', port: portOf(workload) }] }],
      egress: [dns, ...out],
    },
  }
  return { ...edited(world, [add(policy)]), addons: ['network-policy'] }
}

function addDisruptionBudget(world: World, dice: Dice): World {
  const several = servers(world).filter((workload) => replicasOf(workload) > 1 && workload.kind === 'Deployment')
  if (several.length === 0) return world
  const { name, namespace = '' } = dice.pick(several).metadata
  return edited(world, [
    add({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: `${name}-${dice.pick(['budget', 'availability'])}`, namespace, labels: { app: name } },
      spec: { maxUnavailable: 1, selector: { matchLabels: { app: name } } },
    }),
  ])
}

function addAutoscaler(world: World, dice: Dice): World {
  const workload = dice.pick(servers(world).filter(({ kind }) => kind === 'Deployment'))
  const { name, namespace = '' } = workload.metadata
  return edited(world, [
    add({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: `${name}-${dice.pick(['scaler', 'autoscaler'])}`, namespace, labels: { app: name } },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        minReplicas: replicasOf(workload),
        maxReplicas: replicasOf(workload) + 2 + dice.roll(4),
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
        ],
      },
    }),
  ])
}

/** A program that is only started once another one listens. */
function addInitContainer(world: World, dice: Dice): World {
  const links = linksOf(world.objects).filter(
    ({ from, to }) =>
      from.kind === 'Deployment' && to.kind === 'Deployment' && servicesOf(world.objects, from).length > 0,
  )
  if (links.length === 0) return world
  const { from, host, port } = dice.pick(links)
  return edited(world, [
    {
      on: refOf(from),
      set: {
        'spec.template.spec.initContainers': [
          {
            name: dice.pick(['wait', 'wait-for-upstream', 'order-of-start']),
            image: busyboxImage,
            command: ['sh', '-c'],
            args: [
              `trap 'exit 1' TERM; until wget -q -O /dev/null -T 2 http://${host}:${port}/healthz; do echo 'not there yet'; sleep 1 & wait $!; done`,
            ],
            resources: { requests: { cpu: '10m', memory: '8Mi' }, limits: { memory: '32Mi' } },
          },
        ],
      },
    },
  ])
}

/** What a namespace may use, with some room for more. */
function addQuota(world: World, dice: Dice): World {
  const namespaces = [...new Set(servers(world).map(({ metadata }) => metadata.namespace ?? ''))]
  const namespace = dice.pick(namespaces)
  const pods = workloadsOf(world.objects)
    .filter(({ metadata }) => metadata.namespace === namespace)
    .reduce((sum, workload) => sum + replicasOf(workload), 0)
  return edited(world, [
    add({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: dice.pick(['quota', 'team-quota', 'agreed']), namespace },
      spec: { hard: { pods: String(pods + 6), 'requests.memory': '1Gi' } },
    }),
    add({
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: dice.pick(['limits', 'sizes']), namespace },
      spec: {
        limits: [
          {
            type: 'Container',
            max: { memory: '256Mi' },
            default: { memory: '64Mi' },
            defaultRequest: { memory: '16Mi' },
          },
        ],
      },
    }),
  ])
}

/** A program that reads ConfigMaps of its namespace from the API server, with an account of its own. */
function addReporter(world: World, dice: Dice): World {
  const namespace = dice.pick([...new Set(servers(world).map(({ metadata }) => metadata.namespace ?? ''))])
  const name = dice.pick(['inventory', 'reporter', 'overview', 'stocktaker'])
  const labels = { app: name }
  const group = 'rbac.authorization.k8s.io'
  const script = `trap 'exit 0' TERM
dir=/var/run/secrets/kubernetes.io/serviceaccount
while true; do
  if curl -sf -o /dev/null -m 4 --cacert $dir/ca.crt -H "Authorization: Bearer $(cat $dir/token)" "https://kubernetes.default.svc/api/v1/namespaces/${namespace}/configmaps"; then
    echo "report written"; touch /tmp/reported
  else
    echo "report not written"; rm -f /tmp/reported
  fi
  sleep 2 &
  wait $!
done
`
  return edited(world, [
    add({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels } }),
    add({
      apiVersion: `${group}/v1`,
      kind: 'Role',
      metadata: { name: `${name}-reads`, namespace, labels },
      rules: [{ apiGroups: [''], resources: ['configmaps', 'services'], verbs: ['get', 'list'] }],
    }),
    add({
      apiVersion: `${group}/v1`,
      kind: 'RoleBinding',
      metadata: { name: `${name}-reads`, namespace, labels },
      roleRef: { apiGroup: group, kind: 'Role', name: `${name}-reads` },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    }),
    add({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace, labels },
      spec: {
        replicas: 1,
        strategy: { type: 'Recreate' },
        selector: { matchLabels: labels },
        template: {
          metadata: { labels: { ...labels, team: teamOf(world, namespace) } },
          spec: {
            serviceAccountName: name,
            terminationGracePeriodSeconds: 5,
            containers: [
              {
                name,
                image: 'curlimages/curl:8.14.1',
                command: ['sh', '-c'],
                args: [script],
                readinessProbe: {
                  exec: { command: ['test', '-f', '/tmp/reported'] },
                  periodSeconds: 2,
                  failureThreshold: 1,
                },
                resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } },
              },
            ],
          },
        },
      },
    }),
  ])
}

/** Work that is done every minute: it asks a Service of its namespace. */
function addCronJob(world: World, dice: Dice): World {
  const workload = dice.pick(servers(world).filter(({ kind }) => kind === 'Deployment'))
  const service = servicesOf(world.objects, workload)[0]
  const { namespace = '' } = workload.metadata
  const name = dice.pick(['closing', 'handover', 'tidy-up', 'sums', 'rollcall'])
  const port = String(objectAt(listAt(service, 'spec', 'ports')[0])['port'])
  return edited(world, [
    add({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name, namespace, labels: { app: name } },
      spec: {
        schedule: '* * * * *',
        concurrencyPolicy: 'Forbid',
        successfulJobsHistoryLimit: 2,
        failedJobsHistoryLimit: 2,
        jobTemplate: {
          spec: {
            backoffLimit: 0,
            template: {
              metadata: { labels: { app: name, team: teamOf(world, namespace) } },
              spec: {
                restartPolicy: 'Never',
                containers: [
                  {
                    name,
                    image: busyboxImage,
                    command: ['wget', '-q', '-O', '-', '-T', '5', `http://${service?.metadata.name ?? ''}:${port}/`],
                    resources: { requests: { cpu: '10m', memory: '8Mi' }, limits: { memory: '32Mi' } },
                  },
                ],
              },
            },
          },
        },
      },
    }),
  ])
}

/** The company's rule about new pods, in one namespace: each says which team it belongs to. */
function addAdmissionPolicy(world: World, dice: Dice): World {
  const candidates = servers(world).filter(({ kind }) => kind === 'Deployment')
  const { namespace = '' } = dice.pick(candidates).metadata
  const name = dice.pick(['pods-say-their-team', 'team-is-known', 'owners-are-named'])
  const group = 'admissionregistration.k8s.io/v1'
  return edited(world, [
    add({
      apiVersion: group,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
        },
        validations: [
          {
            expression: "has(object.metadata.labels) && 'team' in object.metadata.labels",
            message: 'a pod says its team',
          },
        ],
      },
    }),
    add({
      apiVersion: group,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: {
        policyName: name,
        validationActions: ['Deny'],
        matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } },
      },
    }),
  ])
}

/** The node is among the objects that people keep in their files: they say where it stands. */
function addNode(world: World, dice: Dice): World {
  const labels = { rack: dice.pick(['r1', 'r7', 'r12']), room: dice.pick(['north', 'cellar', 'b2']) }
  return edited(world, [add({ apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName, labels } })])
}
