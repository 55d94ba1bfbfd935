import type { ApiResource, KubeObject } from '../../harness/base/kube-client.ts'
import { findKind, kindWords, type KubeKind } from '../../harness/base/kube-kinds.ts'

/** A kind that a fake API server serves, in one version. */
export interface ResourceKind extends ApiResource {
  /** Whether `/status` is a path of its own, which the main path then does not write to. */
  hasStatus: boolean
}

const versions: Record<string, string> = { autoscaling: 'v2' }
const withStatus = new Set(
  'Deployment ReplicaSet StatefulSet DaemonSet Job CronJob Pod Node Namespace Service PersistentVolume PersistentVolumeClaim HorizontalPodAutoscaler PodDisruptionBudget Ingress APIService CustomResourceDefinition CertificateSigningRequest ResourceQuota'.split(
    ' ',
  ),
)
const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

/** Every built-in kind at the version that clients prefer. */
export const builtInResources: readonly ResourceKind[] = [
  ...new Set(kindWords().map((word) => findKind(word) as KubeKind)),
].map(({ group, kind, plural, isNamespaced }) => ({
  group,
  version: versions[group] ?? 'v1',
  kind,
  plural,
  isNamespaced,
  verbs,
  hasStatus: withStatus.has(kind),
}))

/** The kinds that a CustomResourceDefinition adds. */
export function customResources(definition: KubeObject): ResourceKind[] {
  const spec = definition['spec'] as {
    group: string
    scope: string
    names: { kind: string; plural: string }
    versions: { name: string; served: boolean; subresources?: { status?: unknown } }[]
  }
  return spec.versions
    .filter((version) => version.served)
    .map((version) => ({
      group: spec.group,
      version: version.name,
      kind: spec.names.kind,
      plural: spec.names.plural,
      isNamespaced: spec.scope === 'Namespaced',
      verbs,
      hasStatus: version.subresources?.status !== undefined,
    }))
}
