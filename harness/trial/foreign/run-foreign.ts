import { existsSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import path from 'node:path'
import type { CommandResult } from '../../base/command.ts'
import { once } from '../../base/once.ts'
import { KubeClient, readAccess } from '../../base/kube-client.ts'
import { planForeign, type ForeignPlan, type ForeignStage } from '../../harbor/foreign-plan.ts'
import { AuditWatch } from '../../record/audit-watch.ts'
import { TimelineWriter } from '../../record/timeline-writer.ts'
import { watchState } from '../../record/watch-state.ts'
import { takeSnapshot } from '../../state/take-snapshot.ts'
import { formatProblem } from '../../task/problem.ts'
import { copyPlain } from './box-root.ts'
import { copyForAgent, type AgentFiles } from './agent-files.ts'
import type { ArtifactFile } from './artifact-folder.ts'
import { collectFromServices } from './collect-from-services.ts'
import { fetchImages } from './images.ts'
import { foreignSandbox } from './sandbox.ts'
import { accessAt, openForeignPlace, type ForeignPlace } from './place.ts'
import { uidOf, type ServiceSandbox } from './world.ts'
import { freeContract } from '../free-contract.ts'
import { judge } from '../judge.ts'
import { judgeByScript, type ScriptJudgement } from '../judge-by-script.ts'
import type { TrialStore } from '../../store/trial-store.ts'
import type { Found } from '../run.ts'
import { agentStage, judgingScript, runStages, setUpStep, whyOver, type StageEnd } from './run-stages.ts'
import { blameCluster, follow, throwIfBroken } from '../run-on-cluster.ts'
import { runInSandbox } from '../sandbox.ts'
import { TrialFault } from '../trial-fault.ts'
import type { TrialSession } from '../trial-session.ts'
import { untilHealthcheck } from './until-healthcheck.ts'
import { verifyElsewhere } from './verify-elsewhere.ts'
import { verifyContext } from '../verify-context.ts'
import { watchHealth } from '../watch-health.ts'

/** A trial of a task that somebody else wrote: their services, their permissions, their verifier; our cluster, gateway and eyes. */
export async function runForeign(session: TrialSession): Promise<Found> {
  const { programs, task } = session.plan
  const docker = once(async () => programs.findDocker?.())
  const { plan: planned, problems } = await planForeign(
    task,
    process.env,
    async () => 'docker' in ((await docker()) ?? {}),
  )
  if (!planned) throw new TrialFault('task', 'not-mapped', problems.map(formatProblem).join('; '))
  const prepared = await session.step(
    'prepare',
    async () => {
      const plan = await fetchImages(session, planned, await docker())
      return { plan, place: await openForeignPlace(session, plan) }
    },
    'environment',
  )
  const { plan } = prepared
  await using place = prepared.place
  try {
    return await repairAndJudge(session, plan, place)
  } catch (error) {
    await blameCluster(session, place.world.cluster)
    throw error
  }
}

async function repairAndJudge(session: TrialSession, foreign: ForeignPlan, place: ForeignPlace): Promise<Found> {
  const { provider, store } = session.plan
  const { world } = place
  const { cluster } = world
  for (const text of notesOn(foreign, cluster.spec.kubernetes)) session.recorder.record({ type: 'note', text })
  const own = await copyForAgent(foreign, world, place.dir)
  using timeline = new TimelineWriter({ dir: store.evidenceDir, recorder: session.recorder })
  const found = await runStages(session, foreign.stages, (stage, callPrefix) =>
    runStage({ session, foreign, place, own, timeline }, stage, callPrefix),
  )
  await store.writeJson(store.verdicts, { findings: found.findings })
  return {
    ...found,
    details: {
      kubernetes: cluster.spec.kubernetes,
      kubernetesAskedFor: foreign.cluster.version ?? null,
      provider: provider.name,
      isRestored: world.isRestored,
    },
  }
}

export interface StageParts {
  session: TrialSession
  foreign: ForeignPlan
  place: ForeignPlace
  own: AgentFiles
  timeline: TimelineWriter
}

/** A task's one agent and verifier, or those of one of its steps. */
async function runStage(parts: StageParts, stage: ForeignStage, callPrefix: string): Promise<StageEnd> {
  const { session, foreign, place, own, timeline } = parts
  const { plan } = session
  const { task, store, programs, verifiers, tools } = plan
  const { signal } = session
  const { world, user } = place
  const { cluster } = world
  using client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
  const eyes = { client, cluster, programs, taskDir: task.dir, signal }
  const files = evidenceOf(store, stage)
  if (stage.step !== undefined) await session.step('prepare', () => beginStep(parts, stage))

  // everything in the cluster, and from now on every request and change
  await using audit =
    cluster.auditLog === undefined
      ? undefined
      : new AuditWatch({
          file: cluster.auditLog,
          agentUsers: [user],
          recorder: session.recorder,
          copyTo: files.audit,
          // health checks, setups and verifiers of earlier steps use what the agent has
          since: new Date(),
        })
  const baseline = await session.step('baseline', () => takeSnapshot(client, { signal }))
  await store.writeJson(files.baseline, baseline)
  const contract = freeContract(baseline)
  const namespaces = Object.keys(contract.mayChange).map((selector) => selector.replace(/^.* -n /, ''))
  await using watch = await watchState({ access: await readAccess(cluster.kubeconfig), namespaces, sink: timeline })

  // the agent gets what the task's kubeconfig may do, through the gateway, and files of its own
  const workspace = own.workspace === undefined ? {} : { workspace: own.workspace }
  const options = { tools, kubectl: programs.kubectl, callPrefix, ...workspace }
  await using gateway = await session.openGateway(options, (event) => {
    follow(event, audit, timeline)
  })
  await using health = watchHealth(cluster)
  const sandbox = as(stage.agentUser, await world.sandboxOf(foreign.main, own))
  const agent = await session.step(
    'agent',
    () =>
      session.runAgent(gateway, {
        handOver: () => gateway.handOver(place.kubeconfig),
        lost: health.lost,
        stage: agentStage(session, stage),
        scripts: {
          sandboxWith: foreignSandbox({
            main: sandbox,
            kubeconfig: foreign.agentKubeconfig,
            environment: foreign.solutionEnvironment,
            logs: own.logs,
          }),
        },
      }),
    'agent',
  )
  const agentEndedAt = new Date()
  await throwIfBroken(session, cluster)

  // nothing of the agent can act any more
  const requests = await session.step('revoke', async () => {
    await gateway.end(whyOver(stage))
    return audit?.finish()
  })
  const { judged, script } = await session.step(
    'verify',
    async () => {
      const found = await judge({
        contract,
        permissions: { cluster: [], namespaces: {} },
        baseline,
        context: verifyContext({ ...eyes, baseline, agentEndedAt }),
        verifiers,
        audit: requests,
        held: [],
        auditFile: audit === undefined ? undefined : files.audit,
        agentUser: user,
      })
      const collected = await collectFromServices(parts, stage)
      return { judged: found, script: await verify(parts, stage, collected) }
    },
    'verifier',
  )
  await throwIfBroken(session, cluster)

  await session.step('collect', async () => {
    await watch.stop()
    await store.writeJson(files.endState, judged.endState)
    await store.writeJson(files.judgement, judged.judgement)
    if (own.workspace !== undefined) await copyPlain(own.workspace, files.workspace)
  })
  return { agent, script, beside: judged.findings }
}

/** Where the evidence of a stage lies: that of steps beside each other. */
function evidenceOf(
  store: TrialStore,
  { step }: ForeignStage,
): Record<'audit' | 'baseline' | 'endState' | 'judgement' | 'workspace', string> {
  const { evidenceDir } = store
  const judgement = path.join(evidenceDir, 'judgement.json')
  const workspace = path.join(evidenceDir, 'workspace')
  if (step === undefined) {
    return { audit: store.audit, baseline: store.baseline, endState: store.endState, judgement, workspace }
  }
  const own = (name: string): string => path.join(evidenceDir, `${step}-${name}`)
  return {
    audit: own('audit.jsonl'),
    baseline: own('baseline.json'),
    endState: own('end-state.json'),
    judgement: own('judgement.json'),
    workspace: own('workspace'),
  }
}

/** Lays a step's files where main works, runs its setup with what main has, and waits until it is healthy. */
async function beginStep({ session, foreign, place, own }: StageParts, stage: ForeignStage): Promise<void> {
  const { world } = place
  const { workdir } = foreign.main.box
  const sandbox = as(stage.agentUser, await world.sandboxOf(foreign.main, own))
  const inMain = { ...sandbox, mounts: [...sandbox.mounts, ...accessAt(foreign, world, foreign.main)] }
  if (stage.workdir !== undefined) {
    const target = own.placeOf(workdir)
    if (target === undefined) throw new TrialFault('task', 'no-workdir', `main has no folder ${workdir} for its steps`)
    await cp(stage.workdir, target, { recursive: true, force: true })
    // what a step brings is the agent's to see, and the verifier's after it
    if (foreign.workspace === workdir) own.workspace ??= target
    if (existsSync(path.join(stage.workdir, 'setup.sh'))) {
      const argv = ['bash', path.posix.join(workdir, 'setup.sh')]
      await setUpStep(session, stage, (timeoutMs) => runInSandbox({ ...inMain, cwd: workdir, argv, timeoutMs }))
    }
  }
  if (stage.healthcheck) {
    const { healthcheck } = stage
    const ask = (): Promise<CommandResult> =>
      runInSandbox({
        ...inMain,
        argv: ['bash', '-c', healthcheck.command],
        timeoutMs: healthcheck.timeout_sec * 1000,
      })
    await untilHealthcheck(`steps/${stage.step}`, healthcheck, ask, session.signal)
  }
}

/** The sandbox for the user that a phase of the task names. */
function as(user: string | number | undefined, sandbox: ServiceSandbox): ServiceSandbox {
  return user === undefined ? sandbox : { ...sandbox, uid: uidOf(String(user)) }
}

/** The task's verifier in main as it was before the agent came, but for the files it was asked to repair. */
async function verify(parts: StageParts, stage: ForeignStage, files: ArtifactFile[]): Promise<ScriptJudgement> {
  const { session, foreign, place, own } = parts
  const { world } = place
  if (stage.verifierBox) return verifyElsewhere(session, stage, { box: stage.verifierBox, files })
  const sandbox = as(stage.verifier.user, await world.sandboxOf(foreign.main))
  const repaired =
    own.workspace === undefined || foreign.workspace === undefined
      ? []
      : [{ from: own.workspace, to: foreign.workspace, isWritable: true }]
  const isInFiles = foreign.workspace !== undefined && foreign.agentKubeconfig.startsWith(`${foreign.workspace}/`)
  return judgeByScript(
    session.plan,
    {
      ...sandbox,
      mounts: [...sandbox.mounts, ...repaired, ...(isInFiles ? accessAt(foreign, world, foreign.main) : [])],
      env: { ...sandbox.env, ...stage.verifierEnvironment },
    },
    judgingScript(session, stage, own.workspace !== undefined),
  )
}

function notesOn(foreign: ForeignPlan, kubernetes: string): string[] {
  const { version, minor } = foreign.cluster
  const asked = `the task asks for Kubernetes ${version ?? 'of no version'}`
  return [
    ...foreign.notes,
    minor === kubernetes ? `${asked}, and gets ${kubernetes}` : `${asked}, and gets ${kubernetes} in its place`,
  ]
}
