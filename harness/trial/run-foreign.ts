import { cp, mkdir, realpath, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { existsSync } from 'node:fs'
import type { CommandResult } from '../base/command.ts'
import { KubeClient } from '../base/kube-client.ts'
import { makeScratch } from '../base/scratch.ts'
import { planForeign, type ForeignPlan } from '../harbor/foreign-plan.ts'
import { AuditWatch } from '../record/audit-watch.ts'
import { TimelineWriter } from '../record/timeline-writer.ts'
import { watchState } from '../record/watch-state.ts'
import { readAccess } from '../base/kube-client.ts'
import { takeSnapshot } from '../state/take-snapshot.ts'
import { formatProblem } from '../task/problem.ts'
import { copyPlain } from './box-root.ts'
import { whoIs, rewriteKubeconfig } from './foreign-cluster.ts'
import { fetchImages } from './foreign-images.ts'
import { foreignSandbox, keepArtifacts } from './foreign-sandbox.ts'
import {
  forgetForeignWorld,
  openForeignWorld,
  readForeignKubeconfig,
  uidOf,
  type ForeignWorld,
  type ServiceSandbox,
} from './foreign-world.ts'
import { freeContract } from './free-contract.ts'
import { judge } from './judge.ts'
import { judgeByScript, type ScriptJudgement } from './judge-by-script.ts'
import type { TrialStore } from '../store/trial-store.ts'
import type { Found } from './run.ts'
import { agentStage, judgingScript, runStages, type StageEnd } from './run-stages.ts'
import { clusterNameOf, follow, throwIfBroken } from './run-on-cluster.ts'
import { runInSandbox } from './sandbox.ts'
import { readPort } from './script-access.ts'
import { TrialFault } from './trial-fault.ts'
import { multiplierOf } from './trial-plan.ts'
import type { TrialSession } from './trial-session.ts'
import { untilHealthcheck } from './until-healthcheck.ts'
import { verifyContext } from './verify-context.ts'
import { watchHealth } from './watch-health.ts'

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
      return { plan, place: await prepare(session, plan) }
    },
    'environment',
  )
  const { plan } = prepared
  await using place = prepared.place
  try {
    return await repairAndJudge(session, plan, place)
  } catch (error) {
    await throwIfBroken(session, place.world.cluster)
    throw error
  }
}

interface Place extends AsyncDisposable {
  world: ForeignWorld
  /** The agent's kubeconfig with the API server where it is on this machine, and who that is. */
  kubeconfig: string
  user: string
  dir: string
}

async function repairAndJudge(session: TrialSession, foreign: ForeignPlan, place: Place): Promise<Found> {
  const { provider, store } = session.plan
  const { world } = place
  const { cluster } = world
  for (const text of notesOn(foreign, cluster.spec.kubernetes)) session.recorder.record({ type: 'note', text })
  const own = await agentFiles(foreign, world, place.dir)
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

interface StageParts {
  session: TrialSession
  foreign: ForeignPlan
  place: Place
  own: AgentFiles
  timeline: TimelineWriter
}

type PlannedStage = ForeignPlan['stages'][number]

/** A task's one agent and verifier, or those of one of its steps. */
async function runStage(parts: StageParts, stage: PlannedStage, callPrefix: string): Promise<StageEnd> {
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
          onEnd: () => keepArtifacts(own.logs, store.agentDir),
        },
      }),
    'agent',
  )
  const agentEndedAt = new Date()
  await throwIfBroken(session, cluster)

  // nothing of the agent can act any more
  const requests = await session.step('revoke', async () => {
    await gateway.end(stage.step === undefined ? 'the trial is over' : `the step ${stage.step} is over`)
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
      return { judged: found, script: await verify(parts, stage) }
    },
    'verifier',
  )
  await throwIfBroken(session, cluster)

  await session.step('collect', async () => {
    await watch.stop()
    await store.writeJson(files.endState, judged.endState)
    await store.writeJson(files.judgement, judged.judgement)
    if (own.workspace !== undefined) {
      await copyPlain(own.workspace, path.join(store.artifactsDir, 'app'))
    }
    await collectArtifacts(session, stage, own)
  })
  return { agent, script, beside: judged.findings }
}

/** Where the evidence of a stage lies: that of steps beside each other. */
function evidenceOf(
  store: TrialStore,
  { step }: PlannedStage,
): Record<'audit' | 'baseline' | 'endState' | 'judgement', string> {
  const { evidenceDir } = store
  const judgement = path.join(evidenceDir, 'judgement.json')
  if (step === undefined) return { audit: store.audit, baseline: store.baseline, endState: store.endState, judgement }
  const own = (name: string): string => path.join(evidenceDir, `${step}-${name}`)
  return {
    audit: own('audit.jsonl'),
    baseline: own('baseline.json'),
    endState: own('end-state.json'),
    judgement: own('judgement.json'),
  }
}

/** Lays a step's files where main works, runs its setup with what main has, and waits until it is healthy. */
async function beginStep({ session, foreign, place, own }: StageParts, stage: PlannedStage): Promise<void> {
  const { world } = place
  const { workdir } = foreign.main.box
  const sandbox = as(stage.agentUser, await world.sandboxOf(foreign.main, own))
  const kubeconfig = world.hostPath(foreign.main, foreign.agentKubeconfig)
  const access = kubeconfig === undefined ? [] : [{ from: kubeconfig, to: foreign.agentKubeconfig, isWritable: true }]
  const inMain = { ...sandbox, mounts: [...sandbox.mounts, ...access] }
  if (stage.workdir !== undefined) {
    const target = own.placeOf(workdir)
    if (target === undefined) throw new TrialFault('task', 'no-workdir', `main has no folder ${workdir} for its steps`)
    await cp(stage.workdir, target, { recursive: true, force: true })
    // what a step brings is the agent's to see, and the verifier's after it
    if (foreign.workspace === workdir) own.workspace ??= target
    if (existsSync(path.join(stage.workdir, 'setup.sh'))) {
      const ran = await runInSandbox({
        ...inMain,
        cwd: workdir,
        argv: ['bash', path.posix.join(workdir, 'setup.sh')],
        timeoutMs:
          session.plan.task.toml.environment.build_timeout_sec * 1000 * multiplierOf(session.plan, 'environment'),
      })
      session.plan.store.log(`steps/${stage.step}/workdir/setup.sh said:\n${ran.stdout}${ran.stderr}`)
      if (ran.exitCode !== 0) {
        const how = ran.isTimedOut ? 'ran out of time' : `exited with ${ran.exitCode ?? 'no code'}`
        throw new TrialFault('task', 'setup-failed', `steps/${stage.step}/workdir/setup.sh ${how}: ${lastLine(ran)}`)
      }
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

async function prepare(session: TrialSession, foreign: ForeignPlan): Promise<Place> {
  const { plan, signal } = session
  if (!plan.provider.capabilities.apiServerNames) {
    throw new TrialFault(
      'harness',
      'provider',
      `clusters of ${plan.provider.name} cannot stand in for those of foreign tasks`,
    )
  }
  const options = { foreign, plan, name: clusterNameOf(plan.store), signal }
  const first = await openPlace(session, foreign, options)
  if (first.place) return first.place
  // tokens of a world that was kept for long may have run out
  if (first.isRestored) {
    await forgetForeignWorld(options)
    const second = await openPlace(session, foreign, options)
    if (second.place) return second.place
    throw new TrialFault('task', 'no-kubeconfig', second.problem)
  }
  throw new TrialFault('task', 'no-kubeconfig', first.problem)
}

type Opened = { place: Place } | { place?: undefined; problem: string; isRestored: boolean }

async function openPlace(
  session: TrialSession,
  foreign: ForeignPlan,
  options: Parameters<typeof openForeignWorld>[0],
): Promise<Opened> {
  const world = await openForeignWorld(options)
  const dir = await makeScratch('foreign-agent')
  const end = async (): Promise<void> => {
    await world[Symbol.asyncDispose]()
    await rm(dir, { recursive: true, force: true })
  }
  try {
    await world.startMain()
    await untilHealthy(session, foreign, world)
    const found = await findAgentAccess(foreign, world, dir)
    if ('user' in found) return { place: { world, dir, ...found, [Symbol.asyncDispose]: end } }
    await end()
    return { ...found, isRestored: world.isRestored }
  } catch (error) {
    await end()
    throw error
  }
}

/** The kubeconfig that the task's services left for the agent, rewritten to where the API server is. */
async function findAgentAccess(
  foreign: ForeignPlan,
  world: ForeignWorld,
  dir: string,
): Promise<{ kubeconfig: string; user: string } | { problem: string }> {
  const at = foreign.agentKubeconfig
  const file = world.hostPath(foreign.main, at)
  const text = file === undefined ? undefined : await readForeignKubeconfig(file)
  if (text === undefined)
    return { problem: `there is no kubeconfig at ${at} in main after the task's services have run` }
  const server = `https://127.0.0.1:${await readPort(world.cluster.kubeconfig)}`
  const rewritten = rewriteKubeconfig(text, server)
  if (typeof rewritten !== 'string') return { problem: `${at} in main: ${rewritten.problem}` }
  const kubeconfig = path.join(dir, 'kubeconfig')
  await writeFile(kubeconfig, rewritten, { mode: 0o600 })
  using admin = await KubeClient.fromKubeconfig(world.cluster.kubeconfig)
  const user = await whoIs(admin, kubeconfig)
  return user === undefined ? { problem: `the cluster does not know who ${at} in main is` } : { kubeconfig, user }
}

/** Harbor's own health check of main, where the task has one. */
async function untilHealthy(session: TrialSession, foreign: ForeignPlan, world: ForeignWorld): Promise<void> {
  const healthcheck = session.plan.task.toml.environment.healthcheck
  if (!healthcheck) return
  const ask = async (): Promise<CommandResult> =>
    runInSandbox({
      ...(await world.sandboxOf(foreign.main)),
      argv: ['bash', '-c', healthcheck.command],
      timeoutMs: healthcheck.timeout_sec * 1000,
    })
  await untilHealthcheck('environment', healthcheck, ask, session.signal)
}

/** Finds something out when it is first asked for. */
function once<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined
  return () => (found ??= find())
}

/** The sandbox for the user that a phase of the task names. */
function as(user: string | number | undefined, sandbox: ServiceSandbox): ServiceSandbox {
  return user === undefined ? sandbox : { ...sandbox, uid: uidOf(String(user)) }
}

/** What the task wants to be kept of main; best effort, as in Harbor. */
async function collectArtifacts({ plan }: TrialSession, stage: PlannedStage, own: AgentFiles): Promise<void> {
  const roots = await Promise.all([own.root, own.shared].map((dir) => realpath(dir).catch(() => dir)))
  for (const artifact of stage.artifacts) {
    const { source, service = 'main' } = typeof artifact === 'string' ? { source: artifact } : artifact
    if (service !== 'main' || !path.posix.isAbsolute(source)) continue
    const place = path.posix.normalize(source)
    // links of the agent's lead wherever it wants
    const from = await realpath(own.placeOf(place) ?? '').catch(() => undefined)
    const isOwn = from !== undefined && roots.some((root) => from === root || from.startsWith(`${root}/`))
    if (isOwn) await copyPlain(from, path.join(plan.store.artifactsDir, place))
    else plan.store.log(`artifact ${source}: main has no such file`)
  }
}

interface AgentFiles {
  /** Where the agent's copy of a file of main is; undefined for what lies nowhere on this machine. */
  placeOf: (place: string) => string | undefined
  /** Copies of main's own files and of what services share; whatever the agent does to them ends with them. */
  root: string
  shared: string
  logs: string
  workspace: string | undefined
}

async function agentFiles(foreign: ForeignPlan, world: ForeignWorld, dir: string): Promise<AgentFiles> {
  const copy = async (name: string, from: string | undefined): Promise<string> => {
    const to = path.join(dir, name)
    if (from !== undefined) await cp(from, to, { recursive: true, verbatimSymlinks: true })
    return to
  }
  const root = await copy('root', world.hostPath({ ...foreign.main, mounts: [] }, '/'))
  const shared = await copy('shared', world.shared)
  const logs = path.join(dir, 'logs')
  for (const name of ['agent', 'verifier', 'artifacts']) await mkdir(path.join(logs, name), { recursive: true })
  const inCopies = (place: string): string | undefined => {
    const file = world.hostPath(foreign.main, place)
    if (file === undefined) return undefined
    const isShared = file.startsWith(`${world.shared}/`)
    const base = isShared ? world.shared : (world.hostPath({ ...foreign.main, mounts: [] }, '/') ?? '')
    return path.join(isShared ? shared : root, path.relative(base, file))
  }
  // the token is the gateway's to know; file tools must not find it
  const kubeconfig = inCopies(foreign.agentKubeconfig)
  if (kubeconfig !== undefined) await writeFile(kubeconfig, '# the gateway has it\n')
  const workspace = foreign.workspace === undefined ? undefined : inCopies(foreign.workspace)
  const isThere = workspace !== undefined && (await stat(workspace).catch(() => undefined))?.isDirectory()
  return { placeOf: inCopies, root, shared, logs, workspace: isThere ? workspace : undefined }
}

/** The task's verifier in main as it was before the agent came, but for the files it was asked to repair. */
async function verify({ session, foreign, place, own }: StageParts, stage: PlannedStage): Promise<ScriptJudgement> {
  const { world } = place
  const sandbox = as(stage.verifier.user, await world.sandboxOf(foreign.main))
  const repaired =
    own.workspace === undefined || foreign.workspace === undefined
      ? []
      : [{ from: own.workspace, to: foreign.workspace, isWritable: true }]
  const kubeconfig = world.hostPath(foreign.main, foreign.agentKubeconfig)
  const access = kubeconfig === undefined ? [] : [{ from: kubeconfig, to: foreign.agentKubeconfig, isWritable: true }]
  const isInFiles = foreign.workspace !== undefined && foreign.agentKubeconfig.startsWith(`${foreign.workspace}/`)
  return judgeByScript(
    session.plan,
    {
      ...sandbox,
      mounts: [...sandbox.mounts, ...repaired, ...(isInFiles ? access : [])],
      env: { ...sandbox.env, ...stage.verifierEnvironment },
    },
    judgingScript(session, stage, own.workspace !== undefined),
  )
}

function lastLine({ stderr, stdout }: CommandResult): string {
  return (stderr || stdout).trim().split('\n').at(-1) ?? ''
}

function notesOn(foreign: ForeignPlan, kubernetes: string): string[] {
  const { version, minor } = foreign.cluster
  const asked = `the task asks for Kubernetes ${version ?? 'of no version'}`
  return [
    ...foreign.notes,
    minor === kubernetes ? `${asked}, and gets ${kubernetes}` : `${asked}, and gets ${kubernetes} in its place`,
  ]
}
