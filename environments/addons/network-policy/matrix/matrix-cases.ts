/**
 * One row: with these policies and no others, the connections under `open` succeed and those under `shut` do not.
 * A connection is written "FROM > TO:PORT", with "/udp" for UDP. FROM and TO are pods of the matrix's world; TO may also
 * be "service NAMESPACE/NAME", "node-port NODE" or "node NODE"; FROM may be "node NODE". "$(NAMESPACE/POD)" in a policy
 * is a pod's address and "$(pods of NODE)" the range of a node's pods.
 */
export interface MatrixCase {
  name: string
  policies: { in: string; spec: Record<string, unknown> }[]
  open?: string[]
  shut?: string[]
}

const web = { podSelector: { matchLabels: { app: 'web' } } }
const db = { podSelector: { matchLabels: { app: 'db' } } }
const everyPod = { podSelector: {} }
const team = (name: string): Record<string, unknown> => ({ namespaceSelector: { matchLabels: { team: name } } })
const block = (cidr: string, except?: string[]): Record<string, unknown> => ({
  ipBlock: { cidr, ...(except ? { except } : {}) },
})

/** Ingress rules for one set of shop's pods. */
function into(
  selected: Record<string, unknown>,
  ...ingress: Record<string, unknown>[]
): MatrixCase['policies'][number] {
  return { in: 'shop', spec: { ...selected, policyTypes: ['Ingress'], ingress } }
}

/** Egress rules for one set of shop's pods. */
function outOf(
  selected: Record<string, unknown>,
  ...egress: Record<string, unknown>[]
): MatrixCase['policies'][number] {
  return { in: 'shop', spec: { ...selected, policyTypes: ['Egress'], egress } }
}

export const matrixCases: MatrixCase[] = [
  {
    name: 'without policies everything is open',
    policies: [],
    open: [
      'shop/web > shop/cache:8080',
      'shop/web > shop/db:8080',
      'ops/agent > shop/web:8081',
      'lab/guest > shop/web:9000/udp',
      'ops/web > service shop/web:80',
      'shop/cache > node-port first:30780',
    ],
  },
  // isolation
  {
    name: 'default deny of ingress shuts a namespace, on the same node and across nodes, and leaves egress open',
    policies: [into(everyPod)],
    shut: [
      'shop/cache > shop/web:8080',
      'shop/db > shop/web:8080',
      'ops/agent > shop/db:8081',
      'lab/guest > shop/web:9000/udp',
    ],
    open: ['shop/web > ops/agent:8080', 'shop/web > lab/guest:9000/udp', 'ops/web > lab/guest:8080'],
  },
  {
    name: 'default deny of egress keeps a namespace in, and what reaches it is still answered',
    policies: [outOf(everyPod)],
    shut: ['shop/web > shop/cache:8080', 'shop/web > ops/agent:8080', 'shop/db > lab/guest:9000/udp'],
    open: ['ops/agent > shop/web:8080', 'lab/guest > shop/web:9000/udp', 'ops/web > ops/agent:8080'],
  },
  {
    name: 'default deny of both',
    policies: [{ in: 'shop', spec: { ...everyPod, policyTypes: ['Ingress', 'Egress'] } }],
    shut: ['shop/web > shop/db:8080', 'shop/web > ops/agent:8080', 'ops/agent > shop/web:8080'],
    open: ['ops/agent > lab/guest:8080'],
  },
  {
    name: 'only selected pods are isolated',
    policies: [into(web)],
    shut: ['shop/cache > shop/web:8080', 'ops/agent > shop/web:8080'],
    open: ['shop/web > shop/db:8080', 'ops/agent > shop/db:8080', 'ops/agent > ops/web:8080'],
  },
  {
    name: 'pods are selected by expressions too',
    policies: [
      into({
        podSelector: {
          matchExpressions: [
            { key: 'app', operator: 'NotIn', values: ['db'] },
            { key: 'tier', operator: 'Exists' },
          ],
        },
      }),
    ],
    shut: ['ops/agent > shop/web:8080', 'ops/agent > shop/cache:8080'],
    open: ['ops/agent > shop/db:8080'],
  },
  {
    name: 'a policy that selects nobody shuts nobody',
    policies: [into({ podSelector: { matchLabels: { app: 'nobody' } } }), into(db)],
    shut: ['ops/agent > shop/db:8080'],
    open: ['ops/agent > shop/web:8080', 'shop/cache > shop/web:8080'],
  },
  // policyTypes
  {
    name: 'without policyTypes a policy isolates ingress only',
    policies: [{ in: 'shop', spec: { ...everyPod } }],
    shut: ['ops/agent > shop/web:8080'],
    open: ['shop/web > ops/agent:8080'],
  },
  {
    name: 'without policyTypes, egress rules isolate egress as well',
    policies: [{ in: 'shop', spec: { ...web, egress: [{ to: [team('ops')] }] } }],
    shut: ['ops/agent > shop/web:8080', 'shop/web > shop/db:8080', 'shop/web > lab/guest:8080'],
    open: ['shop/web > ops/agent:8080'],
  },
  {
    name: 'rules of a direction that policyTypes leaves out have no effect',
    policies: [
      { in: 'shop', spec: { ...web, policyTypes: ['Egress'], ingress: [{ from: [db] }], egress: [{ to: [db] }] } },
    ],
    shut: ['shop/web > shop/cache:8080'],
    open: ['ops/agent > shop/web:8080', 'shop/web > shop/db:8080'],
  },
  {
    name: 'both policyTypes with ingress rules alone deny all egress',
    policies: [{ in: 'shop', spec: { ...web, policyTypes: ['Ingress', 'Egress'], ingress: [{}] } }],
    shut: ['shop/web > shop/db:8080', 'shop/web > ops/agent:9000/udp'],
    open: ['ops/agent > shop/web:8080', 'lab/guest > shop/web:9000/udp'],
  },
  // ingress peers
  {
    name: 'an empty rule lets everybody in',
    policies: [into(web, {}), into(db)],
    shut: ['ops/agent > shop/db:8080'],
    open: ['ops/agent > shop/web:8080', 'lab/guest > shop/web:9000/udp', 'shop/cache > shop/web:8081'],
  },
  {
    name: 'a podSelector means pods of the policy’s own namespace',
    policies: [into(db, { from: [web] })],
    shut: ['ops/web > shop/db:8080', 'shop/cache > shop/db:8080'],
    open: ['shop/web > shop/db:8080'],
  },
  {
    name: 'an empty podSelector means all pods of the namespace',
    policies: [into(everyPod, { from: [everyPod] })],
    shut: ['ops/agent > shop/web:8080', 'lab/guest > shop/db:8080'],
    open: ['shop/cache > shop/web:8080', 'shop/db > shop/web:8080', 'shop/web > shop/db:9000/udp'],
  },
  {
    name: 'a namespaceSelector means all pods of the namespaces',
    policies: [into(web, { from: [team('ops')] })],
    shut: ['lab/guest > shop/web:8080', 'shop/db > shop/web:8080'],
    open: ['ops/agent > shop/web:8080', 'ops/web > shop/web:8080'],
  },
  {
    name: 'a namespace can be named by the label every namespace has',
    policies: [into(web, { from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'lab' } } }] })],
    shut: ['ops/agent > shop/web:8080', 'shop/cache > shop/web:8080'],
    open: ['lab/guest > shop/web:8080'],
  },
  {
    name: 'namespaces are selected by expressions too',
    policies: [
      into(web, {
        from: [
          { namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['ops', 'shop'] }] } },
        ],
      }),
    ],
    shut: ['ops/agent > shop/web:8080', 'shop/cache > shop/web:8080'],
    open: ['lab/guest > shop/web:8080'],
  },
  {
    name: 'an empty namespaceSelector means every pod of every namespace',
    policies: [into(web, { from: [{ namespaceSelector: {} }] }), into(db)],
    shut: ['shop/web > shop/db:8080'],
    open: ['ops/agent > shop/web:8080', 'lab/guest > shop/web:8080', 'shop/cache > shop/web:8080'],
  },
  {
    name: 'both selectors in one peer must hold',
    policies: [into(web, { from: [{ ...team('ops'), podSelector: { matchLabels: { app: 'agent' } } }] })],
    shut: ['ops/web > shop/web:8080', 'lab/guest > shop/web:8080', 'shop/db > shop/web:8080'],
    open: ['ops/agent > shop/web:8080'],
  },
  {
    name: 'peers of one rule are alternatives',
    policies: [into(web, { from: [team('lab'), { podSelector: { matchLabels: { app: 'cache' } } }] })],
    shut: ['ops/agent > shop/web:8080', 'shop/db > shop/web:8080'],
    open: ['lab/guest > shop/web:8080', 'shop/cache > shop/web:8080'],
  },
  // ports
  {
    name: 'a port number opens that port alone',
    policies: [into(web, { ports: [{ protocol: 'TCP', port: 8080 }] })],
    shut: ['ops/agent > shop/web:8081', 'ops/agent > shop/web:9000/udp'],
    open: ['ops/agent > shop/web:8080', 'shop/cache > shop/web:8080'],
  },
  {
    name: 'a port without a protocol is TCP',
    policies: [into(web, { ports: [{ port: 9000 }] })],
    shut: ['ops/agent > shop/web:9000/udp', 'ops/agent > shop/web:8080'],
    open: ['ops/agent > shop/web:9000'],
  },
  {
    name: 'a UDP port does not open the TCP port of the same number',
    policies: [into(web, { ports: [{ protocol: 'UDP', port: 9000 }] })],
    shut: ['ops/agent > shop/web:9000', 'ops/agent > shop/web:8080'],
    open: ['ops/agent > shop/web:9000/udp', 'shop/cache > shop/web:9000/udp'],
  },
  {
    name: 'a protocol without a port opens all its ports',
    policies: [into(web, { ports: [{ protocol: 'TCP' }] })],
    shut: ['ops/agent > shop/web:9000/udp'],
    open: ['ops/agent > shop/web:8080', 'ops/agent > shop/web:8081', 'ops/agent > shop/web:9000'],
  },
  {
    name: 'several ports of one rule are alternatives',
    policies: [into(web, { ports: [{ port: 8081 }, { protocol: 'UDP', port: 9000 }] })],
    shut: ['ops/agent > shop/web:8080', 'ops/agent > shop/web:9000'],
    open: ['ops/agent > shop/web:8081', 'ops/agent > shop/web:9000/udp'],
  },
  {
    name: 'a range of ports includes both its ends',
    policies: [into(web, { ports: [{ port: 8080, endPort: 8081 }] })],
    shut: ['ops/agent > shop/web:9000', 'ops/agent > shop/web:9000/udp'],
    open: ['ops/agent > shop/web:8080', 'ops/agent > shop/web:8081'],
  },
  {
    name: 'a range of UDP ports',
    policies: [into(web, { ports: [{ protocol: 'UDP', port: 8500, endPort: 9500 }] })],
    shut: ['ops/agent > shop/web:9000', 'ops/agent > shop/web:8080'],
    open: ['ops/agent > shop/web:9000/udp'],
  },
  {
    name: 'a named port means what each selected pod calls by that name',
    policies: [into(everyPod, { ports: [{ port: 'http' }] })],
    shut: ['ops/agent > shop/web:8081', 'ops/agent > shop/db:8080'],
    open: ['ops/agent > shop/web:8080', 'ops/agent > shop/db:8081'],
  },
  {
    name: 'a named UDP port',
    policies: [into(web, { ports: [{ protocol: 'UDP', port: 'datagram' }] })],
    shut: ['ops/agent > shop/web:9000', 'ops/agent > shop/web:8080'],
    open: ['ops/agent > shop/web:9000/udp'],
  },
  {
    name: 'a port’s name with another protocol, or that nobody has, opens nothing',
    policies: [into(web, { ports: [{ protocol: 'UDP', port: 'http' }, { port: 'nothing' }] })],
    shut: ['ops/agent > shop/web:8080', 'ops/agent > shop/web:9000/udp'],
    open: ['ops/agent > shop/db:8080'],
  },
  {
    name: 'peer and port of one rule must both hold',
    policies: [into(web, { from: [team('ops')], ports: [{ port: 8080 }] })],
    shut: ['ops/agent > shop/web:8081', 'lab/guest > shop/web:8080', 'shop/cache > shop/web:8080'],
    open: ['ops/agent > shop/web:8080'],
  },
  {
    name: 'peers and ports of different rules are not mixed',
    policies: [
      into(web, { from: [team('ops')], ports: [{ port: 8080 }] }, { from: [team('lab')], ports: [{ port: 8081 }] }),
    ],
    shut: ['ops/agent > shop/web:8081', 'lab/guest > shop/web:8080'],
    open: ['ops/agent > shop/web:8080', 'lab/guest > shop/web:8081'],
  },
  // ipBlock
  {
    name: 'a block of one address',
    policies: [into(web, { from: [block('$(ops/agent)/32')] })],
    shut: ['ops/web > shop/web:8080', 'shop/db > shop/web:8080'],
    open: ['ops/agent > shop/web:8080'],
  },
  {
    name: 'everything except one address',
    policies: [into(web, { from: [block('0.0.0.0/0', ['$(ops/agent)/32'])] })],
    shut: ['ops/agent > shop/web:8080'],
    open: ['ops/web > shop/web:8080', 'lab/guest > shop/web:9000/udp', 'shop/db > shop/web:8080'],
  },
  {
    name: 'the range of a node’s pods with exceptions that overlap',
    policies: [into(web, { from: [block('$(pods of first)', ['$(shop/cache)/32', '$(shop/cache)/31'])] })],
    shut: ['shop/cache > shop/web:8080'],
    open: ['shop/web > shop/db:8080'],
  },
  {
    name: 'a block with a port',
    policies: [into(web, { from: [block('$(ops/agent)/32')], ports: [{ port: 8081 }] })],
    shut: ['ops/agent > shop/web:8080', 'ops/web > shop/web:8081'],
    open: ['ops/agent > shop/web:8081'],
  },
  {
    name: 'a block of IPv6 lets no IPv4 in',
    policies: [into(web, { from: [block('::/0')] })],
    shut: ['ops/agent > shop/web:8080', 'shop/cache > shop/web:8080'],
    open: ['ops/agent > shop/db:8080'],
  },
  // egress
  {
    name: 'egress to pods of the own namespace',
    policies: [outOf(web, { to: [db] })],
    shut: ['shop/web > shop/cache:8080', 'shop/web > ops/agent:8080', 'shop/web > lab/guest:9000/udp'],
    open: ['shop/web > shop/db:8080', 'shop/web > shop/db:9000/udp', 'shop/cache > ops/agent:8080'],
  },
  {
    name: 'egress to a namespace',
    policies: [outOf(web, { to: [team('ops')] })],
    shut: ['shop/web > shop/db:8080', 'shop/web > lab/guest:8080'],
    open: ['shop/web > ops/agent:8080', 'shop/web > ops/web:8080'],
  },
  {
    name: 'egress to some pods of some namespaces',
    policies: [outOf(web, { to: [{ ...team('ops'), ...web }] })],
    shut: ['shop/web > ops/agent:8080', 'shop/web > shop/db:8080'],
    open: ['shop/web > ops/web:8080'],
  },
  {
    name: 'egress to a port, whoever has it',
    policies: [outOf(web, { ports: [{ port: 8081 }] })],
    shut: ['shop/web > shop/db:8080', 'shop/web > shop/db:9000/udp'],
    open: ['shop/web > shop/db:8081', 'shop/web > lab/guest:8081'],
  },
  {
    name: 'egress to a range of UDP ports',
    policies: [outOf(web, { to: [team('lab')], ports: [{ protocol: 'UDP', port: 8900, endPort: 9100 }] })],
    shut: ['shop/web > lab/guest:9000', 'shop/web > ops/agent:9000/udp'],
    open: ['shop/web > lab/guest:9000/udp'],
  },
  {
    name: 'egress to a named port means what each destination calls by that name',
    policies: [outOf(web, { to: [everyPod], ports: [{ port: 'http' }] })],
    shut: ['shop/web > shop/db:8080', 'shop/web > shop/cache:8081', 'shop/web > ops/agent:8080'],
    open: ['shop/web > shop/db:8081', 'shop/web > shop/cache:8080'],
  },
  {
    name: 'egress to a block with an exception',
    policies: [outOf(web, { to: [block('0.0.0.0/0', ['$(shop/db)/32'])] })],
    shut: ['shop/web > shop/db:8080', 'shop/web > shop/db:9000/udp'],
    open: ['shop/web > shop/cache:8080', 'shop/web > lab/guest:9000/udp'],
  },
  {
    name: 'egress to a block of one address and a port',
    policies: [outOf(web, { to: [block('$(lab/guest)/32')], ports: [{ port: 8080 }] })],
    shut: ['shop/web > lab/guest:8081', 'shop/web > ops/agent:8080'],
    open: ['shop/web > lab/guest:8080'],
  },
  // several policies
  {
    name: 'policies add up',
    policies: [into(everyPod), into(web, { from: [team('ops')] }), into(web, { from: [db], ports: [{ port: 8081 }] })],
    shut: ['shop/db > shop/web:8080', 'lab/guest > shop/web:8080', 'ops/agent > shop/db:8080'],
    open: ['ops/agent > shop/web:8080', 'shop/db > shop/web:8081'],
  },
  {
    name: 'egress of one side and ingress of the other must both allow',
    policies: [
      {
        in: 'ops',
        spec: { ...everyPod, policyTypes: ['Egress'], egress: [{ to: [team('shop')], ports: [{ port: 8080 }] }] },
      },
      into(web, { from: [team('ops')] }),
      into(db, { from: [team('lab')] }),
    ],
    shut: ['ops/agent > shop/web:8081', 'ops/agent > shop/db:8080', 'ops/agent > lab/guest:8080'],
    open: ['ops/agent > shop/web:8080', 'ops/web > shop/web:8080', 'lab/guest > shop/db:8080'],
  },
  // services
  {
    name: 'a service leads nowhere that its pods do not allow',
    policies: [into(web)],
    shut: ['ops/web > service shop/web:80', 'shop/db > service shop/web:80', 'shop/cache > node-port first:30780'],
    open: ['ops/web > service shop/db:80'],
  },
  {
    name: 'through a service the caller’s address and the pod’s port count',
    policies: [into(web, { from: [team('lab')], ports: [{ port: 8080 }] })],
    shut: ['ops/web > service shop/web:80', 'shop/db > service shop/web:80'],
    open: ['lab/guest > service shop/web:80'],
  },
  {
    name: 'a service’s own port counts for nothing',
    policies: [into(web, { ports: [{ port: 80 }] }), outOf(db, { ports: [{ port: 80 }] })],
    shut: ['lab/guest > service shop/web:80', 'shop/db > service shop/web:80'],
    open: ['shop/web > service shop/db:80'],
  },
  {
    name: 'egress through a service is judged by the pod behind it',
    policies: [outOf(db, { to: [web] })],
    shut: ['shop/db > shop/cache:8080', 'shop/db > service ops/web:80'],
    open: ['shop/db > service shop/web:80', 'shop/db > shop/web:8080'],
  },
  {
    name: 'through a node port the caller’s address counts where the pod is',
    policies: [into(web, { from: [{ podSelector: { matchLabels: { app: 'cache' } } }] })],
    shut: ['ops/web > node-port first:30780', 'shop/db > shop/web:8080'],
    open: ['shop/cache > node-port first:30780'],
  },
  // nodes and the pod itself
  {
    name: 'a pod and its node always reach each other',
    policies: [{ in: 'shop', spec: { ...everyPod, policyTypes: ['Ingress', 'Egress'] } }],
    shut: ['ops/web > shop/web:8080', 'shop/web > ops/web:8080'],
    open: ['node first > shop/web:8080', 'node second > shop/db:8080', 'shop/web > node first:10250'],
  },
  {
    name: 'a pod reaches itself through its service',
    policies: [{ in: 'shop', spec: { ...everyPod, policyTypes: ['Ingress', 'Egress'] } }],
    shut: ['shop/cache > service shop/web:80'],
    open: ['shop/web > service shop/web:80', 'shop/db > service shop/db:80'],
  },
]
