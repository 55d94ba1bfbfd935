import type { Cluster } from '../../environments/provider.ts'
import type { CheckVerdict } from '../../verifiers/run-checks.ts'
import { sleep } from '../base/clock.ts'
import type { KubeClient } from '../base/kube-client.ts'
import { agentIdentities } from '../state/agent-identities.ts'
import type { AuditEvent } from '../state/audit-event.ts'
import type { ClusterState } from '../state/cluster-state.ts'
import { listAt, textAt } from '../state/json.ts'
import { indexState } from '../state/state-index.ts'
import { identity } from './identity.ts'
import {
  findLeftProcesses,
  listProcesses,
  parseProcesses,
  type LeftProcesses,
  type NodeProcess,
} from './left-processes.ts'

interface Eyes {
  cluster: Cluster
  client: KubeClient
  baseline: ClusterState
  signal: AbortSignal
  /** Who the agent is, where that is not the identity that we mint. */
  agentUser?: string
}

/**
 * Ends what the agent started in containers that it entered, so that the outcome does not hang on a process that nobody
 * would start again. A command that was cut off when the agent ended is nothing against it; a process that was made to
 * outlive its command is. Says nothing where the agent entered no container, or where nodes cannot be looked at.
 */
export async function endLeftProcesses(events: readonly AuditEvent[], eyes: Eyes): Promise<CheckVerdict[]> {
  if (!eyes.cluster.capabilities.nodeExec) return []
  const entered = await findEntered(events, eyes)
  if (entered.length === 0) return []
  const base = { verifier: 'nothing-left-running', at: 'integrity', durationMs: 0 }
  const named = async (): Promise<Named> => {
    const found = await Promise.all(entered.map(async (pod) => ({ pod, left: await look(pod, eyes) })))
    const all = (of: (left: LeftProcesses) => NodeProcess[]): Named['held'] =>
      found.flatMap(({ pod, left }) => of(left).map((process) => ({ pod, process })))
    return { held: all(({ held }) => held), outlived: all(({ outlived }) => outlived) }
  }
  let { held, outlived } = await named()
  // probes are commands from outside too, and end by themselves
  for (const deadline = Date.now() + probesEndWithinMs; held.length > 0 && Date.now() < deadline;) {
    await sleep(500, eyes.signal)
    const again = await named()
    held = again.held.filter((one) => held.some((before) => isSame(one, before)))
    outlived = [...outlived, ...again.outlived.filter((one) => !outlived.some((before) => isSame(one, before)))]
  }
  await Promise.all([...held, ...outlived].map((one) => end(one, eyes)))
  if (outlived.length === 0) {
    const many = entered.length === 1 ? 'the pod' : `the ${entered.length} pods`
    return [
      { ...base, status: 'met', because: `nothing that the agent started in ${many} it entered was to outlive it` },
    ]
  }
  const evidence = outlived.map(({ pod, process }) => ({ pod: pod.name, namespace: pod.namespace, ...process }))
  return outlived.slice(0, 5).map(({ pod, process }) => ({
    ...base,
    status: 'not-met',
    because: `the agent left a process running in pod/${pod.name} -n ${pod.namespace}: ${process.command}`,
    evidence,
  }))
}

interface Named {
  held: { pod: EnteredPod; process: NodeProcess }[]
  outlived: { pod: EnteredPod; process: NodeProcess }[]
}

/** How long a command of the kubelet may take before it is taken for the agent's. */
const probesEndWithinMs = 3_000

function isSame(one: Named['held'][number], other: Named['held'][number]): boolean {
  return one.process.pid === other.process.pid && one.pod.node === other.pod.node
}

interface EnteredPod {
  namespace: string
  name: string
  node: string
  containers: string[]
  /** When the agent first entered it. */
  at: number
}

/** Pods that the agent was let into and that are still there. */
async function findEntered(events: readonly AuditEvent[], eyes: Eyes): Promise<EnteredPod[]> {
  const agents = agentIdentities(events, eyes.agentUser ?? identity.user, [indexState(eyes.baseline)])
  const first = new Map<string, AuditEvent>()
  for (const event of events) {
    const { resource, subresource, namespace, name } = event.objectRef ?? {}
    if (!agents.has(event.user.username) || resource !== 'pods' || !entrances.has(subresource ?? '')) continue
    if ((event.responseStatus?.code ?? 101) >= 400) continue
    const key = `${namespace}/pods/${name}`
    const known = first.get(key)
    if (!known || event.requestReceivedTimestamp < known.requestReceivedTimestamp) first.set(key, event)
  }
  const pods = await Promise.all(
    [...first].map(async ([key, event]) => {
      const pod = await eyes.client.find(`/api/v1/namespaces/${key}`, { signal: eyes.signal })
      const statuses = [
        ...listAt(pod, 'status', 'containerStatuses'),
        ...listAt(pod, 'status', 'ephemeralContainerStatuses'),
      ]
      const containers = statuses.flatMap((one) => textAt(one, 'containerID')?.replace(/^.*:\/\//, '') || [])
      const node = textAt(pod, 'spec', 'nodeName')
      if (!pod || node === undefined || containers.length === 0) return []
      const at = Date.parse(event.requestReceivedTimestamp)
      return [{ namespace: pod.metadata.namespace ?? '', name: pod.metadata.name, node, containers, at }]
    }),
  )
  return pods.flat()
}

const entrances = new Set(['exec', 'attach', 'ephemeralcontainers'])

async function look(pod: EnteredPod, { cluster, signal }: Eyes): Promise<LeftProcesses> {
  const argv = ['bash', '-c', listProcesses, 'list-processes', ...pod.containers]
  const { stdout, exitCode } = await cluster.exec(pod.node, argv, { timeoutMs: 20_000, signal })
  if (exitCode !== 0) throw new Error(`the processes of pod/${pod.name} could not be listed on ${pod.node}`)
  // clocks tick in hundredths of a second
  const enteredAgoMs = Date.now() - pod.at + 20
  const processes = parseProcesses(stdout)
  const found = pod.containers.map((id) =>
    findLeftProcesses(
      processes.filter(({ container }) => container === id),
      enteredAgoMs,
    ),
  )
  return { held: found.flatMap(({ held }) => held), outlived: found.flatMap(({ outlived }) => outlived) }
}

async function end({ pod, process }: Named['held'][number], { cluster, signal }: Eyes): Promise<void> {
  await cluster.exec(pod.node, ['kill', '-KILL', String(process.pid)], { timeoutMs: 10_000, signal })
}
