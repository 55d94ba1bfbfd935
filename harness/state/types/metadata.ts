import { choice, ignored, keyed, mapOf, optional, plain, setOf, struct, type Type } from './type.ts'

/** Metadata of an object or of a template, without what servers and controllers keep there for themselves. */
export const metadata: Type = struct({
  labels: mapOf(),
  annotations: {
    ...mapOf(),
    canonical: (value) => withoutControllerNotes(value as Record<string, string>),
  },
  ownerReferences: keyed(struct({ controller: optional, blockOwnerDeletion: ignored }), 'uid'),
  finalizers: setOf(),
  namespace: optional,
  generateName: optional,
  managedFields: ignored,
  resourceVersion: ignored,
  generation: ignored,
  creationTimestamp: ignored,
  deletionGracePeriodSeconds: ignored,
  selfLink: ignored,
})

/** A label selector; the empty one selects everything. */
export const labelSelector: Type = choice({
  matchLabels: mapOf(),
  matchExpressions: setOf(struct({ values: setOf() })),
})

/** References to objects by name. */
export const namedReferences: Type = keyed(plain, 'name')

/** Whether an annotation is written by controllers or tools as a note to themselves. */
function isControllerNote(annotation: string): boolean {
  return controllerNotes.has(annotation) || controllerNotePrefixes.some((prefix) => annotation.startsWith(prefix))
}

function withoutControllerNotes(annotations: Record<string, string>): Record<string, string> | undefined {
  const kept = Object.entries(annotations ?? {}).filter(([name]) => !isControllerNote(name))
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

const controllerNotes = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'endpoints.kubernetes.io/last-change-trigger-time',
  'endpoints.kubernetes.io/over-capacity',
  'deprecated.daemonset.template.generation',
  'volume.kubernetes.io/selected-node',
  'volume.kubernetes.io/storage-provisioner',
  'volume.beta.kubernetes.io/storage-provisioner',
  'volume.kubernetes.io/storage-resizer',
  'node.alpha.kubernetes.io/ttl',
  'volumes.kubernetes.io/controller-managed-attach-detach',
  'kubeadm.alpha.kubernetes.io/cri-socket',
  'csi.volume.kubernetes.io/nodeid',
  'kubernetes.io/config.hash',
  'kubernetes.io/config.mirror',
  'kubernetes.io/config.seen',
  'kubernetes.io/config.source',
  'batch.kubernetes.io/job-tracking',
  'batch.kubernetes.io/cronjob-scheduled-timestamp',
])

const controllerNotePrefixes = [
  'deployment.kubernetes.io/',
  'pv.kubernetes.io/',
  'control-plane.alpha.kubernetes.io/',
  'autoscaling.alpha.kubernetes.io/',
]
