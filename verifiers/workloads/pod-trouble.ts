import type { KubeObject } from '../../harness/base/kube-client.ts'
import { fieldOf, listAt, objectAt, textAt } from '../../harness/state/json.ts'

/** Why a pod is not Ready, as the end of a sentence that begins with its name; undefined for a Ready one. */
export function troubleOf(pod: KubeObject): string | undefined {
  const conditions = listAt(pod, 'status', 'conditions')
  const condition = (type: string): unknown => conditions.find((one) => textAt(one, 'type') === type)
  if (pod.metadata.deletionTimestamp !== undefined) return 'is being deleted'
  if (textAt(condition('Ready'), 'status') === 'True') return undefined
  const phase = textAt(pod, 'status', 'phase')
  if (phase === 'Succeeded') return 'has ended'
  if (phase === 'Failed')
    return `has failed${withMessage(textAt(pod, 'status', 'reason'), textAt(pod, 'status', 'message'))}`
  const scheduled = condition('PodScheduled')
  if (textAt(scheduled, 'status') === 'False') {
    return `is not scheduled${withMessage(undefined, textAt(scheduled, 'message'))}`
  }
  const statuses = [...listAt(pod, 'status', 'initContainerStatuses'), ...listAt(pod, 'status', 'containerStatuses')]
  for (const status of statuses) {
    const trouble = troubleOfContainer(status)
    if (trouble !== undefined) return trouble
  }
  const notReady = listAt(pod, 'status', 'containerStatuses').filter((status) => fieldOf(status, 'ready') === false)
  const [first] = notReady
  if (first !== undefined) {
    const names = notReady.map((status) => textAt(status, 'name')).join(', ')
    const waits = textAt(first, 'state', 'waiting', 'reason')
    if (waits !== undefined) return `is starting: ${names} ${waits}`
    return `runs but is not ready: ${names} does not pass its readiness probe`
  }
  const gate = conditions.find((one) => textAt(one, 'status') === 'False')
  return `is ${phase ?? 'not running'}${withMessage(textAt(gate, 'reason'), textAt(gate, 'message'))}`
}

function troubleOfContainer(status: unknown): string | undefined {
  const name = textAt(status, 'name') ?? 'a container'
  const waiting = objectAt(status, 'state', 'waiting')
  const reason = textAt(waiting, 'reason')
  const last = endOf(objectAt(status, 'lastState', 'terminated'))
  if (reason === 'CrashLoopBackOff') return `keeps crashing: ${name} ${last ?? 'ended'}`
  if (reason !== undefined && reason !== 'ContainerCreating' && reason !== 'PodInitializing') {
    return `does not start: ${name} ${reason}${withMessage(undefined, textAt(waiting, 'message'))}`
  }
  const ended = endOf(objectAt(status, 'state', 'terminated'))
  if (ended !== undefined && fieldOf(status, 'state', 'terminated', 'exitCode') !== 0)
    return `crashed: ${name} ${ended}`
  return undefined
}

function endOf(terminated: Record<string, unknown>): string | undefined {
  const code = fieldOf(terminated, 'exitCode')
  if (code === undefined) return undefined
  const reason = textAt(terminated, 'reason')
  return `ended with ${JSON.stringify(code)}${reason === undefined || reason === 'Error' ? '' : ` (${reason})`}`
}

function withMessage(reason: string | undefined, message: string | undefined): string {
  const text = [reason, message?.trim().replaceAll(/\s+/g, ' ').slice(0, 200)].filter(Boolean).join(': ')
  return text === '' ? '' : ` (${text})`
}
