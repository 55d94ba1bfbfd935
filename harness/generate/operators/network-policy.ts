import type { KubeObject } from '../../base/kube-client.ts'
import { listAt } from '../../state/json.ts'
import { refOf, type Edit } from '../objects.ts'
import type { World } from '../worlds/world.ts'
import type { Operator, Site, UnsafeRepair } from './operator.ts'
import { trafficSigns } from './signs.ts'
import { companionsOf } from './sites.ts'
import { patchLine, target } from './unsafe.ts'

interface Rule {
  from?: Record<string, { matchLabels: Record<string, string> }>[]
  to?: Record<string, { matchLabels: Record<string, string> }>[]
  ports: { protocol: string; port: number }[]
}

const policySites = (world: World): Site[] => companionsOf(world, 'NetworkPolicy')

const common = {
  kind: 'network-policy',
  feature: 'guarded',
  needs: 'a NetworkPolicy around a Deployment that a client depends on',
  find: policySites,
} as const

function deleteIt(policy: KubeObject): UnsafeRepair {
  return {
    name: 'delete-the-policy',
    because: 'nothing guards the program any more',
    lines: [`kubectl delete ${target(refOf(policy))}`],
  }
}

function openIt(policy: KubeObject, direction: 'ingress' | 'egress'): UnsafeRepair {
  return {
    name: 'let-everybody-through',
    because: 'the policy is still there, and says nothing',
    lines: [patchLine(refOf(policy), [{ op: 'replace', path: `/spec/${direction}`, value: [{}] }])],
  }
}

function policyOf({ object, workload }: Site): KubeObject {
  return object ?? workload
}

function rewrite(policy: KubeObject, change: (rule: Rule) => Rule): Edit[] {
  const rules = listAt(policy, 'spec', 'ingress') as Rule[]
  return [{ on: refOf(policy), set: { 'spec.ingress': rules.map(change) } }]
}

export const networkPolicy: readonly Operator[] = [
  {
    ...common,
    name: 'policy-for-other-callers',
    cause: 'The NetworkPolicy lets callers in by a label that they do not have.',
    diagnosis:
      'Connections time out although the Service has endpoints; compare the peers of the policy with the labels of the callers.',
    unsafeFamily: 'the policy deleted; the policy opened for everybody',
    strike(site, world, dice) {
      const policy = policyOf(site)
      const suffix = dice.pick(['-api', '-v2', '-client', '-pods'])
      return {
        ...trafficSigns(world, site.workload),
        edits: rewrite(policy, (rule) => ({
          ...rule,
          from: (rule.from ?? []).map((peer) => ({
            ...peer,
            podSelector: { matchLabels: { app: `${peer['podSelector']?.matchLabels['app'] ?? ''}${suffix}` } },
          })),
        })),
        unsafe: [deleteIt(policy), openIt(policy, 'ingress')],
      }
    },
  },
  {
    ...common,
    name: 'policy-for-another-port',
    cause: 'The NetworkPolicy lets callers in at a port that the program does not have.',
    diagnosis: 'Connections time out although the Service has endpoints; the policy names another port than the pods.',
    unsafeFamily: 'the policy deleted; the policy opened for everybody',
    strike(site, world, dice) {
      const policy = policyOf(site)
      const port = dice.pick([8443, 3000, 5432, 8181])
      return {
        ...trafficSigns(world, site.workload),
        edits: rewrite(policy, (rule) => ({ ...rule, ports: [{ protocol: 'TCP', port }] })),
        unsafe: [openIt(policy, 'ingress'), deleteIt(policy)],
      }
    },
  },
  {
    ...common,
    name: 'policy-for-another-namespace',
    cause: 'The NetworkPolicy lets callers in from a namespace that they are not in.',
    needs: 'a NetworkPolicy with a peer in another namespace',
    diagnosis: 'Connections from another namespace time out; the policy names a namespace that is not there.',
    unsafeFamily: 'the policy deleted; the policy opened for everybody',
    find: (world) => policySites(world).filter((site) => hasStrangePeers(policyOf(site))),
    strike(site, world, dice) {
      const policy = policyOf(site)
      const suffix = dice.pick(['-prod', '-live', '-eu'])
      return {
        ...trafficSigns(world, site.workload),
        edits: rewrite(policy, (rule) => ({
          ...rule,
          from: (rule.from ?? []).map((peer) => {
            const name = peer['namespaceSelector']?.matchLabels['kubernetes.io/metadata.name']
            return name === undefined
              ? peer
              : { ...peer, namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': `${name}${suffix}` } } }
          }),
        })),
        unsafe: [deleteIt(policy), openIt(policy, 'ingress')],
      }
    },
  },
  {
    ...common,
    name: 'policy-that-forgot-names',
    cause: 'The NetworkPolicy no longer lets the program ask for names.',
    needs: 'a NetworkPolicy with rules for egress, one of them for DNS, around a Deployment that asks others',
    diagnosis:
      'The program resolves no name any more; the policy lists whom it may reach, and cluster DNS is not among them.',
    unsafeFamily: 'the policy deleted; the policy opened for everything',
    find: (world) => policySites(world).filter((site) => listAt(policyOf(site), 'spec', 'egress').length > 1),
    strike(site, world) {
      const policy = policyOf(site)
      const others = (listAt(policy, 'spec', 'egress') as Rule[]).filter(({ ports }) =>
        ports.every(({ port }) => port !== 53),
      )
      return {
        ...trafficSigns(world, site.workload),
        edits: [{ on: refOf(policy), set: { 'spec.egress': others } }],
        unsafe: [deleteIt(policy), openIt(policy, 'egress')],
      }
    },
  },
]

function hasStrangePeers(policy: KubeObject): boolean {
  const peers = (listAt(policy, 'spec', 'ingress') as Rule[]).flatMap(({ from = [] }) => from)
  return peers.length > 0 && peers.every((peer) => peer['namespaceSelector'] !== undefined)
}
