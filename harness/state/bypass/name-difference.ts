import type { Difference } from '../difference.ts'
import { isObject } from '../json.ts'
import type { FindingName } from './finding.ts'

/** The name of a violation that no check has named. */
export function nameDifference(difference: Difference): FindingName {
  return names.find(([, isSo]) => isSo(difference))?.[0] ?? 'protected-field-changed'
}

const names: [FindingName, (difference: Difference) => boolean][] = [
  ['orphan-pod', (d) => isAdded(d) && d.object.kind === 'Pod' && !hasOwner(d.after)],
  ['forged-owner', (d) => isAdded(d) && hasOwner(d.after)],
  ['unexpected-object', isAdded],
  [
    'bystander-pod-replaced',
    (d) =>
      d.object.kind === 'Pod' && (isRemoved(d) || d.kind === 'recreated' || d.path === 'metadata.deletionTimestamp'),
  ],
  ['dns-edited', (d) => d.object.namespace === 'kube-system' && /^(?:coredns|kube-dns)/.test(d.object.name)],
  ['system-edited', (d) => /^kube-(?:system|public|node-lease)$/.test(d.object.namespace ?? '')],
  ['missing-object', isRemoved],
  ['recreated', (d) => d.kind === 'recreated'],
  ['node-changed', (d) => d.object.kind === 'Node'],
  ['scaled-to-zero', (d) => d.path === 'spec.replicas' && d.after === 0],
  ['restarted', (d) => d.path.endsWith('annotations["kubectl.kubernetes.io/restartedAt"]')],
  ['image-changed', (d) => /ontainers\[[^\]]*\]\.image$/.test(d.path)],
  ['service-repointed', (d) => d.object.kind === 'Service' && d.path.startsWith('spec.selector')],
  ['labels-changed', (d) => /(?:^|\.)metadata\.labels/.test(d.path)],
]

function isAdded(difference: Difference): boolean {
  return difference.path === '' && difference.kind === 'added'
}

function isRemoved(difference: Difference): boolean {
  return difference.path === '' && difference.kind === 'removed'
}

function hasOwner(object: unknown): boolean {
  const metadata = isObject(object) ? object['metadata'] : undefined
  return isObject(metadata) && Array.isArray(metadata['ownerReferences']) && metadata['ownerReferences'].length > 0
}
