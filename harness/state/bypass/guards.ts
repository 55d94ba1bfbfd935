import { isObject, listAt, objectAt, textAt } from '../json.ts'
import type { KubeObject } from '../../base/kube-client.ts'
import { printPath } from '../path.ts'
import type { BypassCheck, Finding } from './finding.ts'

/** Quotas, limit ranges, disruption budgets and network policies that were removed or let everything pass. */
export const checkGuards: BypassCheck = (change) => guards[(change.before ?? change.after)?.kind ?? '']?.(change) ?? []

const quota: BypassCheck = ({ before, after }) => {
  if (!before) return []
  if (!after) return [{ name: 'quota-removed', path: '', because: 'no longer limits its namespace' }]
  const has = objectAt(after, 'spec', 'hard')
  return Object.keys(objectAt(before, 'spec', 'hard'))
    .filter((resource) => has[resource] === undefined)
    .map((resource) => ({
      name: 'quota-removed',
      path: printPath([{ field: 'spec' }, { field: 'hard' }, { field: resource }]),
      because: `no longer limits ${resource}`,
    }))
}

const limitRange: BypassCheck = ({ before, after }) => {
  if (!before) return []
  if (!after) return [{ name: 'quota-removed', path: '', because: 'no longer limits its namespace' }]
  const has = new Set(listAt(after, 'spec', 'limits').flatMap(limitsOf))
  return listAt(before, 'spec', 'limits')
    .flatMap(limitsOf)
    .filter((limit) => !has.has(limit))
    .map((limit) => ({ name: 'quota-removed', path: 'spec.limits', because: `no longer has ${limit}` }))
}

function limitsOf(limit: unknown): string[] {
  return ['max', 'min', 'maxLimitRequestRatio'].flatMap((bound) =>
    Object.keys(objectAt(limit, bound)).map((resource) => `${bound} ${resource} for a ${textAt(limit, 'type')}`),
  )
}

const disruptionBudget: BypassCheck = ({ before, after }) =>
  before && !after
    ? [{ name: 'disruption-budget-removed', path: '', because: 'no longer protects its Pods from disruption' }]
    : []

const networkPolicy: BypassCheck = ({ before, after }) => {
  if (!after)
    return before ? [{ name: 'network-policy-removed', path: '', because: 'no longer restricts traffic' }] : []
  return ['ingress', 'egress'].flatMap((direction): Finding[] => {
    const isOpen = (policy: KubeObject | undefined): boolean =>
      listAt(policy, 'spec', direction).some((rule) => letsAll(rule, direction))
    const isUnrestricted = (policy: KubeObject): boolean => !typesOf(policy).includes(direction)
    if (before && isOpen(after) && !isOpen(before)) {
      return [{ name: 'network-policy-opened', path: `spec.${direction}`, because: `lets all ${direction} pass` }]
    }
    return before && isUnrestricted(after) && !isUnrestricted(before)
      ? [{ name: 'network-policy-opened', path: 'spec.policyTypes', because: `no longer restricts ${direction}` }]
      : []
  })
}

/** A rule without peers and without ports, or one whose peers are everybody. */
function letsAll(rule: unknown, direction: string): boolean {
  if (!isObject(rule) || listAt(rule, 'ports').length > 0) return false
  const peers = listAt(rule, direction === 'ingress' ? 'from' : 'to')
  return (
    peers.length === 0 ||
    peers.some((peer) => {
      const isAnyBlock =
        ['0.0.0.0/0', '::/0'].includes(textAt(peer, 'ipBlock', 'cidr') ?? '') &&
        listAt(peer, 'ipBlock', 'except').length === 0
      const isAnyPod =
        isObject(peer) &&
        isObject(peer['namespaceSelector']) &&
        Object.keys(peer['namespaceSelector']).length === 0 &&
        Object.keys(objectAt(peer, 'podSelector')).length === 0
      return isAnyBlock || isAnyPod
    })
  )
}

function typesOf(policy: KubeObject): string[] {
  const types = listAt(policy, 'spec', 'policyTypes').map((type) => String(type).toLowerCase())
  if (types.length > 0) return types
  return listAt(policy, 'spec', 'egress').length > 0 ? ['ingress', 'egress'] : ['ingress']
}

const guards: Record<string, BypassCheck> = {
  ResourceQuota: quota,
  LimitRange: limitRange,
  PodDisruptionBudget: disruptionBudget,
  NetworkPolicy: networkPolicy,
}
