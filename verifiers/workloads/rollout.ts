import type { KubeObject } from '../../harness/base/kube-client.ts'
import { fieldOf, listAt, textAt } from '../../harness/state/json.ts'
import { notMet, type Verdict, type VerifyContext } from '../verifier.ts'
import { nameOf } from '../objects/find-object.ts'
import { podsOf } from './find-pods.ts'
import { troubleOf } from './pod-trouble.ts'

/** Reads a count of a status; the API leaves zeros out. */
export function countAt(object: KubeObject, field: string): number {
  const value = fieldOf(object, 'status', field)
  return typeof value === 'number' ? value : 0
}

/** Whether the controller has not seen the newest spec yet. */
export function isBehind(object: KubeObject): boolean {
  return countAt(object, 'observedGeneration') < (object.metadata.generation ?? 0)
}

/** What the evidence of a rollout is: its counts. */
export function countsOf(object: KubeObject, fields: readonly string[]): Record<string, unknown> {
  return {
    wanted: fieldOf(object, 'spec', 'replicas'),
    ...Object.fromEntries(fields.map((field) => [field, countAt(object, field)])),
  }
}

/** Not met, with what its pods, or the controller that cannot make them, say about why. */
export async function notRolledOut(
  context: VerifyContext,
  object: KubeObject,
  what: string,
  evidence: Record<string, unknown>,
): Promise<Verdict> {
  const pods = await podsOf(context, object)
  const troubles = pods.flatMap((pod) => {
    const trouble = troubleOf(pod)
    return trouble === undefined ? [] : [`pod/${pod.metadata.name} ${trouble}`]
  })
  const failure = listAt(object, 'status', 'conditions').find(
    (condition) => textAt(condition, 'type') === 'ReplicaFailure' && textAt(condition, 'status') === 'True',
  )
  const reasons = [...(failure ? [textAt(failure, 'message') ?? 'its pods cannot be made'] : []), ...troubles]
  const why =
    reasons.length === 0 ? '' : `: ${reasons[0]}${reasons.length > 1 ? ` (and ${reasons.length - 1} more)` : ''}`
  return notMet(`${nameOf(object)} ${what}${why}`, {
    ...evidence,
    ...(reasons.length > 0 ? { pods: reasons.slice(0, 5) } : {}),
  })
}
