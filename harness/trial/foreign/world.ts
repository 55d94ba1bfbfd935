import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Cluster, ClusterSpec } from '../../../environments/provider.ts'
import { cached, cachedDir, keyOf } from '../../base/cache.ts'
import { sleep } from '../../base/clock.ts'
import type { CommandResult } from '../../base/command.ts'
import { KubemendError } from '../../base/errors.ts'
import { KubeClient } from '../../base/kube-client.ts'
import { makeScratch } from '../../base/scratch.ts'
import type { ForeignPlan, ForeignService } from '../../harbor/foreign-plan.ts'
import { isIdle } from '../../harbor/foreign-plan.ts'
import { applyOwnManifests } from './apply-own-manifests.ts'
import { layOutBox, mountsOfRoot, writeInBox } from './box-root.ts'
import { adaptCluster, foreignAdminKubeconfig } from './cluster.ts'
import { runInSandbox, type SandboxOptions, type SandboxPort } from '../sandbox.ts'
import { openServiceNetwork, type ServiceNetwork } from './service-network.ts'
import { readPort } from '../script-access.ts'
import { tellWhenIdle } from './tell-when-idle.ts'
import { TrialFault } from '../trial-fault.ts'
import { multiplierOf, type TrialPlan } from '../trial-plan.ts'
import { digestFiles } from '../workspace-files.ts'

export interface ForeignWorldOptions {
  foreign: ForeignPlan
  plan: TrialPlan
  /** The trial's cluster name. */
  name: string
  signal: AbortSignal
}

/** A cluster in the state that the task's own services left it in, and the files they share. */
export interface ForeignWorld extends AsyncDisposable {
  readonly cluster: Cluster
  /** Whether it was made earlier and brought back. */
  readonly isRestored: boolean
  /** The folder that a service's path lies in: of a shared volume, or of its own files. */
  hostPath(service: ForeignService, place: string): string | undefined
  /** Everything a sandbox needs to be one of the services. Folders given here stand in for the world's own. */
  sandboxOf(service: ForeignService, stand?: { root?: string; shared?: string }): Promise<ServiceSandbox>
  /** Runs what main does before it waits for somebody to work in it; answers when it waits. */
  startMain(): Promise<void>
  /** The folder with what services share, volumes and mounts of the task's folder. */
  readonly shared: string
}

export type ServiceSandbox = Omit<SandboxOptions, 'argv' | 'timeoutMs'>

/**
 * The task's cluster, ready for the agent: made by running its services once, kept, and restored for each trial where
 * the provider can and nothing of the task keeps running beside the cluster.
 */
export async function openForeignWorld(options: ForeignWorldOptions): Promise<ForeignWorld> {
  const { foreign, plan } = options
  const isLasting = foreign.services.every(({ isOneShot, argv }) => isOneShot || isIdle(argv))
  if (!isLasting || !plan.provider.capabilities.snapshots) return buildWorld(options, options.name)
  const key = await worldKey(options)
  for (let isSecond = false; ; isSecond = true) {
    const kept = await cached('foreign-worlds', key, (dir) => buildSnapshot(options, key, dir))
    if (!isSecond && !(await plan.provider.hasSnapshot(key))) {
      await rm(cachedDir('foreign-worlds', key), { recursive: true, force: true })
      continue
    }
    return restoreWorld(options, key, kept)
  }
}

/** Forgets a kept world that turned out to be stale. */
export async function forgetForeignWorld(options: ForeignWorldOptions): Promise<void> {
  await rm(cachedDir('foreign-worlds', await worldKey(options)), { recursive: true, force: true })
}

async function worldKey({ foreign, plan }: ForeignWorldOptions): Promise<string> {
  return keyOf({
    format: 1,
    provider: plan.provider.name,
    spec: specOf(foreign, plan, 'any'),
    files: await digestFiles(foreign.environmentDir),
    main: foreign.main.box.environment,
    ...imagesOf(foreign),
  })
}

/** Images that Docker made, whose bases may have changed while the task did not. */
function imagesOf({ services, main }: ForeignPlan): { images?: string[] } {
  const images = [...services, main].flatMap(({ box }) => box.rootfs ?? [])
  return images.length === 0 ? {} : { images }
}

async function buildSnapshot(options: ForeignWorldOptions, key: string, dir: string): Promise<void> {
  const world = await buildWorld(options, `${options.name}-new`)
  await using _ = world
  await cp(world.shared, path.join(dir, 'shared'), { recursive: true, verbatimSymlinks: true })
  await world.cluster.snapshot(key)
}

async function restoreWorld(options: ForeignWorldOptions, key: string, kept: string): Promise<ForeignWorld> {
  const { plan, name, signal } = options
  const files = await layOut(options)
  try {
    await rm(files.shared, { recursive: true, force: true })
    await cp(path.join(kept, 'shared'), files.shared, { recursive: true, verbatimSymlinks: true })
    const cluster = await plan.provider.restore(key, name, {
      owner: 'this-process',
      signal,
      onProgress: (line) => plan.store.log(line),
    })
    return new World(options, cluster, files, true)
  } catch (error) {
    await rm(files.dir, { recursive: true, force: true })
    throw error
  }
}

async function buildWorld(options: ForeignWorldOptions, name: string): Promise<World> {
  const { foreign, plan } = options
  const files = await layOut(options)
  let cluster: Cluster | undefined
  try {
    cluster = await createCluster(options, specOf(foreign, plan, name))
    const world = new World(options, cluster, files, false)
    await world.prepare()
    return world
  } catch (error) {
    await cluster?.destroy()
    await rm(files.dir, { recursive: true, force: true })
    throw error
  }
}

/** In the minor that the task asks for, else in ours: a minor that only a download gives may be out of reach. */
async function createCluster({ plan, signal }: ForeignWorldOptions, spec: ClusterSpec): Promise<Cluster> {
  const create = (kubernetes: string): Promise<Cluster> =>
    plan.provider.create(
      { ...spec, kubernetes },
      { owner: 'this-process', signal, onProgress: (line) => plan.store.log(line) },
    )
  try {
    return await create(spec.kubernetes)
  } catch (error) {
    if (!(error instanceof KubemendError && error.code === 'download-only') || spec.kubernetes === defaultMinor)
      throw error
    plan.store.log(error.message)
    return create(defaultMinor)
  }
}

/** The cluster that stands in for the task's: its nodes and, where the provider has it, its Kubernetes minor. */
export function specOf(foreign: ForeignPlan, plan: TrialPlan, name: string): ClusterSpec {
  const { cluster, addons, images } = foreign
  const absent = new Set(plan.absentImages)
  return {
    name,
    kubernetes: minorFor(cluster.minor, plan.provider.capabilities.kubernetesVersions),
    nodes: cluster.nodes,
    addons,
    images: images.filter((image) => !absent.has(image)),
    apiServerNames: cluster.hostnames,
  }
}

function minorFor(wanted: string | undefined, has: readonly string[]): string {
  return wanted !== undefined && has.includes(wanted) ? wanted : defaultMinor
}

const defaultMinor = '1.35'

interface WorldFiles {
  dir: string
  /** A folder for each service, with its own files. */
  boxes: string
  shared: string
}

async function layOut({ foreign }: ForeignWorldOptions): Promise<WorldFiles> {
  const dir = await makeScratch('foreign')
  const files = { dir, boxes: path.join(dir, 'boxes'), shared: path.join(dir, 'shared') }
  for (const service of [...foreign.services, foreign.main]) {
    const root = path.join(files.boxes, service.name)
    await mkdir(root, { recursive: true })
    await layOutBox(service.box, root)
  }
  for (const volume of foreign.volumes) await mkdir(path.join(files.shared, 'volumes', volume), { recursive: true })
  await cp(foreign.environmentDir, path.join(files.shared, 'environment'), { recursive: true, verbatimSymlinks: true })
  for (const service of [...foreign.services, foreign.main]) await fillVolumes(files, service)
  return files
}

/** As in Docker: an empty volume begins with what the image has at its place. */
async function fillVolumes(files: WorldFiles, service: ForeignService): Promise<void> {
  for (const { kind, source, target } of service.mounts) {
    if (kind !== 'volume' || source === '') continue
    const volume = path.join(files.shared, 'volumes', source)
    const own = path.join(files.boxes, service.name, target)
    const entries = await readdir(own).catch((): string[] => [])
    if (entries.length > 0 && (await readdir(volume)).length === 0) {
      await cp(own, volume, { recursive: true, verbatimSymlinks: true })
    }
  }
}

class World implements ForeignWorld {
  readonly cluster: Cluster
  readonly isRestored: boolean
  readonly #options: ForeignWorldOptions
  readonly #files: WorldFiles
  readonly #end = new AbortController()
  readonly #running: Promise<unknown>[] = []
  readonly #networks = new Map<ForeignService, ServiceNetwork>()

  constructor(options: ForeignWorldOptions, cluster: Cluster, files: WorldFiles, isRestored: boolean) {
    this.#options = options
    this.cluster = cluster
    this.#files = files
    this.isRestored = isRestored
  }

  get shared(): string {
    return this.#files.shared
  }

  /** Gives the cluster what its distribution would bring, then lets the task's services do their work. */
  async prepare(): Promise<void> {
    const { foreign, plan, signal } = this.#options
    using client = await KubeClient.fromKubeconfig(this.cluster.kubeconfig)
    await adaptCluster(client, foreign, signal)
    const text = await foreignAdminKubeconfig(client, foreign)
    for (const place of foreign.cluster.kubeconfigs) await this.#leaveAdminKubeconfig(place, text)
    await applyOwnManifests({
      client,
      cluster: foreign.cluster,
      placeOf: (mount) => sourceOf(mount, this.#files.shared),
      signal,
    })
    for (const service of foreign.services) {
      if (isIdle(service.argv)) continue
      plan.store.log(`service ${service.name}: ${service.argv.join(' ')}`)
      if (service.isOneShot) await this.#runOneShot(service)
      else await this.#start(service)
    }
  }

  hostPath(service: ForeignService, place: string): string | undefined {
    const mount = service.mounts
      .filter(({ target }) => place === target || place.startsWith(`${target.replace(/\/$/, '')}/`))
      .toSorted((a, b) => b.target.length - a.target.length)[0]
    const own = path.join(this.#files.boxes, service.name)
    if (!mount) return path.join(own, place)
    const from = sourceOf(mount, this.#files.shared)
    return from === undefined ? undefined : path.join(from, path.posix.relative(mount.target, place))
  }

  async sandboxOf(service: ForeignService, stand: { root?: string; shared?: string } = {}): Promise<ServiceSandbox> {
    const { foreign, plan, signal } = this.#options
    const root = stand.root ?? path.join(this.#files.boxes, service.name)
    const shared = stand.shared ?? this.#files.shared
    const { workdir, user } = service.box
    const mounted = service.mounts.flatMap((mount) => {
      const from = sourceOf(mount, shared)
      return from === undefined ? [] : [{ from, to: mount.target, isWritable: !mount.isReadOnly }]
    })
    const inRoot = await mountsOfRoot(root)
    const isThere = workdir === '/' || [...inRoot, ...mounted].some(({ to }) => `${workdir}/`.startsWith(`${to}/`))
    return {
      mounts: [...inRoot, ...mounted],
      env: service.box.environment,
      ...(service.box.rootfs === undefined ? {} : { rootfs: service.box.rootfs }),
      cwd: isThere ? workdir : '/',
      programs: { kubectl: plan.programs.kubectl },
      ports: [
        { inside: foreign.cluster.port, outside: await readPort(this.cluster.kubeconfig) },
        ...(await this.#servicePorts()),
      ],
      hostnames: [...foreign.cluster.hostnames, ...[...this.#networks.keys()].flatMap(namesOf)],
      uid: uidOf(user),
      portal: plan.programs.portal,
      signal: AbortSignal.any([signal, this.#end.signal]),
    }
  }

  /** What the services that run listen on now. They share one address, so that of two on one port the first has it. */
  async #servicePorts(): Promise<Exclude<SandboxPort, number>[]> {
    const found = new Map<number, Exclude<SandboxPort, number>>()
    for (const [{ name }, network] of this.#networks) {
      for (const port of await network.ports()) {
        if (found.has(port.inside))
          this.#options.plan.store.log(`port ${port.inside}: ${name} is not the first with it`)
        else found.set(port.inside, port)
      }
    }
    return [...found.values()]
  }

  /** Starts a service that goes on; others reach what it listens on once it has a network. */
  async #runBeside(
    service: ForeignService,
    sandbox: ServiceSandbox,
    argv: string[],
  ): Promise<{ ended?: CommandResult }> {
    const { portal } = this.#options.plan.programs
    const given = (sandbox.ports ?? []).map((port) => (typeof port === 'number' ? port : port.inside))
    const running: { ended?: CommandResult } = {}
    const opened = Promise.withResolvers<ServiceNetwork>()
    const onNetwork = (pid: number): void =>
      void openServiceNetwork({ pid, portal, given }).then(opened.resolve, opened.reject)
    const run = async (): Promise<void> => {
      running.ended = await runInSandbox({ ...sandbox, argv, timeoutMs: longestMs, onNetwork })
      if (!this.#end.signal.aborted) await this.#keepLog(service, running.ended)
    }
    const over = run().catch(() => undefined)
    this.#running.push(over)
    const network = await Promise.race([opened.promise, over])
    if (network) this.#networks.set(service, network)
    return running
  }

  async #leaveAdminKubeconfig(place: string, text: string): Promise<void> {
    const { foreign } = this.#options
    const server = foreign.cluster.mounts.find(({ target }) => place.startsWith(`${target.replace(/\/$/, '')}/`))
    const from = server && sourceOf(server, this.#files.shared)
    if (server && from !== undefined) await writeInBox(from, path.posix.relative(server.target, place), text, 0o666)
  }

  async #runOneShot(service: ForeignService): Promise<void> {
    const { plan } = this.#options
    const result = await runInSandbox({
      ...(await this.sandboxOf(service)),
      argv: service.argv,
      timeoutMs: plan.task.toml.environment.build_timeout_sec * 1000 * multiplierOf(plan, 'environment'),
    })
    await this.#keepLog(service, result)
    plan.store.log(`service ${service.name} took ${(result.durationMs / 1000).toFixed(1)} s`)
    if (result.exitCode !== 0) throw new TrialFault('task', 'service-failed', wordFailure(service, result))
  }

  async #start(service: ForeignService): Promise<void> {
    const running = await this.#runBeside(service, await this.sandboxOf(service), service.argv)
    if (this.#isAwaitedHealthy(service)) await this.#untilHealthy(service, () => running.ended)
  }

  async startMain(): Promise<void> {
    const { foreign, plan, signal } = this.#options
    const { main } = foreign
    if (isIdle(main.argv)) return this.#untilHealthy(main, () => undefined)
    const door = path.join(this.#files.dir, 'main')
    await mkdir(door)
    const sandbox = await this.sandboxOf(main)
    const mounts = [...sandbox.mounts, { from: door, to: '/run/main', isWritable: true }]
    const startedAt = Date.now()
    const argv = tellWhenIdle(main.argv, 'touch /run/main/waits')
    const running = await this.#runBeside(main, { ...sandbox, mounts }, argv)
    const throwIfEnded = (): void => {
      if (running.ended) throw new TrialFault('task', 'main-ended', wordFailure(main, running.ended))
    }
    if (main.compose?.healthcheck) await this.#untilHealthy(main, () => running.ended)
    else {
      // who never gets to its idle command is, like in Docker, waited for no longer
      while (!existsSync(path.join(door, 'waits')) && Date.now() - startedAt < longestSetupMs) {
        throwIfEnded()
        await sleep(100, signal)
      }
    }
    throwIfEnded()
    plan.store.log(`main: ${main.argv.join(' ')}: waits after ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
  }

  async #untilHealthy(service: ForeignService, ended: () => CommandResult | undefined): Promise<void> {
    const healthcheck = service.compose?.healthcheck
    if (!healthcheck) return
    const { argv, intervalMs, timeoutMs, startPeriodMs, retries } = healthcheck
    const deadline = Date.now() + startPeriodMs + retries * intervalMs + 30_000
    for (;;) {
      const looked = await runInSandbox({ ...(await this.sandboxOf(service)), argv, timeoutMs })
      if (looked.exitCode === 0) return
      const end = ended()
      if (end) throw new TrialFault('task', 'service-failed', wordFailure(service, end))
      if (Date.now() > deadline) {
        const because = `service ${service.name} did not become healthy: ${lastWords(looked)}`
        throw new TrialFault('task', 'service-unhealthy', because)
      }
      await sleep(Math.min(intervalMs, 1_000), this.#options.signal)
    }
  }

  #isAwaitedHealthy({ name }: ForeignService): boolean {
    const { foreign } = this.#options
    return [...foreign.services, foreign.main].some(({ compose }) =>
      compose?.dependsOn.some((one) => one.service === name && one.condition === 'service_healthy'),
    )
  }

  async #keepLog(service: ForeignService, result: CommandResult): Promise<void> {
    const { evidenceDir } = this.#options.plan.store
    await writeInBox(path.join(evidenceDir, 'services'), `${service.name}.txt`, `${result.stdout}${result.stderr}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new Error('the trial is over'))
    await Promise.all(this.#running)
    await Promise.all([...this.#networks.values()].map((network) => network[Symbol.asyncDispose]()))
    await this.cluster.destroy()
    await rm(this.#files.dir, { recursive: true, force: true })
  }
}

/** Under what other services reach a service. */
function namesOf({ name, compose }: ForeignService): string[] {
  return [...new Set([name, ...(compose?.hostnames ?? [])])]
}

/** How long main may take until somebody works in it, where nothing says when it is ready. */
const longestSetupMs = 15_000

/** Services that keep running end with the trial. */
const longestMs = 24 * 3_600_000

function sourceOf(mount: { kind: string; source: string }, shared: string): string | undefined {
  if (mount.kind === 'volume' && mount.source !== '') return path.join(shared, 'volumes', mount.source)
  return mount.kind === 'bind' ? path.join(shared, 'environment', mount.source) : undefined
}

/** The number of a user; names are all one to a sandbox, which knows root and one other. */
export function uidOf(user: string | undefined): number {
  if (user === undefined || user === 'root') return 0
  const number = Number(user.split(':')[0])
  return Number.isInteger(number) ? number : 1000
}

function wordFailure(service: ForeignService, result: CommandResult): string {
  const how = result.isTimedOut ? 'ran out of time' : `exited with ${result.exitCode ?? 'no code'}`
  return `service ${service.name} ${how}: ${lastWords(result)}`
}

function lastWords(result: CommandResult): string {
  return (result.stderr || result.stdout).trim().split('\n').slice(-3).join('; ')
}

/** A kubeconfig that a service sees, as one for this machine. */
export async function readForeignKubeconfig(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined)
}
