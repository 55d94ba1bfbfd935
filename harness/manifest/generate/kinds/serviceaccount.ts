import type { Draft, Invention } from '../draft.ts'

/** Accounts that pods run under: with or without a token, with the secret they pull images with. */
export function serviceaccount({ dice, level, namespace, app, team }: Invention): Draft {
  const name = `${app}-${dice.pick(['runner', 'account', 'bot', 'identity'])}`
  const automount = level === 'basic' ? undefined : dice.pick([true, false])
  const pull = level === 'advanced' ? [`${team}-registry`, ...(dice.roll(2) === 0 ? ['mirror-registry'] : [])] : []
  const annotations =
    level === 'basic'
      ? undefined
      : {
          [`${team}.example/owner`]: `${app}-crew`,
          ...(level === 'advanced' ? { [`${team}.example/ticket`]: `OPS-${1000 + dice.roll(9000)}` } : {}),
        }
  const labels = dice.roll(2) === 0 || level !== 'basic' ? { 'app.kubernetes.io/name': app } : undefined
  const object = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) },
    ...(automount === undefined ? {} : { automountServiceAccountToken: automount }),
    ...(pull.length > 0 ? { imagePullSecrets: pull.map((one) => ({ name: one })) } : {}),
  }
  const { imagePullSecrets: _, ...withoutPull } = object
  const { automountServiceAccountToken: __, ...withoutMount } = object
  return {
    goals: [
      `Create a ServiceAccount \`${name}\` in the namespace \`${namespace}\``,
      `${app} needs an identity of its own: the ServiceAccount \`${name}\` in \`${namespace}\``,
      `Give the pods of ${app} the ServiceAccount \`${name}\` (namespace \`${namespace}\`)`,
    ],
    facts: [
      ...Object.entries(labels ?? {}).map(([key, value]) => `It has the label \`${key}: ${value}\`.`),
      ...Object.entries(annotations ?? {}).map(([key, value]) => `It has the annotation \`${key}: ${value}\`.`),
      automount === false
        ? 'Pods that run under it get no token for the API server, unless they ask for one themselves.'
        : 'Pods that run under it get a token for the API server mounted.',
      ...(pull.length > 0
        ? [
            `Pods that run under it pull their images with ${pull.map((one) => `the secret \`${one}\``).join(' and ')}, which exists already.`,
          ]
        : []),
    ],
    spec: {
      namespace,
      objects: [
        {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          name,
          ...(labels ? { labels } : {}),
          ...(annotations ? { annotations } : {}),
        },
      ],
      effects: [{ 'pod-gets': { serviceAccount: name, token: automount !== false, imagePullSecrets: pull } }],
    },
    reference: [object],
    wrong: [
      { fails: 'L2', because: 'misspells a field', answer: [{ ...withoutMount, automountToken: true }] },
      {
        fails: 'L3',
        because: 'has another name',
        answer: [{ ...object, metadata: { ...object.metadata, name: `${name}-sa` } }],
      },
      {
        fails: 'accuracy',
        because: 'decides otherwise about the token',
        answer: [{ ...object, automountServiceAccountToken: automount === false }],
      },
      ...(pull.length > 0
        ? [
            {
              fails: 'accuracy' as const,
              because: 'lists the pull secrets where they have no effect',
              answer: [{ ...withoutPull, secrets: object.imagePullSecrets }],
            },
          ]
        : []),
      {
        fails: 'L3',
        because: 'grants it rights that nobody asked for',
        answer: [
          object,
          {
            apiVersion: 'rbac.authorization.k8s.io/v1',
            kind: 'RoleBinding',
            metadata: { name, namespace },
            roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
            subjects: [{ kind: 'ServiceAccount', name, namespace }],
          },
        ],
      },
    ],
  }
}
