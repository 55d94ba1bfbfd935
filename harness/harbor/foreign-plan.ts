import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { AddonName } from '../../environments/provider.ts'
import { closest } from '../base/closest.ts'
import { imagesInScript, imagesOf } from '../task/images.ts'
import type { Problem } from '../task/problem.ts'
import type { Task } from '../task/task.ts'
import { readYaml } from '../task/yaml-documents.ts'
import { resolveEnv } from '../task/env-template.ts'
import { recogniseBuiltClusters } from './built-cluster.ts'
import { readCluster, isClusterService, type ForeignCluster } from './cluster-service.ts'
import {
  parseComposeFile,
  startOrder,
  type ComposeFile,
  type ComposeMount,
  type ComposeService,
} from './compose-file.ts'
import { isWithin } from './compose-references.ts'
import { mapDockerfile, whyNotThere } from './map-dockerfile.ts'
import { emptyBox, type ServiceBox } from './service-box.ts'
import { readTexts, type TextFile } from './texts.ts'
import { stagesOf, type SeparateVerifier, type Stage } from './stages.ts'
import { problemsOfToml } from './toml-problems.ts'
import { isToolboxImage } from './toolbox-programs.ts'

/** How somebody else's task runs here: a cluster of ours, and a sandbox for each of its other services. */
export interface ForeignPlan {
  cluster: ForeignCluster
  /** Services beside the cluster and `main`, in the order in which they start. */
  services: ForeignService[]
  /** Where Harbor would run the agent. */
  main: ForeignService
  volumes: string[]
  /** The folder that relative mounts come from. */
  environmentDir: string
  addons: AddonName[]
  /** Every image that the task's manifests and scripts name. */
  images: string[]
  /** Where main's environment says the agent's kubeconfig is. */
  agentKubeconfig: string
  /** The folder of main that the agent gets file tools for, if it has files. */
  workspace: string | undefined
  solutionEnvironment: Record<string, string>
  /** The task's steps, or the task itself. */
  stages: ForeignStage[]
  /** What is different from what the task asks for, for the record. */
  notes: string[]
}

export interface ForeignStage extends Stage {
  /** What the verifier's environment says, with the host's variables filled in. */
  verifierEnvironment: Record<string, string>
  /** Where it judges, if that is not main. */
  verifierBox: ServiceBox | undefined
}

export interface ForeignService {
  name: string
  box: ServiceBox
  argv: string[]
  mounts: ComposeMount[]
  compose: ComposeService | undefined
  /** Runs to its end before others start. */
  isOneShot: boolean
}

/** Whether somebody else wrote the task, so that it needs a plan to run here. */
export function isForeign(task: Task): boolean {
  return task.kind === 'harbor'
}

/** Understands a foreign task as a whole, or says everything that keeps it from running here. */
export async function planForeign(
  task: Task,
  host: Readonly<Record<string, string | undefined>> = process.env,
  /** Whether Docker is at hand, for what cannot be mapped. */
  hasDocker: () => Promise<boolean> = () => Promise.resolve(false),
): Promise<{ plan: ForeignPlan; problems: [] } | { plan?: undefined; problems: Problem[] }> {
  const planner = new Planner(task, host, hasDocker)
  const plan = await planner.plan()
  return plan !== undefined && planner.problems.length === 0 ? { plan, problems: [] } : { problems: planner.problems }
}

class Planner {
  readonly problems: Problem[] = []
  readonly #task: Task
  readonly #host: Readonly<Record<string, string | undefined>>
  readonly #environmentDir: string
  readonly #hasDocker: () => Promise<boolean>

  constructor(task: Task, host: Readonly<Record<string, string | undefined>>, hasDocker: () => Promise<boolean>) {
    this.#task = task
    this.#host = host
    this.#hasDocker = hasDocker
    this.#environmentDir = path.join(task.dir, 'environment')
  }

  async plan(): Promise<ForeignPlan | undefined> {
    const { toml } = this.#task
    this.problems.push(...problemsOfToml(this.#task))
    if (toml.environment.mcp_servers.length > 0) {
      const message =
        "where the task has a cluster, the agent gets our gateway and nothing else; the task's own MCP servers do not run"
      this.#report('task.toml', { at: 'environment.mcp_servers', message })
    }
    const environment = this.#resolve(toml.environment.env, 'environment.env')
    const solutionEnvironment = this.#resolve(toml.solution.env, 'solution.env')
    const compose = await this.#compose(environment)
    if (!compose) return undefined
    for (const { file, ...problem } of await recogniseBuiltClusters(compose, this.#environmentDir))
      this.#report(file, problem)
    const { cluster, problems } = readCluster(compose)
    for (const problem of problems) this.#report(composeFile, problem)
    if (!cluster) {
      if (problems.length === 0) {
        this.#report(composeFile, {
          message: 'no service is a cluster (rancher/k3s, kindest/node, k0s)',
        })
      }
      return undefined
    }
    const services = await this.#services(compose, environment)
    const main =
      services.find(({ name }) => name === 'main') ?? (await this.#service(mainService(), environment, compose))
    const stages: ForeignStage[] = []
    for (const stage of stagesOf(this.#task)) stages.push(await this.#stage(stage, main.box))
    this.#checkCollected(stages, compose, cluster)
    const texts = await readTexts(this.#task.dir, ['environment', 'solution', 'tests', 'steps'])
    this.#checkDownloads(texts)
    const addons = cluster.brings.filter((name) => texts.some(({ text }) => addonWords[name].test(text)))
    const workspace = workspaceOf(main)
    return {
      cluster,
      services: services.filter((service) => service !== main),
      main,
      volumes: compose.volumes,
      environmentDir: this.#environmentDir,
      addons,
      images: imagesNamedIn(texts),
      agentKubeconfig: kubeconfigOf([solutionEnvironment, main.box.environment]),
      workspace,
      solutionEnvironment,
      stages,
      notes: [
        ...notesOf(cluster, addons),
        ...notesOnNetwork(toml),
        ...notesOnImages([...services, ...verifiersOf(stages)]),
        ...notesOnVerifiers(stages),
      ],
    }
  }

  async #stage(stage: Stage, main: ServiceBox): Promise<ForeignStage> {
    const { separate } = stage
    return {
      ...stage,
      verifierEnvironment: {
        ...this.#resolve(separate?.environment?.env ?? {}, 'verifier.environment.env'),
        ...this.#resolve(stage.verifier.env, 'verifier.env'),
      },
      verifierBox: separate && (await this.#verifierBox(separate, main)),
    }
  }

  /** The machine of a verifier that has one of its own. */
  async #verifierBox({ image, isBundled, environment }: SeparateVerifier, main: ServiceBox): Promise<ServiceBox> {
    const box = isBundled ? await this.#imageBox(image) : structuredClone(main)
    if (environment?.workdir !== undefined) box.workdir = environment.workdir
    return box
  }

  async #imageBox(image: SeparateVerifier['image']): Promise<ServiceBox> {
    if ('context' in image) {
      const compose = path.join(image.context, 'docker-compose.yaml')
      if (existsSync(compose)) {
        this.problems.push({ file: compose, message: 'a verifier with services of its own does not run here' })
      }
      const place = path.relative(this.#task.dir, path.join(image.context, 'Dockerfile'))
      return this.#mapped(place, image.context, {}, { file: place, line: 1 })
    }
    if (isToolboxImage(image.name)) return emptyBox()
    if (await this.#hasDocker()) return { ...emptyBox(), image: { pull: image.name } }
    this.#report('task.toml', {
      at: 'verifier.environment.docker_image',
      message: `${image.name} is no toolbox image that the script sandbox can stand in for; it takes Docker`,
    })
    return emptyBox()
  }

  /** Hooks and artifacts are of services that there are. */
  #checkCollected(stages: readonly ForeignStage[], compose: ComposeFile, cluster: ForeignCluster): void {
    const nodes = compose.services.filter((service) => isClusterService(service) && service.name !== cluster.service)
    const names = ['main', ...compose.services.filter((service) => !nodes.includes(service)).map(({ name }) => name)]
    const wanted = new Map<string, string>()
    for (const { collect, artifacts } of stages) {
      for (const { service } of collect) wanted.set(service, 'verifier.collect')
      for (const one of artifacts) if (typeof one !== 'string') wanted.set(one.service ?? 'main', 'artifacts')
    }
    for (const [name, at] of wanted) {
      if (names.includes(name)) continue
      const meant = closest(name, names)
      const why = nodes.some((node) => node.name === name)
        ? `${name} is a node of the cluster, and the one that stands in has nothing there; ${cluster.service} can be asked`
        : `there is no service ${name}${meant === undefined ? '' : `; did you mean ${meant}?`}`
      this.#report('task.toml', { at, message: why })
    }
  }

  #resolve(env: Readonly<Record<string, string>>, where: string): Record<string, string> {
    try {
      return resolveEnv(env, this.#host, where)
    } catch (error) {
      const { problems = [] } = error as { problems?: string[] }
      for (const message of problems) this.problems.push({ file: path.join(this.#task.dir, 'task.toml'), message })
      return {}
    }
  }

  async #compose(environment: Record<string, string>): Promise<ComposeFile | undefined> {
    const text = await readFile(path.join(this.#environmentDir, 'docker-compose.yaml'), 'utf8').catch(() => undefined)
    if (text === undefined) {
      this.#report('environment', {
        message: 'there is no docker-compose.yaml with a cluster',
      })
      return undefined
    }
    const { cpus, memory_mb: memory } = this.#task.toml.environment
    const variables = {
      MAIN_IMAGE_NAME: 'main',
      CONTEXT_DIR: '.',
      PREBUILT_IMAGE_NAME: this.#task.toml.environment.docker_image ?? '',
      CPUS: String(cpus ?? 1),
      MEMORY: `${memory ?? 2048}M`,
      ...(await this.#dotEnv()),
      ...environment,
    }
    const { file, problems } = parseComposeFile(text, variables)
    for (const problem of problems) this.#report(composeFile, problem)
    return problems.length > 0 && file.services.length === 0 ? undefined : file
  }

  async #dotEnv(): Promise<Record<string, string>> {
    const text = await readFile(path.join(this.#environmentDir, '.env'), 'utf8').catch(() => '')
    const pairs = [...text.matchAll(/^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)$/gm)]
    return Object.fromEntries(
      pairs.map(([, name = '', value = '']) => [name, value.trim().replaceAll(/^["']|["']$/g, '')]),
    )
  }

  async #services(compose: ComposeFile, environment: Record<string, string>): Promise<ForeignService[]> {
    this.#checkPorts(compose)
    const services: ForeignService[] = []
    for (const service of startOrder(compose.services)) {
      if (isClusterService(service)) continue
      services.push(await this.#service(service, environment, compose))
    }
    return services
  }

  /** Services are told apart by their ports: each of them, and the API server, is the loopback of the others. */
  #checkPorts({ services }: ComposeFile): void {
    const server = readCluster({ services, volumes: [] }).cluster
    const taken = new Map<number, string>(server === undefined ? [] : [[server.port, server.service]])
    for (const service of services.filter((one) => !isClusterService(one))) {
      for (const port of service.ports) {
        const first = taken.get(port)
        taken.set(port, service.name)
        if (first === undefined || first === service.name) continue
        const message = `${first} and ${service.name} both listen on ${port}: services have one address here, and are told apart by their ports`
        this.#report(composeFile, { line: service.portsLine ?? service.line, message })
      }
    }
  }

  async #service(
    service: ComposeService,
    environment: Record<string, string>,
    compose: ComposeFile,
  ): Promise<ForeignService> {
    const isMain = service.name === 'main'
    const box = await this.#box(service)
    const isOneShot = compose.services.some(({ dependsOn }) =>
      dependsOn.some((one) => one.service === service.name && one.condition === 'service_completed_successfully'),
    )
    box.environment = { ...box.environment, ...service.environment, ...(isMain ? environment : {}) }
    if (service.workdir !== undefined) box.workdir = service.workdir
    if (isMain && this.#task.toml.environment.workdir !== undefined) box.workdir = this.#task.toml.environment.workdir
    if (service.user !== undefined) box.user = service.user
    const entrypoint = service.entrypoint ?? box.entrypoint ?? []
    const ownCommand = service.entrypoint === undefined ? box.command : undefined
    const command = service.command ?? (isMain ? idleCommand : ownCommand) ?? []
    const argv = [...entrypoint, ...command]
    if (!isMain && argv.length === 0 && box.image === undefined) {
      this.#report(composeFile, {
        line: service.line,
        message: `${service.name} has no command, and its image's is not known here`,
      })
    }
    for (const mount of service.mounts) {
      const refusal = whyNotThere(mount.target)
      if (refusal !== undefined) this.#report(composeFile, { line: mount.line, message: `${mount.target}: ${refusal}` })
      if (
        mount.kind === 'bind' &&
        !/^(\/|~|\.\.)/.test(mount.source) &&
        !existsSync(path.join(this.#environmentDir, mount.source))
      ) {
        this.#report(composeFile, { line: mount.line, message: `there is no ${mount.source} in environment/` })
      }
    }
    return { name: service.name, box, argv, mounts: service.mounts, compose: service, isOneShot }
  }

  async #box(service: ComposeService): Promise<ServiceBox> {
    const { name, build, image } = service
    if (build) {
      const context = path.join(this.#environmentDir, build.context)
      const place = path.join('environment', build.context, build.dockerfile)
      return this.#mapped(place, context, build.args, { file: composeFile, line: build.line })
    }
    const isMain = name === 'main'
    const prebuilt = image ?? (isMain ? this.#task.toml.environment.docker_image : undefined)
    if (isMain && existsSync(path.join(this.#environmentDir, 'Dockerfile')) && image === undefined) {
      const from = { file: composeFile, line: service.line }
      return this.#mapped('environment/Dockerfile', this.#environmentDir, {}, from)
    }
    if (prebuilt === undefined) {
      this.#report('environment', {
        message: 'expected a Dockerfile, or [environment].docker_image in task.toml, for main',
      })
    } else if (!isToolboxImage(prebuilt)) {
      if (await this.#hasDocker()) return { ...emptyBox(), image: { pull: prebuilt } }
      const file = image === undefined ? 'task.toml' : composeFile
      this.#report(file, {
        ...(image === undefined ? { at: 'environment.docker_image' } : { line: service.line }),
        message: `${name}: ${prebuilt} is no toolbox image that the script sandbox can stand in for; it takes Docker`,
      })
    }
    return emptyBox()
  }

  /** The box of a Dockerfile of the task's, as some line of the task asks for it. */
  async #mapped(
    place: string,
    context: string,
    args: Record<string, string>,
    { file, line }: { file: string; line: number },
  ): Promise<ServiceBox> {
    const text = await readFile(path.join(this.#task.dir, place), 'utf8').catch(() => undefined)
    if (text === undefined) {
      const name = path.relative('environment', place)
      this.#report(file, { line, message: `there is no ${name} in environment/` })
      return emptyBox()
    }
    const { box, problems } = await mapDockerfile({ text, context, args, hasProgram })
    if (problems.length > 0 && (await this.#hasDocker())) {
      const folder = file === composeFile ? this.#environmentDir : this.#task.dir
      if (!(await isWithin(folder, context))) {
        this.#report(file, { line, message: `${context} leads out of the task's environment folder` })
      }
      return { ...emptyBox(), image: { context, dockerfile: path.join(this.#task.dir, place), args } }
    }
    for (const problem of problems) {
      const isKnown = this.problems.some(
        (one) =>
          one.file === path.join(this.#task.dir, place) && one.line === problem.line && one.message === problem.message,
      )
      if (!isKnown) this.#report(place, problem)
    }
    return box
  }

  /** Scripts that fetch programs when they are needed find no network here, and Harbor's users hate it, too. */
  #checkDownloads(texts: readonly TextFile[]): void {
    for (const { file, text } of texts) {
      if (!/^(steps\/[^/]+\/)?(solution|tests|workdir)\/.*\.sh$/.test(file)) continue
      for (const [i, line] of text.split('\n').entries()) {
        if (line.trimStart().startsWith('#')) continue
        const found =
          /\b(apt-get install|apt install|apk add|pip3? install|uvx?\s+(?:run|pip|sync)|astral\.sh\/uv|npm (?:install|ci))\b/.exec(
            line,
          )
        if (found)
          this.#report(file, { line: i + 1, message: `${found[1]}: the script sandbox has no network but the cluster` })
      }
    }
  }

  #report(file: string, problem: Omit<Problem, 'file'>): void {
    this.problems.push({ file: path.join(this.#task.dir, file), ...problem })
  }
}

const composeFile = 'environment/docker-compose.yaml'

/** Main, where the file does not name it: Harbor adds it. */
function mainService(): ComposeService {
  return {
    name: 'main',
    line: 1,
    image: undefined,
    build: undefined,
    command: undefined,
    commandLine: 1,
    entrypoint: undefined,
    environment: {},
    mounts: [],
    dependsOn: [],
    healthcheck: undefined,
    hostnames: ['main'],
    hostname: undefined,
    workdir: undefined,
    user: undefined,
    ports: [],
    portsLine: undefined,
  }
}

/** What Harbor has main do, unless its compose file says otherwise. */
export const idleCommand: readonly string[] = ['sh', '-c', 'sleep infinity']

/** Commands whose only purpose is that the container does not end. */
export function isIdle(argv: readonly string[]): boolean {
  const text = argv.join(' ')
  return (
    argv.length === 0 ||
    /^(\/?\S*\/)?(tini -- )?((ba)?sh -l?c )?(sleep (infinity|\d+)|tail -f \/dev\/null|(ba)?sh)$/.test(text)
  )
}

function hasProgram(name: string): boolean {
  return ['/usr/bin', '/bin', '/usr/sbin', '/sbin'].some((dir) => existsSync(path.join(dir, name)))
}

/** Where main's environment says the agent's kubeconfig is. */
export function kubeconfigOf(environments: readonly Record<string, string>[]): string {
  const told = environments.flatMap((environment) => environment['KUBECONFIG'] ?? [])
  return told[0]?.split(':')[0] ?? '/root/.kube/config'
}

/** The agent's files: `/app`, or where main works. */
export function workspaceOf(main: ForeignService): string | undefined {
  const { files, workdir } = main.box
  const holds = (folder: string): boolean =>
    files.some(({ to }) => to === folder || to.startsWith(`${folder}/`)) ||
    main.mounts.some(({ kind, target }) => kind === 'bind' && (target === folder || target.startsWith(`${folder}/`)))
  return ['/app', ...(workdir === '/' ? [] : [workdir])].find((folder) => folder === workdir || holds(folder))
}

/** What texts must speak of for an add-on to be worth its seconds. */
const addonWords: Record<AddonName, RegExp> = {
  'network-policy': /NetworkPolicy|networkpolic/,
  'metrics-server': /kubectl top|kubectl -n \S+ top|HorizontalPodAutoscaler|metrics\.k8s\.io|metrics-server|\bhpa\b/i,
  storage: /kind:\s*PersistentVolume|persistentVolumeClaim:|volumeClaimTemplates|StorageClass|local-path/,
  ingress: /kind:\s*Ingress\b|ingressClassName|traefik|IngressRoute|kubectl[^\n]*\bingress\b/i,
}

function imagesNamedIn(texts: readonly TextFile[]): string[] {
  const named = texts
    .filter(({ file }) => !/(^|\/)(docker-compose[^/]*\.ya?ml|Dockerfile[^/]*)$/.test(file))
    .filter(({ file, text }) => /\.(ya?ml|json|sh)$/.test(file) || text.startsWith('#!'))
    .filter(({ file }) => !/^(steps\/[^/]+\/)?tests\//.test(file))
    .flatMap(({ file, text }) => [...(/\.ya?ml$/.test(file) ? imagesOfManifests(text) : []), ...imagesInScript(text)])
  return [...new Set(named)].filter((image) => !image.includes('$')).toSorted()
}

function imagesOfManifests(text: string): string[] {
  return readYaml(text).documents.flatMap(({ value }) => imagesOf(value))
}

/** What a task lets somebody reach, and that nobody reaches here. */
function notesOnNetwork({ environment, agent, verifier }: Task['toml']): string[] {
  const lost = Object.entries({ environment, agent, verifier }).flatMap(
    ([phase, { network_mode: mode, allowed_hosts: hosts = [] }]) => {
      if (mode === 'public') return [`${phase}.network_mode (public)`]
      return mode === 'allowlist' ? [`${phase}.allowed_hosts (${hosts.join(', ')})`] : []
    },
  )
  return lost.map((what) => `${what}: nothing is reached from here but the cluster and the task's own services`)
}

/** Machines of verifiers, by a name for the record. */
function verifiersOf(stages: readonly ForeignStage[]): { name: string; box: ServiceBox }[] {
  return stages.flatMap(({ step, verifierBox: box }) =>
    box === undefined ? [] : [{ name: step === undefined ? 'the verifier' : `the verifier of ${step}`, box }],
  )
}

/** Harbor would make the whole environment anew for such a verifier, with another cluster in it. */
function notesOnVerifiers(stages: readonly ForeignStage[]): string[] {
  const isWithoutImage = stages.some(({ separate }) => separate && !separate.isBundled)
  return isWithoutImage
    ? ["a verifier without an image of its own has main's files and tools anew, and no cluster"]
    : []
}

/** Services that Docker makes, and the machine's programs do not stand in for. */
function notesOnImages(services: readonly { name: string; box: ServiceBox }[]): string[] {
  return services.flatMap(({ name, box: { image } }) =>
    image === undefined
      ? []
      : [`${name} has the files of ${'pull' in image ? image.pull : 'its image'}, as Docker made it`],
  )
}

function notesOf(cluster: ForeignCluster, addons: readonly AddonName[]): string[] {
  const unused = cluster.brings.filter((name) => !addons.includes(name))
  return [
    `${cluster.service} (${cluster.distribution} ${cluster.version ?? 'of no version'}) is replaced by a cluster of ours`,
    ...(cluster.ignored.length > 0
      ? [`flags of the cluster that mean nothing here: ${cluster.ignored.join(' ')}`]
      : []),
    ...(unused.length > 0
      ? [`the distribution would bring ${unused.join(', ')}; no file of the task speaks of it, so it is left out`]
      : []),
  ]
}
