import path from 'node:path'
import type { Cluster } from '../../environments/provider.ts'
import { sleep, startTimer } from '../base/clock.ts'
import { KubeClient, readAccess } from '../base/kube-client.ts'
import type { GatewayOptions } from '../gateway/create-gateway.ts'
import { AuditWatch } from '../record/audit-watch.ts'
import type { GatewayEvent } from '../record/gateway-event.ts'
import { TimelineWriter } from '../record/timeline-writer.ts'
import { watchState } from '../record/watch-state.ts'
import { takeSnapshot } from '../state/take-snapshot.ts'
import type { TrialStore } from '../store/trial-store.ts'
import type { Contract } from '../task/contract.ts'
import { confirmBroken } from './confirm-broken.ts'
import { endLeftProcesses } from './end-left-processes.ts'
import { freeContract } from './free-contract.ts'
import { identity, mintIdentity, revokeIdentity } from './identity.ts'
import { judge, readEvents } from './judge.ts'
import { judgeByScript, ownScriptSandbox, type ScriptJudgement } from './judge-by-script.ts'
import { prepareCluster } from './prepare-cluster.ts'
import type { Found } from './run.ts'
import { TrialFault } from './trial-fault.ts'
import type { TrialSession } from './trial-session.ts'
import { watchAnswer } from './watch-answer.ts'
import { watchInvariants } from './watch-invariants.ts'
import { verifyContext } from './verify-context.ts'
import { watchHealth } from './watch-health.ts'

/** A trial with a cluster of its own. */
export async function runOnCluster(session: TrialSession, contract: Contract | undefined): Promise<Found> {
  await using cluster = await session.step('prepare', () => prepare(session), 'environment')
  try {
    return await repairAndJudge(session, contract, cluster)
  } catch (error) {
    await blameCluster(session, cluster)
    throw error
  }
}

/** Everything that happens to a broken world, in order. */
async function repairAndJudge(session: TrialSession, given: Contract | undefined, cluster: Cluster): Promise<Found> {
  const { task, store, provider, programs, verifiers, tools, patience } = session.plan
  using client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
  // nobody waits for the answer of a cluster that lost a component
  await using health = watchHealth(cluster)
  const { lost } = health
  const signal = AbortSignal.any([session.signal, lost])
  const eyes = { client, cluster, programs, taskDir: task.dir, signal }

  // every request from now on, and everything in the cluster; meanwhile the checks look at the broken world, which they
  // leave as it is: a task that is not broken is an invalid trial, never a pass
  await using audit = watchAudit(session, cluster)
  const [baseline] = await Promise.all([
    session.step('baseline', () => takeSnapshot(client, { signal })),
    given && session.step('confirm-broken', () => confirmBroken(session, given, verifyContext(eyes))),
  ])
  await store.writeJson(store.baseline, baseline)
  const contract = given ?? freeContract(baseline)
  using timeline = new TimelineWriter({ dir: store.evidenceDir, recorder: session.recorder })
  const access = await readAccess(cluster.kubeconfig)
  await using watch = await watchState({ access, namespaces: task.namespaces, sink: timeline })

  // the agent's identity, the gateway, the agent
  const answer = await watchAnswer(task)
  await using gateway = await session.openGateway(
    { tools, kubectl: programs.kubectl, ...gatewayOptions(session) },
    (event) => {
      follow(event, audit, timeline)
      answer.saw(event)
    },
  )
  const handOver = async (dir: string): Promise<void> => {
    const kubeconfig = path.join(dir, 'agent')
    const lifetimeSeconds = session.plan.budget.timeMs / 1000 + 600
    await mintIdentity(client, task.permissions, { kubeconfig, lifetimeSeconds, signal })
    await gateway.handOver(kubeconfig)
  }
  const invariants = watchInvariants(contract.invariants, verifyContext({ ...eyes, baseline }), verifiers)
  const agent = await session.step('agent', () => session.runAgent(gateway, { handOver, lost }), 'agent')
  const agentEndedAt = new Date()
  const held = await invariants.stop()
  await throwIfBroken(session, cluster)

  // nothing of the agent can act any more
  const auditFile = audit === undefined ? undefined : store.audit
  const { requests, left } = await session.step('revoke', async () => {
    await gateway.end('the trial is over')
    await revokeIdentity(client, task.permissions, signal)
    const summary = await audit?.finish()
    return { requests: summary, left: await endLeftProcesses(await readEvents(auditFile), { ...eyes, baseline }) }
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
        honest: [answer.verdict(), ...left],
        auditFile,
        ...(patience === undefined ? {} : { patience }),
      }),
    'verifier',
  )
  const script = given ? undefined : await session.step('verify-script', () => askScript(session, cluster))
  if (script) judged.findings.outcome = [script.verdict]
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
  return {
    findings: judged.findings,
    agent,
    ...(script ? { rewards: script.rewards } : {}),
    details: { kubernetes: cluster.spec.kubernetes, provider: provider.name },
  }
}

function gatewayOptions({ plan }: TrialSession): Partial<GatewayOptions> {
  return {
    ...(plan.mcpServer === undefined ? {} : { mcpServer: { argv: plan.mcpServer } }),
    ...(plan.gatewayLimits === undefined ? {} : { limits: plan.gatewayLimits }),
  }
}

/** The task's own script, as the cluster's admin: the judge where there is no contract. */
async function askScript(session: TrialSession, cluster: Cluster): Promise<ScriptJudgement> {
  const at = { kubeconfig: cluster.kubeconfig }
  await using sandbox = await ownScriptSandbox(session.plan, at, session.signal)
  return await judgeByScript(session.plan, sandbox.options)
}

function prepare(session: TrialSession): Promise<Cluster> {
  const { task, provider, verifiers, programs, store, takeCluster = prepareCluster } = session.plan
  const name = clusterNameOf(store)
  const onProgress = (line: string): void => store.log(line)
  return takeCluster({ task, provider, name, verifiers, programs, signal: session.signal, onProgress })
}

/** What a trial's cluster is called. */
export function clusterNameOf(store: TrialStore): string {
  const word = store.name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(-20)
  return `t${process.pid}-${word}`.replace(/-+$/, '')
}

function watchAudit(session: TrialSession, cluster: Cluster): AuditWatch | undefined {
  if (cluster.auditLog === undefined) return undefined
  const { recorder } = session
  const { audit: copyTo } = session.plan.store
  return new AuditWatch({ file: cluster.auditLog, agentUsers: [identity.user], recorder, copyTo })
}

/** Tells the audit watch which request belongs to which call, and the timeline where each call lies. */
export function follow(event: GatewayEvent, audit: AuditWatch | undefined, timeline: TimelineWriter): void {
  if (event.type === 'api-request') audit?.sent({ auditId: event.auditId, call: event.call })
  else if (event.type === 'tool-call-started') timeline.mark(event.call, 'start')
  else if (event.type === 'tool-call-finished') timeline.mark(event.call, 'end')
}

/**
 * When the cluster broke under a step, the cluster is to blame and not what the step complained of. A component that was
 * killed hangs up some moments before it is gone.
 */
export async function blameCluster(session: TrialSession, cluster: Cluster): Promise<void> {
  const elapsed = startTimer()
  for (;;) {
    await throwIfBroken(session, cluster)
    if (session.signal.aborted || elapsed() > 1_000) return
    await sleep(50)
  }
}

/** A cluster that lost a component says nothing about the agent. */
export async function throwIfBroken(session: TrialSession, cluster: Cluster): Promise<void> {
  const broken = await cluster.brokenBecause()
  if (broken === undefined) return
  await cluster.collectLogs(session.plan.store.logsDir)
  throw new TrialFault('cluster', 'cluster-broken', broken)
}
