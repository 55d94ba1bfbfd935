import type { KubeObject } from '../../harness/base/kube-client.ts'
import { findKind } from '../../harness/base/kube-kinds.ts'
import { idOf, type ClusterState, type ObjectId } from '../../harness/state/cluster-state.ts'
import { parseSelector, selects } from '../../harness/state/object-selector.ts'
import { splitReference } from '../objects/find-object.ts'
import { notMet, unknown, type Verdict, type VerifyContext } from '../verifier.ts'

/** Everything as it was before the agent began; unknown where nobody has looked. */
export function stateBefore(context: VerifyContext): ClusterState | Verdict {
  return context.baseline ?? unknown('how the cluster was before is not known here')
}

/** The objects that were there before and that any of the selectors means. */
export function selectBefore(state: ClusterState, selectors: readonly string[]): KubeObject[] {
  const parsed = selectors.map(parseSelector)
  return state.objects.filter((object) => parsed.some((selector) => selects(selector, idOf(object))))
}

/** The pods that a workload had before, or all of a namespace. */
export function podsBefore(
  state: ClusterState,
  namespace: string,
  workload: string | undefined,
): KubeObject[] | Verdict {
  const inNamespace = state.objects.filter((object) => object.metadata.namespace === namespace)
  const pods = inNamespace.filter((object) => object.kind === 'Pod' && object.apiVersion === 'v1')
  if (workload === undefined) return pods
  const { word, name } = splitReference(workload)
  const kind = findKind(word)?.kind
  const root = inNamespace.find((object) => object.kind === kind && object.metadata.name === name)
  if (!root) return notMet(`there was no ${workload} in namespace ${namespace} before`)
  const byUid = new Map(inNamespace.map((object) => [object.metadata.uid, object]))
  const belongs = (object: KubeObject | undefined): boolean =>
    object !== undefined &&
    (object === root || belongs(byUid.get(object.metadata.ownerReferences?.find((owner) => owner.controller)?.uid)))
  return pods.filter(belongs)
}

/** The same object now, or undefined; one of the same name that was made anew is there, with another UID. */
export async function findNow(context: VerifyContext, before: KubeObject): Promise<KubeObject | undefined> {
  return context.client.find(await context.client.pathOf(before), { signal: context.signal })
}

/** An object in sentences, with its namespace. */
export function printObject(object: KubeObject): string {
  const { kind, name, namespace }: ObjectId = idOf(object)
  return `${kind.toLowerCase()}/${name}${namespace === undefined ? '' : ` -n ${namespace}`}`
}
