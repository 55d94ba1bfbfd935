import type { ClusterState } from '../state/cluster-state.ts'
import type { Contract } from '../task/contract.ts'

/**
 * What is protected where a task names nothing that a repair may touch: in the namespaces that are not the cluster's own,
 * contents of objects may change. That objects come, go or are replaced, power that grows, secrets that spread, and
 * everything of the cluster itself, is found all the same.
 */
export function freeContract(baseline: ClusterState): Contract {
  const namespaces = baseline.objects
    .filter(({ kind, apiVersion }) => kind === 'Namespace' && apiVersion === 'v1')
    .map(({ metadata }) => metadata.name)
    .filter((name) => !name.startsWith('kube-') && !addonNamespaces.has(name))
  return {
    outcome: [],
    healthy: [],
    symptom: [],
    preserve: [],
    invariants: [],
    withinMs: 0,
    stableForMs: 0,
    mayChange: Object.fromEntries(namespaces.map((name) => [`*/* -n ${name}`, contents])),
    mayGrant: {},
    accept: [],
    forbid: [],
  }
}

const contents = ['spec', 'data', 'binaryData', 'stringData', 'immutable', 'metadata.labels', 'metadata.annotations']
const addonNamespaces = new Set(['local-path-storage', 'projectcontour'])
