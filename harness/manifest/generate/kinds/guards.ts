import type { KubeObject } from '../../../base/kube-client.ts'
import { changed, type Draft, type Invention } from '../draft.ts'
import { idleWorkload } from './workloads.ts'

/** A claim that must be bound to the one volume that fits. */
export function pvc({ dice, level, namespace, app }: Invention): Draft {
  const name = `${app}-${dice.pick(['data', 'spool', 'files'])}`
  const size = dice.pick(['1Gi', '2Gi', '5Gi'])
  const mode = level === 'basic' ? 'ReadWriteOnce' : dice.pick(['ReadWriteMany', 'ReadWriteOnce'] as const)
  const storageClassName = `${namespace}-disks`
  const medium = level === 'advanced' ? dice.pick(['ssd', 'nvme']) : undefined
  const volume = (
    suffix: string,
    capacity: string,
    accessMode: string,
    labels: Record<string, string>,
  ): KubeObject => ({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `${namespace}-${suffix}`, labels },
    spec: {
      capacity: { storage: capacity },
      accessModes: [accessMode],
      storageClassName,
      persistentVolumeReclaimPolicy: 'Retain',
      hostPath: { path: `/var/lib/${namespace}/${suffix}` },
    },
  })
  const right = volume('right', size, mode, { medium: medium ?? 'any' })
  const other = volume('other', medium ? size : '100Mi', medium ? mode : 'ReadOnlyMany', { medium: 'tape' })
  const object = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace },
    spec: {
      storageClassName,
      accessModes: [mode],
      resources: { requests: { storage: size } },
      ...(medium ? { selector: { matchLabels: { medium } } } : {}),
    },
  }
  const spec = (change: object): unknown => changed(object, (copy) => Object.assign(copy.spec, change))
  return {
    goals: [
      `Create a PersistentVolumeClaim \`${name}\` in the namespace \`${namespace}\``,
      `Claim storage for ${app}: \`${name}\` in \`${namespace}\``,
      `Write the PersistentVolumeClaim \`${name}\` (namespace \`${namespace}\`)`,
    ],
    facts: [
      `It asks for ${size} of the storage class \`${storageClassName}\`.`,
      mode === 'ReadWriteMany' ? 'Several nodes write to it at once.' : 'One node at a time writes to it.',
      ...(medium ? [`Only volumes with the label \`medium: ${medium}\` will do.`] : []),
      'The volumes exist; nothing is provisioned.',
    ],
    spec: {
      namespace,
      objects: [
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          name,
          fields: [
            { at: 'spec.resources.requests.storage', is: size, as: 'quantity' },
            { at: 'spec.storageClassName', is: storageClassName },
          ],
        },
      ],
      effects: [
        {
          reaches: {
            apiVersion: 'v1',
            kind: 'PersistentVolumeClaim',
            name,
            at: 'spec.volumeName',
            is: right.metadata.name,
            withinSeconds: 25,
          },
        },
      ],
    },
    world: [right, other],
    reference: [object],
    wrong: [
      {
        fails: 'L2',
        because: 'asks for the size in the wrong place',
        answer: [spec({ resources: { storage: size } })],
      },
      { fails: 'L3', because: 'asks for more', answer: [spec({ resources: { requests: { storage: '900Gi' } } })] },
      {
        fails: 'accuracy',
        because: 'asks for a mode that no volume has',
        answer: [spec({ accessModes: ['ReadWriteOncePod'] })],
      },
      { fails: 'L3', because: 'names no class', answer: [spec({ storageClassName: undefined })] },
    ],
  }
}

export function hpa({ dice, level, namespace, app }: Invention): Draft {
  const name = `${app}-${dice.pick(['scaler', 'autoscale', 'elastic'])}`
  const [minReplicas, maxReplicas] = [1 + dice.roll(2), 4 + dice.roll(8)]
  const cpu = dice.pick([50, 60, 70, 80])
  const memory = level === 'basic' ? undefined : dice.pick([75, 85])
  const window = level === 'advanced' ? dice.pick([120, 300, 600]) : undefined
  const metric = (resource: string, averageUtilization: number): object => ({
    type: 'Resource',
    resource: { name: resource, target: { type: 'Utilization', averageUtilization } },
  })
  const object = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: app },
      minReplicas,
      maxReplicas,
      metrics: [metric('cpu', cpu), ...(memory === undefined ? [] : [metric('memory', memory)])],
      ...(window === undefined ? {} : { behavior: { scaleDown: { stabilizationWindowSeconds: window } } }),
    },
  }
  const spec = (change: object): unknown => changed(object, (copy) => Object.assign(copy.spec, change))
  return {
    goals: [
      `Create a HorizontalPodAutoscaler \`${name}\` in the namespace \`${namespace}\``,
      `Let the Deployment ${app} grow and shrink by a HorizontalPodAutoscaler \`${name}\` in \`${namespace}\``,
    ],
    facts: [
      `It scales the Deployment \`${app}\`, which exists, between ${minReplicas} and ${maxReplicas} pods.`,
      `It aims at a processor utilization of ${cpu} percent${memory === undefined ? '' : ` and a memory utilization of ${memory} percent`} of what is requested.`,
      ...(window === undefined ? [] : [`Before it scales down, it looks back over ${window} seconds.`]),
    ],
    spec: {
      namespace,
      objects: [
        {
          apiVersion: 'autoscaling/v2',
          kind: 'HorizontalPodAutoscaler',
          name,
          fields: [
            { at: 'spec.minReplicas', is: minReplicas },
            { at: 'spec.maxReplicas', is: maxReplicas },
            { at: 'spec.scaleTargetRef.kind', is: 'Deployment' },
            { at: 'spec.metrics', is: object.spec.metrics, as: 'set' },
            ...(window === undefined ? [] : [{ at: 'spec.behavior.scaleDown.stabilizationWindowSeconds', is: window }]),
          ],
        },
      ],
      effects: [
        {
          reaches: {
            apiVersion: 'autoscaling/v2',
            kind: 'HorizontalPodAutoscaler',
            name,
            at: 'status.conditions[type=AbleToScale].status',
            is: 'True',
            withinSeconds: 40,
          },
        },
      ],
    },
    world: [idleWorkload(namespace, app, 1)],
    reference: [object],
    wrong: [
      {
        fails: 'L2',
        because: 'has the target as version 1 had it',
        answer: [spec({ targetCPUUtilizationPercentage: cpu })],
      },
      { fails: 'L3', because: 'grows further', answer: [spec({ maxReplicas: maxReplicas + 10 })] },
      { fails: 'L3', because: 'aims at something else', answer: [spec({ metrics: [metric('cpu', cpu + 15)] })] },
      {
        fails: 'validity',
        because: 'scales a Deployment that does not exist',
        answer: [spec({ scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: `${app}-deployment` } })],
      },
      {
        fails: 'runtime',
        because: 'looks back further than it may',
        answer: [
          spec({
            behavior: {
              scaleDown: { stabilizationWindowSeconds: window ?? 300 },
              scaleUp: { stabilizationWindowSeconds: 99_999 },
            },
          }),
        ],
      },
    ],
  }
}

export function pdb({ dice, level, namespace, app }: Invention): Draft {
  const name = `${app}-${dice.pick(['keep', 'budget', 'guard'])}`
  const replicas = 2
  const isAllowed = level === 'basic' ? false : dice.pick([true, false])
  const isPercent = level === 'advanced'
  const minAvailable = isPercent ? (isAllowed ? '50%' : '100%') : isAllowed ? 1 : 2
  const object = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, namespace },
    spec: {
      minAvailable,
      selector: { matchLabels: { app } },
      ...(level === 'basic' ? {} : { unhealthyPodEvictionPolicy: 'AlwaysAllow' }),
    },
  }
  const spec = (change: object): unknown => changed(object, (copy) => Object.assign(copy.spec, change))
  return {
    goals: [
      `Create a PodDisruptionBudget \`${name}\` in the namespace \`${namespace}\``,
      `Keep ${app} up while nodes are drained: the PodDisruptionBudget \`${name}\` in \`${namespace}\``,
    ],
    facts: [
      `The Deployment \`${app}\` runs ${replicas} pods with the label \`app: ${app}\`.`,
      `At least ${isPercent ? `${minAvailable} (as a percentage) of them` : minAvailable === 1 ? 'one of them' : 'both of them'} must stay available.`,
      ...(level === 'basic' ? [] : ['Pods that are not healthy may always be evicted.']),
    ],
    spec: {
      namespace,
      objects: [
        {
          apiVersion: 'policy/v1',
          kind: 'PodDisruptionBudget',
          name,
          fields: [
            { at: 'spec.minAvailable', is: minAvailable },
            ...(level === 'basic' ? [] : [{ at: 'spec.unhealthyPodEvictionPolicy', is: 'AlwaysAllow' }]),
          ],
        },
      ],
      effects: [
        {
          reaches: {
            apiVersion: 'apps/v1',
            kind: 'Deployment',
            name: app,
            at: 'status.availableReplicas',
            is: replicas,
            withinSeconds: 60,
          },
        },
        {
          reaches: {
            apiVersion: 'policy/v1',
            kind: 'PodDisruptionBudget',
            name,
            at: 'status.currentHealthy',
            is: replicas,
            withinSeconds: 20,
          },
        },
        { evicts: { labels: { app }, allowed: isAllowed } },
      ],
    },
    world: [idleWorkload(namespace, app, replicas)],
    reference: [object],
    wrong: [
      {
        fails: 'L2',
        because: 'uses an API version that is long gone',
        answer: [{ ...object, apiVersion: 'policy/v1beta1' }],
      },
      { fails: 'L3', because: 'keeps none', answer: [spec({ minAvailable: 0 })] },
      {
        fails: 'accuracy',
        because: 'is about other pods',
        answer: [spec({ selector: { matchLabels: { app: `${app}-server` } } })],
      },
      { fails: 'runtime', because: 'sets a minimum and a maximum', answer: [spec({ maxUnavailable: 1 })] },
      {
        fails: 'L3',
        because: 'says what may be missing instead',
        answer: [spec({ minAvailable: undefined, maxUnavailable: 1 })],
      },
    ],
  }
}

export function resourcequota({ dice, level, namespace, team }: Invention): Draft {
  const name = `${team}-${dice.pick(['quota', 'limits', 'share'])}`
  const cpu = 1 + dice.roll(3)
  const memory = dice.pick(['1Gi', '2Gi', '4Gi'])
  const hard: Record<string, string> = {
    'requests.cpu': String(cpu),
    'requests.memory': memory,
    ...(level === 'basic' ? {} : { 'count/secrets': '0', 'services.loadbalancers': '0' }),
    ...(level === 'advanced' ? { 'limits.memory': memory, 'count/jobs.batch': '0' } : {}),
  }
  const object = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name, namespace }, spec: { hard } }
  const pod = (request: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'probe', namespace },
    spec: {
      automountServiceAccountToken: false,
      containers: [
        {
          name: 'probe',
          image: 'registry.k8s.io/pause:3.10.1',
          resources: { requests: { cpu: request, memory: '16Mi' }, limits: { memory: '32Mi' } },
        },
      ],
    },
  })
  const spec = (change: Record<string, unknown>): unknown => ({ ...object, spec: { hard: { ...hard, ...change } } })
  return {
    goals: [
      `Create a ResourceQuota \`${name}\` in the namespace \`${namespace}\``,
      `Limit what the namespace \`${namespace}\` may use, by the ResourceQuota \`${name}\``,
    ],
    facts: [
      `All pods together may request ${cpu} ${cpu === 1 ? 'processor' : 'processors'} and ${memory} of memory.`,
      ...(level === 'basic' ? [] : ['There may be no Secrets in it, and no Services of the type LoadBalancer.']),
      ...(level === 'advanced'
        ? [`The memory limits of all pods together are at most ${memory} too.`, 'There may be no Jobs in it.']
        : []),
    ],
    spec: {
      namespace,
      objects: [
        {
          apiVersion: 'v1',
          kind: 'ResourceQuota',
          name,
          fields: [
            { at: 'spec.hard["requests.memory"]', is: memory, as: 'quantity' },
            ...(level === 'advanced'
              ? [{ at: 'spec.hard["limits.memory"]', is: memory, as: 'quantity' as const }]
              : []),
          ],
        },
      ],
      effects: [
        { denies: { object: pod(`${cpu + 1}`), because: 'exceeded quota' } },
        ...(level === 'basic'
          ? []
          : [
              {
                denies: {
                  object: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'probe', namespace } },
                  because: 'exceeded quota',
                },
              },
            ]),
        { admits: { object: pod('100m') } },
      ],
    },
    reference: [object],
    wrong: [
      { fails: 'L2', because: 'puts the limits beside `hard`', answer: [{ ...object, spec: hard }] },
      { fails: 'L3', because: 'grants more memory', answer: [spec({ 'requests.memory': '64Gi' })] },
      { fails: 'accuracy', because: 'grants more processors', answer: [spec({ 'requests.cpu': '64' })] },
      {
        fails: 'runtime',
        because: 'names a resource that does not exist',
        answer: [spec({ 'requests.gigahertz': '3' })],
      },
      { fails: 'L2', because: 'has an amount that is none', answer: [spec({ 'requests.cpu': 'two' })] },
    ],
  }
}

export function validatingadmissionpolicy({ dice, level, namespace, team }: Invention): Draft {
  const name = `${namespace}-${dice.pick(['rules', 'checks', 'policy'])}`
  const key = dice.pick(['owner', 'cost-center', 'reviewed-by'])
  const text = `every ConfigMap says its ${key}`
  const isStrictUpdate = level !== 'basic'
  const prefix = level === 'advanced' ? `${team}-` : undefined
  const has = `has(object.metadata.labels) && '${key}' in object.metadata.labels`
  const policy = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: [''],
            apiVersions: ['v1'],
            operations: isStrictUpdate ? ['CREATE', 'UPDATE'] : ['CREATE'],
            resources: ['configmaps'],
          },
        ],
      },
      validations: [
        { expression: has, message: text },
        ...(prefix
          ? [{ expression: `object.metadata.name.startsWith('${prefix}')`, message: `names begin with ${prefix}` }]
          : []),
      ],
    },
  }
  const binding = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name },
    spec: {
      policyName: name,
      validationActions: ['Deny'],
      matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } },
    },
  }
  const map = (mapName: string, labels: Record<string, string>): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: mapName, namespace, labels },
  })
  const good = `${team}-probe`
  return {
    goals: [
      `Write a ValidatingAdmissionPolicy \`${name}\` and a ValidatingAdmissionPolicyBinding of the same name`,
      `Enforce a rule in the namespace \`${namespace}\` by a ValidatingAdmissionPolicy and its binding, both called \`${name}\``,
    ],
    facts: [
      `In the namespace \`${namespace}\`, and only there, a ConfigMap without the label \`${key}\` is rejected with the message \`${text}\`.`,
      isStrictUpdate
        ? 'That holds when ConfigMaps are created and when they are updated.'
        : 'That holds when ConfigMaps are created.',
      ...(prefix ? [`ConfigMaps whose names do not begin with \`${prefix}\` are rejected as well.`] : []),
      'When the policy cannot be evaluated, the request is rejected.',
    ],
    spec: {
      namespace,
      objects: [
        {
          apiVersion: policy.apiVersion,
          kind: policy.kind,
          name,
          fields: [{ at: 'spec.matchConstraints.resourceRules[*].resources', is: ['configmaps'], as: 'set' }],
        },
        { apiVersion: binding.apiVersion, kind: binding.kind, name, fields: [{ at: 'spec.policyName', is: name }] },
      ],
      effects: [
        { denies: { object: map(good, {}), because: text } },
        ...(prefix ? [{ denies: { object: map('elsewhere-probe', { [key]: 'me' }), because: 'denied' } }] : []),
        { admits: { object: map(good, { [key]: 'me' }) } },
        { admits: { object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: good, namespace: 'default' } } } },
      ],
    },
    reference: [policy, binding],
    wrong: [
      {
        fails: 'L2',
        because: 'misspells the validations',
        answer: [changed(policy, (copy) => Object.assign(copy.spec, { validation: [] })), binding],
      },
      { fails: 'L3', because: 'has no binding', answer: [policy] },
      {
        fails: 'accuracy',
        because: 'only warns',
        answer: [policy, { ...binding, spec: { ...binding.spec, validationActions: ['Warn'] } }],
      },
      {
        fails: 'accuracy',
        because: 'holds in other namespaces too',
        answer: [policy, { ...binding, spec: { policyName: name, validationActions: ['Deny'] } }],
      },
      {
        fails: 'runtime',
        because: 'has an expression that is no CEL',
        answer: [
          changed(policy, (copy) =>
            Object.assign(copy.spec, { validations: [{ expression: 'object.metadata.labels has owner' }] }),
          ),
          binding,
        ],
      },
    ],
  }
}
