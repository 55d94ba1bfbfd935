import type { KubeObject } from '../../base/kube-client.ts'
import { isObject, listAt } from '../../state/json.ts'
import type { FlowsEffect } from '../../task/manifest-spec.ts'

type Labels = Record<string, string>

/** One end of a connection. */
interface End {
  labels: Labels
  /** The labels of its namespace. */
  namespace: Labels
}

/** Whether network policies let one pod reach another: by their text, no traffic is sent. */
export function isFlowAllowed(policies: readonly KubeObject[], flow: FlowsEffect, namespace: string): boolean {
  const home: Labels = { 'kubernetes.io/metadata.name': namespace }
  const from: End = { labels: flow.from.labels, namespace: flow.from.namespace ?? home }
  const to: End = { labels: flow.to.labels, namespace: flow.to.namespace ?? home }
  const lets = (direction: 'Ingress' | 'Egress', pod: End, peer: End): boolean => {
    if (pod.namespace['kubernetes.io/metadata.name'] !== namespace) return true
    const about = policies.filter(
      (policy) => policyTypes(policy).includes(direction) && selects(specOf(policy)['podSelector'], pod.labels),
    )
    if (about.length === 0) return true
    return about.some((policy) =>
      listAt(policy, 'spec', direction.toLowerCase()).some((rule) => allows(rule, direction, peer, flow, namespace)),
    )
  }
  return lets('Egress', from, to) && lets('Ingress', to, from)
}

function specOf(policy: KubeObject): Record<string, unknown> {
  return isObject(policy['spec']) ? policy['spec'] : {}
}

/** Without policyTypes, a policy is about ingress, and about egress where it has egress rules. */
function policyTypes(policy: KubeObject): unknown[] {
  const spec = specOf(policy)
  if (Array.isArray(spec['policyTypes'])) return spec['policyTypes']
  return spec['egress'] === undefined ? ['Ingress'] : ['Ingress', 'Egress']
}

function allows(rule: unknown, direction: 'Ingress' | 'Egress', peer: End, flow: FlowsEffect, home: string): boolean {
  const peers = listAt(rule, direction === 'Ingress' ? 'from' : 'to')
  const ports = listAt(rule, 'ports')
  const isPort = ports.length === 0 || ports.some((port) => isPortMatch(port, flow))
  return isPort && (peers.length === 0 || peers.some((one) => isPeer(one, peer, home)))
}

function isPortMatch(port: unknown, flow: FlowsEffect): boolean {
  const { protocol = 'TCP', port: number, endPort } = port as { protocol?: string; port?: number; endPort?: number }
  if (protocol !== flow.protocol) return false
  if (number === undefined) return true
  return endPort === undefined ? number === flow.port : flow.port >= number && flow.port <= endPort
}

function isPeer(peer: unknown, end: End, home: string): boolean {
  const { podSelector, namespaceSelector, ipBlock } = peer as Record<string, unknown>
  if (ipBlock !== undefined) return false
  const isNamespace =
    namespaceSelector === undefined
      ? end.namespace['kubernetes.io/metadata.name'] === home
      : selects(namespaceSelector, end.namespace)
  return isNamespace && (podSelector === undefined || selects(podSelector, end.labels))
}

function selects(selector: unknown, labels: Labels): boolean {
  if (!isObject(selector)) return false
  const exact = isObject(selector['matchLabels']) ? Object.entries(selector['matchLabels']) : []
  if (!exact.every(([key, value]) => labels[key] === value)) return false
  return listAt(selector, 'matchExpressions').every((expression) => {
    const { key = '', operator, values = [] } = expression as { key?: string; operator?: string; values?: string[] }
    const value = labels[key]
    if (operator === 'Exists') return value !== undefined
    if (operator === 'DoesNotExist') return value === undefined
    if (operator === 'In') return value !== undefined && values.includes(value)
    return operator === 'NotIn' && (value === undefined || !values.includes(value))
  })
}
