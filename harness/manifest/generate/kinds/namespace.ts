import type { KubeObject } from '../../../base/kube-client.ts'
import type { Effect } from '../../../task/manifest-spec.ts'
import type { Draft, Invention } from '../draft.ts'

/** Namespaces: labelled, then with a Pod Security level, then with a quota and limits in them. */
export function namespaceModel({ dice, level, namespace, team, app }: Invention): Draft {
  const security = level === 'basic' ? undefined : dice.pick(['restricted', 'baseline'] as const)
  const labels: Record<string, string> = {
    team,
    ...(dice.roll(2) === 0 ? { tier: dice.pick(['gold', 'silver', 'bronze']) } : { app }),
  }
  const annotations = level === 'basic' && dice.roll(2) === 0 ? { contact: `${team}@mail.example` } : undefined
  const enforce: Record<string, string> =
    security === undefined ? {} : { 'pod-security.kubernetes.io/enforce': security }
  const object = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels: { ...labels, ...enforce }, ...(annotations ? { annotations } : {}) },
  }
  const pods = 2 + dice.roll(6)
  const maps = 3 + dice.roll(9)
  const quota = {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: `${team}-quota`, namespace },
    spec: { hard: { pods: String(pods), 'count/configmaps': String(maps), 'services.nodeports': '0' } },
  }
  const isQuota = level === 'advanced'
  const facts = [
    ...Object.entries(labels).map(([key, value]) => `It has the label \`${key}: ${value}\`.`),
    ...Object.entries(annotations ?? {}).map(([key, value]) => `It has the annotation \`${key}: ${value}\`.`),
    ...(security === undefined
      ? []
      : [`Pods that break the \`${security}\` Pod Security Standard are rejected in it.`]),
    ...(isQuota
      ? [
          `A ResourceQuota \`${team}-quota\` in it allows at most ${pods} pods and ${maps} ConfigMaps, and no Service with a node port.`,
        ]
      : []),
  ]
  const effects: Effect[] = [
    ...(security === undefined
      ? []
      : [
          {
            denies: {
              object: pod(namespace, security === 'restricted' ? {} : { privileged: true }),
              because: 'violates PodSecurity',
            },
          },
          { admits: { object: pod(namespace, security === 'restricted' ? restricted : {}) } },
        ]),
    ...(isQuota
      ? [
          {
            denies: {
              object: {
                apiVersion: 'v1',
                kind: 'Service',
                metadata: { name: 'probe', namespace },
                spec: { type: 'NodePort', ports: [{ port: 80 }], selector: { app } },
              },
              because: 'exceeded quota',
            },
          },
        ]
      : []),
  ]
  const weaker = {
    ...object,
    metadata: { ...object.metadata, labels: { ...labels, 'pod-security.kubernetes.io/warn': security ?? 'baseline' } },
  }
  return {
    goals: [
      `Create the namespace \`${namespace}\` for the ${team} team`,
      `Team ${team} gets a namespace of its own, \`${namespace}\``,
      `Set up the namespace \`${namespace}\``,
    ],
    facts,
    spec: {
      objects: [
        { apiVersion: 'v1', kind: 'Namespace', name: namespace, labels, ...(annotations ? { annotations } : {}) },
        ...(isQuota
          ? [
              {
                apiVersion: 'v1',
                kind: 'ResourceQuota',
                name: quota.metadata.name,
                namespace,
                fields: [
                  { at: 'spec.hard.pods', is: String(pods), as: 'quantity' as const },
                  { at: 'spec.hard["services.nodeports"]', is: '0', as: 'quantity' as const },
                ],
              },
            ]
          : []),
      ],
      effects,
    },
    reference: isQuota ? [object, quota] : [object],
    wrong: [
      {
        fails: 'L3',
        because: 'has another name',
        answer: [{ ...object, metadata: { ...object.metadata, name: `${namespace}-ns` } }, ...(isQuota ? [quota] : [])],
      },
      {
        fails: 'L2',
        because: 'puts the labels beside the metadata',
        answer: [
          { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace }, labels },
          ...(isQuota ? [quota] : []),
        ],
      },
      {
        fails: 'L3',
        because: 'leaves a label out',
        answer: [{ ...object, metadata: { name: namespace, labels: { ...enforce } } }, ...(isQuota ? [quota] : [])],
      },
      ...(security === undefined
        ? []
        : [
            {
              fails: 'accuracy' as const,
              because: 'only warns of pods that it should reject',
              answer: [weaker, ...(isQuota ? [quota] : [])],
            },
          ]),
      ...(isQuota
        ? [
            { fails: 'L3' as const, because: 'forgets the quota', answer: [object] },
            { fails: 'runtime' as const, because: 'makes the quota before its namespace', answer: [quota, object] },
          ]
        : []),
    ],
  }
}

const restricted = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
}

function pod(namespace: string, securityContext: object): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'probe', namespace },
    spec: {
      containers: [{ name: 'probe', image: 'registry.k8s.io/pause:3.10', securityContext }],
      automountServiceAccountToken: false,
    },
  }
}
