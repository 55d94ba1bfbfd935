import path from 'node:path'
import type { Cluster } from '../../environments/provider.ts'
import { KubeClient, readAccess } from '../base/kube-client.ts'
import { AuditWatch } from '../record/audit-watch.ts'
import type { GatewayEvent } from '../record/gateway-event.ts'
import { TimelineWriter } from '../record/timeline-writer.ts'
import { watchState } from '../record/watch-state.ts'
import { takeSnapshot } from '../state/take-snapshot.ts'
import type { Contract } from '../task/contract.ts'
import { confirmBroken } from './confirm-broken.ts'
import { identity, mintIdentity, revokeIdentity } from './identity.ts'
import { judge } from './judge.ts'
import { prepareCluster } from './prepare-cluster.ts'
import type { Found } from './run.ts'
import { TrialFault } from './trial-fault.ts'
import type { TrialSession } from './trial-session.ts'
import { watchInvariants } from './watch-invariants.ts'
import { verifyContext } from './verify-context.ts'
import { watchHealth } from './watch-health.ts'

/** A trial with a cluster of its own. */
export async function runOnCluster(session: TrialSession, contract: Contract): Promise<Found> {
  await using cluster = await session.step('prepare', () => prepare(session), 'environment')
  try {
    return await repairAndJudge(session, contract, cluster)
  } catch (error) {
    // when the cluster broke under a step, the cluster is to blame and not what the step complained of
    await throwIfBroken(session, cluster)
    throw error
  }
}

/** Everything that happens to a broken world, in order. */
async function repairAndJudge(session: TrialSession, contract: Contract, cluster: Cluster): Promise<Found> {
  const { task, store, provider, programs, verifiers, tools } = session.plan
  const { signal } = session
  using client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
  const eyes = { client, cluster, programs, taskDir: task.dir, signal }

  // a task that is not broken is an invalid trial, never a pass
  await session.step('confirm-broken', () => confirmBroken(session, contract, verifyContext(eyes)))

  // everything in the cluster, and from now on every request and change
  await using audit = watchAudit(session, cluster)
  const baseline = await session.step('baseline', () => takeSnapshot(client, { signal }))
  await store.writeJson(store.baseline, baseline)
  using timeline = new TimelineWriter({ dir: store.evidenceDir, recorder: session.recorder })
  const access = await readAccess(cluster.kubeconfig)
  await using watch = await watchState({ access, namespaces: task.namespaces, sink: timeline })

  // the agent's identity, the gateway, the agent
  await using gateway = await session.openGateway({ tools, kubectl: programs.kubectl }, (event) => {
    follow(event, audit, timeline)
  })
  const handOver = async (dir: string): Promise<void> => {
    const kubeconfig = path.join(dir, 'agent')
    const lifetimeSeconds = session.plan.budget.timeMs / 1000 + 600
    await mintIdentity(client, task.permissions, { kubeconfig, lifetimeSeconds })
    await gateway.handOver(kubeconfig)
  }
  await using health = watchHealth(cluster)
  const { lost } = health
  const invariants = watchInvariants(contract.invariants, verifyContext({ ...eyes, baseline }), verifiers)
  const agent = await session.step('agent', () => session.runAgent(gateway, { handOver, lost }), 'agent')
  const agentEndedAt = new Date()
  const held = await invariants.stop()
  await throwIfBroken(session, cluster)

  // nothing of the agent can act any more
  const requests = await session.step('revoke', async () => {
    await gateway.end('the trial is over')
    await revokeIdentity(client, task.permissions)
    return audit?.finish()
  })
  await throwIfBroken(session, cluster)

  // judged from outside, as admin, on the live cluster
  const judged = await session.step(
    'verify',
    () =>
      judge({
        contract,
        permissions: task.permissions,
        baseline,
        context: verifyContext({ ...eyes, baseline, agentEndedAt }),
        verifiers,
        audit: requests,
        held,
        auditFile: audit === undefined ? undefined : store.audit,
      }),
    'verifier',
  )
  for (const about of ['outcome', 'preservation', 'integrity'] as const) {
    session.recordVerdicts(about, judged.findings[about])
  }
  await throwIfBroken(session, cluster)

  // the evidence
  await session.step('collect', async () => {
    await watch.stop()
    await store.writeJson(store.endState, judged.endState)
    await store.writeJson(store.verdicts, { findings: judged.findings, judgement: judged.judgement })
  })
  return { findings: judged.findings, agent, details: { kubernetes: cluster.spec.kubernetes, provider: provider.name } }
}

function prepare(session: TrialSession): Promise<Cluster> {
  const { task, provider, verifiers, programs, store, takeCluster = prepareCluster } = session.plan
  const word = store.name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(-20)
  const name = `t${process.pid}-${word}`.replace(/-+$/, '')
  const onProgress = (line: string): void => store.log(line)
  return takeCluster({ task, provider, name, verifiers, programs, signal: session.signal, onProgress })
}

function watchAudit(session: TrialSession, cluster: Cluster): AuditWatch | undefined {
  if (cluster.auditLog === undefined) return undefined
  const { recorder } = session
  const { audit: copyTo } = session.plan.store
  return new AuditWatch({ file: cluster.auditLog, agentUsers: [identity.user], recorder, copyTo })
}

/** Tells the audit watch which request belongs to which call, and the timeline where each call lies. */
function follow(event: GatewayEvent, audit: AuditWatch | undefined, timeline: TimelineWriter): void {
  if (event.type === 'api-request') audit?.sent({ auditId: event.auditId, call: event.call })
  else if (event.type === 'tool-call-started') timeline.mark(event.call, 'start')
  else if (event.type === 'tool-call-finished') timeline.mark(event.call, 'end')
}

/** A cluster that lost a component says nothing about the agent. */
async function throwIfBroken(session: TrialSession, cluster: Cluster): Promise<void> {
  const broken = await cluster.brokenBecause()
  if (broken === undefined) return
  await cluster.collectLogs(session.plan.store.logsDir)
  throw new TrialFault('cluster', 'cluster-broken', broken)
}
