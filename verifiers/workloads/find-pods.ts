import type { KubeObject } from '../../harness/base/kube-client.ts'
import { fieldOf, isObject, listAt, objectAt, textAt } from '../../harness/state/json.ts'
import { findObject, nameOf } from '../objects/find-object.ts'
import { isVerdict, notMet, type Verdict, type VerifyContext } from '../verifier.ts'
import { troubleOf } from './pod-trouble.ts'

/** A workload and the pods that are its own, newest first; pods that are on their way out are left aside. */
export interface Workload {
  object: KubeObject
  /** As sentences name it: `deployment/web`. */
  name: string
  pods: KubeObject[]
}

/** A workload by its reference, `deployment/web`, with the pods it controls: a stray pod with its labels is not its own. */
export async function findWorkload(
  context: VerifyContext,
  reference: string,
  namespace: string,
): Promise<Workload | Verdict> {
  const object = await findObject(context, reference, namespace)
  if (isVerdict(object)) return object
  return { object, name: nameOf(object), pods: await podsOf(context, object) }
}

/** The pods of a workload that is at hand. */
export async function podsOf(context: VerifyContext, object: KubeObject): Promise<KubeObject[]> {
  if (object.kind === 'Pod') return isLeaving(object) ? [] : [object]
  const root = `/api/v1/namespaces/${object.metadata.namespace}/pods`
  const pods = await context.client.list(root, { signal: context.signal, query: querySelector(object) })
  const owners = await ownerUids(context, object)
  return pods
    .filter((pod) => !isLeaving(pod) && owners.has(controllerUid(pod) ?? ''))
    .toSorted((a, b) => createdAt(b) - createdAt(a) || (a.metadata.name < b.metadata.name ? -1 : 1))
}

/** A pod to look from: a running one, Ready before not Ready. Without one, the workload is what is broken. */
export function chooseRunning(workload: Workload): KubeObject | Verdict {
  const running = workload.pods.filter((pod) => fieldOf(pod, 'status', 'phase') === 'Running')
  const chosen = running.find(isReady) ?? running[0]
  if (chosen) return chosen
  const [pod] = workload.pods
  const why = pod === undefined ? 'it has no pods' : `pod/${pod.metadata.name} ${troubleOf(pod) ?? 'is not running'}`
  return notMet(`${workload.name} has no running pod: ${why}`)
}

export function isReady(pod: KubeObject): boolean {
  return listAt(pod, 'status', 'conditions').some(
    (condition) => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True',
  )
}

/** A label selector, of the object form or of a Service's plain map, as the API's query wants it. */
export function selectorText(selector: unknown): string {
  const labels = isObject(selector) && !('matchLabels' in selector) && !('matchExpressions' in selector)
  const equal = Object.entries(labels ? selector : objectAt(selector, 'matchLabels')).map(
    ([key, value]) => `${key}=${String(value)}`,
  )
  const expressions = listAt(selector, 'matchExpressions').map((expression) => {
    const key = textAt(expression, 'key') ?? ''
    const values = listAt(expression, 'values').join(',')
    switch (textAt(expression, 'operator')) {
      case 'In':
        return `${key} in (${values})`
      case 'NotIn':
        return `${key} notin (${values})`
      case 'DoesNotExist':
        return `!${key}`
      default:
        return key
    }
  })
  return [...equal, ...expressions].join(',')
}

function querySelector(object: KubeObject): { labelSelector?: string } {
  const text = selectorText(fieldOf(object, 'spec', 'selector') ?? {})
  return text === '' ? {} : { labelSelector: text }
}

/** The objects that control the pods: the workload itself, or what stands between it and them. */
async function ownerUids(context: VerifyContext, object: KubeObject): Promise<ReadonlySet<string>> {
  const between = { Deployment: 'apps/v1/replicasets', CronJob: 'batch/v1/jobs' }[object.kind]
  if (between === undefined) return new Set([object.metadata.uid ?? ''])
  const [group, version, plural] = between.split('/')
  const middle = await context.client.list(
    `/apis/${group}/${version}/namespaces/${object.metadata.namespace}/${plural}`,
    { signal: context.signal },
  )
  return new Set(
    middle.filter((one) => controllerUid(one) === object.metadata.uid).map((one) => one.metadata.uid ?? ''),
  )
}

function controllerUid(object: KubeObject): string | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller)?.uid
}

function isLeaving(pod: KubeObject): boolean {
  return pod.metadata.deletionTimestamp !== undefined
}

function createdAt(object: KubeObject): number {
  return Date.parse(object.metadata.creationTimestamp ?? '') || 0
}
