import { cp, mkdir, realpath, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { sleep } from '../base/clock.ts'
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
import { judgeByScript } from './judge-by-script.ts'
import type { Found } from './run.ts'
import { clusterNameOf, follow, throwIfBroken } from './run-on-cluster.ts'
import { runInSandbox } from './sandbox.ts'
import { readPort } from './script-access.ts'
import { TrialFault } from './trial-fault.ts'
import type { TrialSession } from './trial-session.ts'
import { verifyContext } from './verify-context.ts'
import { watchHealth } from './watch-health.ts'

/** A trial of a task that somebody else wrote: their services, their permissions, their verifier; our cluster, gateway and eyes. */
export async function runForeign(session: TrialSession): Promise<Found> {
  const { plan, problems } = await planForeign(session.plan.task)
  if (!plan) throw new TrialFault('task', 'not-mapped', problems.map(formatProblem).join('; '))
  await using place = await session.step('prepare', () => prepare(session, plan), 'environment')
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
  const { plan } = session
  const { task, store, provider, programs, verifiers, tools } = plan
  const { signal } = session
  const { world, user, dir } = place
  const { cluster } = world
  using client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
  const eyes = { client, cluster, programs, taskDir: task.dir, signal }
  for (const text of notesOn(foreign, cluster.spec.kubernetes)) session.recorder.record({ type: 'note', text })

  // everything in the cluster, and from now on every request and change
  await using audit =
    cluster.auditLog === undefined
      ? undefined
      : new AuditWatch({ file: cluster.auditLog, agentUsers: [user], recorder: session.recorder, copyTo: store.audit })
  const baseline = await session.step('baseline', () => takeSnapshot(client, { signal }))
  await store.writeJson(store.baseline, baseline)
  const contract = freeContract(baseline)
  const namespaces = Object.keys(contract.mayChange).map((selector) => selector.replace(/^.* -n /, ''))
  using timeline = new TimelineWriter({ dir: store.evidenceDir, recorder: session.recorder })
  await using watch = await watchState({ access: await readAccess(cluster.kubeconfig), namespaces, sink: timeline })

  // the agent gets what the task's kubeconfig may do, through the gateway, and files of its own
  const own = await agentFiles(foreign, world, dir)
  const workspace = own.workspace === undefined ? {} : { workspace: own.workspace }
  await using gateway = await session.openGateway({ tools, kubectl: programs.kubectl, ...workspace }, (event) => {
    follow(event, audit, timeline)
  })
  await using health = watchHealth(cluster)
  const sandbox = as(task.toml.agent.user, await world.sandboxOf(foreign.main, own))
  const agent = await session.step(
    'agent',
    () =>
      session.runAgent(gateway, {
        handOver: () => gateway.handOver(place.kubeconfig),
        lost: health.lost,
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
    await gateway.end('the trial is over')
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
        auditFile: audit === undefined ? undefined : store.audit,
        agentUser: user,
      })
      return { judged: found, script: await verify(session, foreign, place, own) }
    },
    'verifier',
  )
  const findings = { ...judged.findings, outcome: [script.verdict] }
  for (const about of ['outcome', 'preservation', 'integrity'] as const) session.recordVerdicts(about, findings[about])
  await throwIfBroken(session, cluster)

  await session.step('collect', async () => {
    await watch.stop()
    await store.writeJson(store.endState, judged.endState)
    await store.writeJson(store.verdicts, { findings, judgement: judged.judgement })
    if (own.workspace !== undefined) {
      await copyPlain(own.workspace, path.join(store.artifactsDir, 'app'))
    }
    await collectArtifacts(session, own)
  })
  return {
    findings,
    agent,
    rewards: script.rewards,
    details: {
      kubernetes: cluster.spec.kubernetes,
      kubernetesAskedFor: foreign.cluster.version ?? null,
      provider: provider.name,
      isRestored: world.isRestored,
    },
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
  const startedAt = Date.now()
  for (let failures = 0; ;) {
    const looked = await runInSandbox({
      ...(await world.sandboxOf(foreign.main)),
      argv: ['bash', '-c', healthcheck.command],
      timeoutMs: healthcheck.timeout_sec * 1000,
    })
    if (looked.exitCode === 0) return
    const isStarting = Date.now() - startedAt < healthcheck.start_period_sec * 1000
    if (!isStarting && ++failures >= healthcheck.retries) {
      throw new TrialFault(
        'task',
        'unhealthy',
        `environment.healthcheck fails: ${(looked.stderr || looked.stdout).trim().split('\n').at(-1)}`,
      )
    }
    await sleep((isStarting ? healthcheck.start_interval_sec : healthcheck.interval_sec) * 1000, session.signal)
  }
}

/** The sandbox for the user that a phase of the task names. */
function as(user: string | number | undefined, sandbox: ServiceSandbox): ServiceSandbox {
  return user === undefined ? sandbox : { ...sandbox, uid: uidOf(String(user)) }
}

/** What the task wants to be kept of main; best effort, as in Harbor. */
async function collectArtifacts({ plan }: TrialSession, own: AgentFiles): Promise<void> {
  const roots = await Promise.all([own.root, own.shared].map((dir) => realpath(dir).catch(() => dir)))
  for (const artifact of plan.task.toml.artifacts) {
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
async function verify(
  session: TrialSession,
  foreign: ForeignPlan,
  { world }: Place,
  own: AgentFiles,
): ReturnType<typeof judgeByScript> {
  const sandbox = as(session.plan.task.toml.verifier.user, await world.sandboxOf(foreign.main))
  const repaired =
    own.workspace === undefined || foreign.workspace === undefined
      ? []
      : [{ from: own.workspace, to: foreign.workspace, isWritable: true }]
  const kubeconfig = world.hostPath(foreign.main, foreign.agentKubeconfig)
  const access = kubeconfig === undefined ? [] : [{ from: kubeconfig, to: foreign.agentKubeconfig, isWritable: true }]
  const isInFiles = foreign.workspace !== undefined && foreign.agentKubeconfig.startsWith(`${foreign.workspace}/`)
  return judgeByScript(session.plan, {
    ...sandbox,
    mounts: [...sandbox.mounts, ...repaired, ...(isInFiles ? access : [])],
    env: { ...sandbox.env, ...foreign.verifierEnvironment },
  })
}

function notesOn(foreign: ForeignPlan, kubernetes: string): string[] {
  const { version, minor } = foreign.cluster
  const asked = `the task asks for Kubernetes ${version ?? 'of no version'}`
  return [
    ...foreign.notes,
    minor === kubernetes ? `${asked}, and gets ${kubernetes}` : `${asked}, and gets ${kubernetes} in its place`,
  ]
}
