import type { FlowsEffect } from '../../../task/manifest-spec.ts'
import { changed, type Draft, type Invention } from '../draft.ts'
import { echoWorkload } from './workloads.ts'

/** A Service that must find the pods of a running server, and answer. */
export function service({ dice, level, namespace, app, team }: Invention): Draft {
  const name = `${app}-${dice.pick(['svc', 'entry', 'front'])}`
  const text = `${team} says ${dice.roll(900) + 100}`
  const port = dice.pick([80, 8080, 9000])
  const type = level === 'advanced' ? dice.pick(['NodePort', 'ClusterIP'] as const) : 'ClusterIP'
  const affinity = level === 'basic' ? undefined : 'ClientIP'
  const object = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels: { team } },
    spec: {
      ...(type === 'ClusterIP' ? {} : { type }),
      selector: { app },
      ports: [{ name: 'http', port, targetPort: level === 'basic' ? 5678 : 'http' }],
      ...(affinity ? { sessionAffinity: affinity } : {}),
    },
  }
  const spec = (change: object): unknown => changed(object, (copy) => Object.assign(copy.spec, change))
  return {
    goals: [
      `Create a Service \`${name}\` in the namespace \`${namespace}\``,
      `Make ${app} reachable by a Service \`${name}\` in \`${namespace}\``,
      `Write the Service \`${name}\` (namespace \`${namespace}\`)`,
    ],
    facts: [
      `It leads to the pods of the Deployment \`${app}\`, which have the label \`app: ${app}\` and serve HTTP on the container port 5678, named \`http\`.`,
      `It listens on port ${port}, named \`http\`.`,
      `It has the label \`team: ${team}\`.`,
      type === 'NodePort'
        ? 'It is reachable on a port of the nodes too; which one does not matter.'
        : 'It is reachable inside the cluster only.',
      ...(affinity ? ['Requests of one client always go to the same pod.'] : []),
    ],
    spec: {
      namespace,
      objects: [
        {
          apiVersion: 'v1',
          kind: 'Service',
          name,
          labels: { team },
          fields: [
            { at: 'spec.ports[name=http].port', is: port },
            ...(type === 'ClusterIP' ? [{ at: 'spec.ports[*].nodePort', is: null }] : [{ at: 'spec.type', is: type }]),
            ...(affinity ? [{ at: 'spec.sessionAffinity', is: affinity }] : []),
          ],
        },
      ],
      effects: [{ serves: { service: name, port: 'http', path: '/', body: text } }],
    },
    world: [echoWorkload(namespace, app, text)],
    reference: [object],
    wrong: [
      {
        fails: 'L2',
        because: 'misspells the target port',
        answer: [spec({ ports: [{ name: 'http', port, target: 5678 }] })],
      },
      {
        fails: 'L3',
        because: 'listens on another port',
        answer: [spec({ ports: [{ name: 'http', port: port + 1, targetPort: 5678 }] })],
      },
      { fails: 'accuracy', because: 'selects no pod', answer: [spec({ selector: { app: `${app}-pods` } })] },
      {
        fails: 'accuracy',
        because: 'leads to a port where nobody listens',
        answer: [spec({ ports: [{ name: 'http', port, targetPort: port === 80 ? 81 : 80 }] })],
      },
      {
        fails: 'runtime',
        because: 'wants a cluster address that is none',
        answer: [spec({ clusterIP: '10.300.0.1' })],
      },
    ],
  }
}

/** An Ingress whose rules must lead to the right one of two servers. */
export function ingress({ dice, level, namespace, app, team }: Invention): Draft {
  const name = `${app}-${dice.pick(['web', 'public', 'gate'])}`
  const host = `${app}.${namespace}.example`
  const prefix = level === 'basic' ? '/' : dice.pick(['/api', '/v2', '/shop'])
  const text = `${team} page ${dice.roll(900) + 100}`
  const isTls = level === 'advanced'
  const backend = (to: string): object => ({ service: { name: to, port: { number: 80 } } })
  const rule = (to: string, path: string): object => ({
    host,
    http: { paths: [{ path, pathType: 'Prefix', backend: backend(to) }] },
  })
  const object = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace },
    spec: {
      ingressClassName: 'edge',
      ...(isTls ? { tls: [{ hosts: [host], secretName: `${app}-tls` }] } : {}),
      rules: [rule(app, prefix)],
    },
  }
  const spec = (change: object): unknown => changed(object, (copy) => Object.assign(copy.spec, change))
  const worldService = (own: string, selector: string): Draft['reference'][number] => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: own, namespace },
    spec: { selector: { app: selector }, ports: [{ port: 80, targetPort: 5678 }] },
  })
  return {
    goals: [
      `Create an Ingress \`${name}\` in the namespace \`${namespace}\``,
      `Publish ${app} by an Ingress \`${name}\` in \`${namespace}\``,
      `Write the Ingress \`${name}\` (namespace \`${namespace}\`)`,
    ],
    facts: [
      `Requests for the host \`${host}\` ${prefix === '/' ? 'with any path' : `with paths below \`${prefix}\``} go to port 80 of the Service that belongs to the Deployment \`${app}\`.`,
      `There are two Services in the namespace: \`${app}\`, which selects \`app: ${app}\`, and \`${app}-admin\`, which is for administrators only.`,
      'Its class is `edge`.',
      ...(isTls ? [`It serves TLS for this host with the Secret \`${app}-tls\`.`] : []),
    ],
    spec: {
      namespace,
      objects: [
        {
          apiVersion: 'networking.k8s.io/v1',
          kind: 'Ingress',
          name,
          fields: [
            { at: 'spec.ingressClassName', is: 'edge' },
            { at: 'spec.rules[*].host', is: host },
            ...(isTls
              ? [
                  { at: 'spec.tls[*].secretName', is: `${app}-tls` },
                  { at: 'spec.tls[*].hosts', is: [host], as: 'set' as const },
                ]
              : []),
          ],
        },
      ],
      effects: [{ routes: { ingress: name, host, path: prefix === '/' ? '/any/where' : `${prefix}/x`, body: text } }],
    },
    world: [
      echoWorkload(namespace, app, text),
      worldService(app, app),
      worldService(`${app}-admin`, `${app}-admin`),
    ] as NonNullable<Draft['world']>,
    reference: [object],
    wrong: [
      {
        fails: 'L2',
        because: 'has the backend as it was before 1.19',
        answer: [
          spec({
            rules: [
              {
                host,
                http: { paths: [{ path: prefix, pathType: 'Prefix', backend: { serviceName: app, servicePort: 80 } }] },
              },
            ],
          }),
        ],
      },
      {
        fails: 'L3',
        because: 'serves another host',
        answer: [spec({ rules: [{ ...rule(app, prefix), host: `www.${host}` }] })],
      },
      {
        fails: 'accuracy',
        because: 'leads to the Service of the administrators',
        answer: [spec({ rules: [rule(`${app}-admin`, prefix)] })],
      },
      {
        fails: 'accuracy',
        because: 'leads nowhere from that path',
        answer: [spec({ rules: [rule(app, '/elsewhere')] })],
      },
      {
        fails: 'runtime',
        because: 'has a path that does not begin with a slash',
        answer: [spec({ rules: [rule(app, prefix), rule(app, 'relative')] })],
      },
    ],
  }
}

/** A NetworkPolicy, judged by which pods reach which. */
export function networkpolicy({ dice, level, namespace, app, team }: Invention): Draft {
  const name = `${app}-${dice.pick(['inbound', 'guard', 'only'])}`
  const port = dice.pick([5432, 6379, 8080, 9200])
  const client = dice.pick(['front', 'batch', 'edge'])
  const target = { app }
  const isNamespaced = level === 'advanced'
  const other = `${team}-partners`
  const from = [
    { podSelector: { matchLabels: { role: client } } },
    ...(isNamespaced
      ? [{ namespaceSelector: { matchLabels: { team: other } }, podSelector: { matchLabels: { role: client } } }]
      : []),
  ]
  const isEgress = level !== 'basic'
  const object = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace },
    spec: {
      podSelector: { matchLabels: target },
      policyTypes: ['Ingress', ...(isEgress ? ['Egress'] : [])],
      ingress: [{ from, ports: [{ protocol: 'TCP', port }] }],
      ...(isEgress
        ? {
            egress: [
              { to: [{ podSelector: { matchLabels: { role: 'log' } } }], ports: [{ protocol: 'TCP', port: 514 }] },
            ],
          }
        : {}),
    },
  }
  const flow = (
    fromLabels: Record<string, string>,
    toLabels: Record<string, string>,
    at: number,
    open: boolean,
    outside?: string,
  ): { flows: FlowsEffect } => ({
    flows: {
      from: {
        labels: fromLabels,
        ...(outside === undefined
          ? {}
          : { namespace: { team: outside, 'kubernetes.io/metadata.name': `${namespace}-other` } }),
      },
      to: { labels: toLabels },
      port: at,
      protocol: 'TCP',
      open,
    },
  })
  const spec = (change: object): unknown => changed(object, (copy) => Object.assign(copy.spec, change))
  return {
    goals: [
      `Create a NetworkPolicy \`${name}\` in the namespace \`${namespace}\``,
      `Protect the pods of ${app} by the NetworkPolicy \`${name}\` in \`${namespace}\``,
      `Write the NetworkPolicy \`${name}\` (namespace \`${namespace}\`)`,
    ],
    facts: [
      `It is about the pods with the label \`app: ${app}\`.`,
      `They can be reached on TCP port ${port} by pods of the same namespace with the label \`role: ${client}\`.`,
      ...(isNamespaced
        ? [`So they can by pods with the same label in namespaces with the label \`team: ${other}\`.`]
        : []),
      'Nobody else reaches them, on no port.',
      ...(isEgress
        ? [
            'They themselves reach nothing but the pods of the same namespace with the label `role: log`, on TCP port 514.',
          ]
        : ['What they themselves may reach is left as it is.']),
    ],
    spec: {
      namespace,
      objects: [{ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', name }],
      effects: [
        flow({ role: client }, target, port, true),
        flow({ role: 'stranger' }, target, port, false),
        flow({ role: client }, target, port + 1, false),
        flow({ role: client }, target, port, isNamespaced, other),
        flow({ role: client }, target, port, false, 'somebody-else'),
        flow({ role: 'stranger' }, { app: 'not-concerned' }, port, true),
        flow(target, { role: 'log' }, 514, true),
        flow(target, { role: 'log' }, 515, !isEgress),
        flow(target, { role: 'anything' }, 443, !isEgress),
      ],
    },
    reference: [object],
    wrong: [
      { fails: 'L2', because: 'selects pods as Services do', answer: [spec({ podSelector: { app } })] },
      {
        fails: 'L3',
        because: 'lets everybody in',
        answer: [spec({ ingress: [{ ports: [{ protocol: 'TCP', port }] }] })],
      },
      { fails: 'L3', because: 'lets them in on any port', answer: [spec({ ingress: [{ from }] })] },
      { fails: 'L3', because: 'is about all pods of the namespace', answer: [spec({ podSelector: {} })] },
      {
        fails: 'runtime',
        because: 'has a port that is none',
        answer: [
          spec({
            ingress: [
              {
                from,
                ports: [
                  { protocol: 'TCP', port },
                  { protocol: 'TCP', port: 70_000 },
                ],
              },
            ],
          }),
        ],
      },
    ],
  }
}
