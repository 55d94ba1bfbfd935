import path from 'node:path'
import { parseDuration } from '../base/duration.ts'
import { closest } from '../base/closest.ts'
import { distributionOf } from './cluster-service.ts'
import { interpolate } from './interpolate.ts'
import { splitWords } from './split-words.ts'
import { readPlacedYaml, type LineProblem, type PlacedYaml } from './yaml-place.ts'

/** What a docker-compose file asks for, as far as a trial needs it. */
export interface ComposeFile {
  services: ComposeService[]
  /** Named volumes. */
  volumes: string[]
}

export interface ComposeService {
  name: string
  line: number
  image: string | undefined
  build: ComposeBuild | undefined
  command: string[] | undefined
  commandLine: number
  entrypoint: string[] | undefined
  environment: Record<string, string>
  mounts: ComposeMount[]
  dependsOn: { service: string; condition: DependencyCondition; line: number }[]
  healthcheck: ComposeHealthcheck | undefined
  /** Every name under which other services reach it. */
  hostnames: string[]
  hostname: string | undefined
  workdir: string | undefined
  user: string | undefined
  /** What it says that it listens on for others, and the line that says it. */
  ports: number[]
  portsLine: number | undefined
}

export interface ComposeBuild {
  /** From the compose file's folder. */
  context: string
  dockerfile: string
  args: Record<string, string>
  line: number
}

export interface ComposeMount {
  kind: 'volume' | 'bind' | 'tmpfs'
  source: string
  target: string
  isReadOnly: boolean
  line: number
}

export type DependencyCondition = 'service_started' | 'service_healthy' | 'service_completed_successfully'

export interface ComposeHealthcheck {
  argv: string[]
  intervalMs: number
  timeoutMs: number
  startPeriodMs: number
  retries: number
}

/** Reads a compose file; what cannot be understood is a problem at its line. */
export function parseComposeFile(
  text: string,
  variables: Readonly<Record<string, string>>,
): { file: ComposeFile; problems: LineProblem[] } {
  const read = readPlacedYaml(text)
  const none = { services: [], volumes: [] }
  if ('problems' in read) return { file: none, problems: read.problems }
  const reader = new ComposeReader(read.yaml, variables)
  return { file: reader.read(), problems: reader.problems }
}

type Place = (string | number)[]
type Dict = Record<string, unknown>

/** Fields that change nothing of what a task sees here: limits, names and manners of Docker. */
const idleFields = new Set(
  (
    'container_name hostname networks init restart stop_grace_period stop_signal privileged security_opt cap_add cap_drop ' +
    'ulimits sysctls labels platform pull_policy mem_limit mem_reservation memswap_limit cpus cpu_count cpu_shares deploy ' +
    'shm_size logging stdin_open tty cgroup cgroup_parent oom_score_adj pids_limit attach links userns_mode ipc ' +
    'read_only annotations'
  ).split(' '),
)
const readFields = new Set(
  'image build command entrypoint environment volumes depends_on healthcheck working_dir user tmpfs ports expose'.split(
    ' ',
  ),
)
const refusedFields: Readonly<Record<string, string>> = {
  configs: 'configs are not supported here',
  secrets: 'secrets are not supported here',
  extends: 'a service of another file cannot be extended here',
  env_file: 'env_file is not supported here; write its lines under environment',
  profiles: 'profiles are not supported here',
  devices: 'devices of the host are never given to a task',
  pid: "another container's or the host's processes are never shown to a task",
  volumes_from: 'volumes_from is not supported here; name the volumes',
  extra_hosts: 'hosts beyond the services of the file cannot be reached',
  dns: 'there is no name server here but the cluster',
  post_start: 'hooks are not supported here',
  pre_stop: 'hooks are not supported here',
  develop: 'develop is not supported here',
  gpus: 'there are no GPUs here',
  network_mode: '',
}

class ComposeReader {
  readonly problems: LineProblem[] = []
  readonly #yaml: PlacedYaml
  readonly #variables: Readonly<Record<string, string>>

  constructor(yaml: PlacedYaml, variables: Readonly<Record<string, string>>) {
    this.#yaml = yaml
    this.#variables = variables
  }

  read(): ComposeFile {
    const root = this.#yaml.value
    if (!isDict(root)) {
      this.#problem([], 'expected a map with services')
      return { services: [], volumes: [] }
    }
    for (const key of Object.keys(root)) {
      if (['services', 'volumes', 'networks', 'version', 'name'].includes(key) || key.startsWith('x-')) continue
      this.#problem([key], key === 'include' ? 'other files cannot be included here' : `unknown field ${key}`)
    }
    const services = root['services']
    if (!isDict(services) || Object.keys(services).length === 0) {
      this.#problem(['services'], 'expected at least one service')
      return { services: [], volumes: [] }
    }
    const volumes = isDict(root['volumes']) ? Object.keys(root['volumes']) : []
    const read = Object.entries(services).flatMap(([name, service]) => this.#service(name, service, volumes))
    this.#checkDependencies(read)
    return { services: read, volumes }
  }

  #service(name: string, given: unknown, volumes: readonly string[]): ComposeService[] {
    const at: Place = ['services', name]
    const service = given ?? {}
    if (!isDict(service)) {
      this.#problem(at, `expected a map for the service ${name}`)
      return []
    }
    for (const key of Object.keys(service)) this.#checkField([...at, key], key)
    if (name !== 'main' && service['image'] === undefined && service['build'] === undefined) {
      this.#problem(at, `expected image or build for the service ${name}`)
    }
    this.#checkNetworkMode(at, service)
    const ports = ['ports', 'expose'].filter((key) => Array.isArray(service[key]) && service[key].length > 0)
    const hostname = this.#textOf(at, service, 'hostname')
    const containerName = this.#textOf(at, service, 'container_name')
    return [
      {
        name,
        line: this.#yaml.lineOf(at),
        image: this.#textOf(at, service, 'image'),
        build: this.#build(at, service['build']),
        command: this.#argv([...at, 'command'], service['command']),
        commandLine: this.#yaml.lineOf([...at, 'command']),
        entrypoint: this.#argv([...at, 'entrypoint'], service['entrypoint']),
        environment: this.#environment([...at, 'environment'], service['environment']),
        mounts: [...this.#mounts(at, service, volumes), ...this.#tmpfs(at, service['tmpfs'])],
        dependsOn: this.#dependsOn([...at, 'depends_on'], service['depends_on']),
        healthcheck: this.#healthcheck([...at, 'healthcheck'], service['healthcheck']),
        hostnames: [
          ...new Set([
            name,
            ...(hostname ? [hostname] : []),
            ...(containerName ? [containerName] : []),
            ...aliases(service['networks']),
          ]),
        ],
        hostname,
        workdir: this.#textOf(at, service, 'working_dir'),
        user: this.#textOf(at, service, 'user'),
        ports: ports.flatMap((key) => this.#ports([...at, key], service[key] as unknown[])),
        portsLine: ports[0] === undefined ? undefined : this.#yaml.lineOf([...at, ports[0]]),
      },
    ]
  }

  #checkField(at: Place, key: string): void {
    if (readFields.has(key) || idleFields.has(key) || key.startsWith('x-')) return
    const refusal = refusedFields[key]
    if (refusal === '') return
    if (refusal !== undefined) return this.#problem(at, refusal)
    const meant = closest(key, [...readFields, ...idleFields])
    this.#problem(at, `unknown field ${key}${meant === undefined ? '' : `; did you mean ${meant}?`}`)
  }

  #checkNetworkMode(at: Place, service: Dict): void {
    const mode = this.#textOf(at, service, 'network_mode')
    if (mode === undefined || ['none', 'bridge', 'default'].includes(mode) || mode.startsWith('service:')) return
    this.#problem([...at, 'network_mode'], `network_mode ${mode} would open the machine's network to the task`)
  }

  #build(at: Place, given: unknown): ComposeBuild | undefined {
    if (given === undefined) return undefined
    const line = this.#yaml.lineOf([...at, 'build'])
    if (typeof given === 'string') {
      return { context: this.#fill([...at, 'build'], given), dockerfile: 'Dockerfile', args: {}, line }
    }
    if (!isDict(given)) {
      this.#problem([...at, 'build'], 'expected a folder, or a map with context and dockerfile')
      return undefined
    }
    for (const key of Object.keys(given)) {
      if (['context', 'dockerfile', 'args', 'platforms', 'no_cache', 'pull', 'labels', 'tags'].includes(key)) continue
      this.#problem([...at, 'build', key], `build.${key} is not supported here`)
    }
    return {
      context: this.#textOf([...at, 'build'], given, 'context') ?? '.',
      dockerfile: this.#textOf([...at, 'build'], given, 'dockerfile') ?? 'Dockerfile',
      args: this.#environment([...at, 'build', 'args'], given['args']),
      line,
    }
  }

  #argv(at: Place, given: unknown): string[] | undefined {
    if (given === undefined || given === null) return undefined
    if (Array.isArray(given)) return given.map((word, i) => this.#fill([...at, i], String(word)))
    if (typeof given !== 'string') {
      this.#problem(at, 'expected a command: a text or a list of words')
      return undefined
    }
    const words = splitWords(this.#fill(at, given))
    if (words === undefined) this.#problem(at, 'a quote is not closed')
    return words
  }

  #environment(at: Place, given: unknown): Record<string, string> {
    if (given === undefined || given === null) return {}
    if (Array.isArray(given)) {
      return Object.fromEntries(
        given.map((entry, i) => {
          const [, key = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(String(entry)) ?? []
          return [key, this.#fill([...at, i], value ?? this.#variables[key] ?? '')]
        }),
      )
    }
    if (!isDict(given)) {
      this.#problem(at, 'expected a map, or a list of NAME=value')
      return {}
    }
    return Object.fromEntries(
      Object.entries(given).map(([key, value]) => {
        if (typeof value === 'object' && value !== null) this.#problem([...at, key], 'expected a text or a number')
        return [key, value === null ? (this.#variables[key] ?? '') : this.#fill([...at, key], scalar(value))]
      }),
    )
  }

  #mounts(at: Place, service: Dict, volumes: readonly string[]): ComposeMount[] {
    const given = service['volumes']
    if (given === undefined) return []
    if (!Array.isArray(given)) {
      this.#problem([...at, 'volumes'], 'expected a list')
      return []
    }
    const { image } = service
    const isNode = typeof image === 'string' && distributionOf(interpolate(image, this.#variables).text) !== undefined
    return given.flatMap((entry: unknown, i): ComposeMount[] => {
      const place = [...at, 'volumes', i]
      const mount = this.#mount(place, entry)
      if (!mount) return []
      // what a node needs of its machine, ours have
      if (isNode && nodeFolders.has(mount.source)) return []
      if (mount.kind === 'volume' && mount.source !== '' && !volumes.includes(mount.source)) {
        const meant = closest(mount.source, volumes)
        const hint = meant === undefined ? 'it is not listed under volumes' : `did you mean ${meant}?`
        this.#problem(place, `there is no volume ${mount.source}; ${hint}`)
      }
      if (!path.posix.isAbsolute(mount.target)) this.#problem(place, `expected an absolute path, got ${mount.target}`)
      if (mount.kind === 'bind') this.#checkBind(place, mount.source)
      return [mount]
    })
  }

  #mount(at: Place, entry: unknown): ComposeMount | undefined {
    const line = this.#yaml.lineOf(at)
    if (typeof entry === 'string') {
      const [first = '', second, mode = ''] = this.#fill(at, entry).split(':')
      if (second === undefined) return { kind: 'volume', source: '', target: first, isReadOnly: false, line }
      const kind = /^[./~]/.test(first) ? 'bind' : 'volume'
      return { kind, source: first, target: second, isReadOnly: mode.split(',').includes('ro'), line }
    }
    if (!isDict(entry)) {
      this.#problem(at, 'expected SOURCE:TARGET, or a map')
      return undefined
    }
    const kind = entry['type'] ?? 'volume'
    if (kind !== 'volume' && kind !== 'bind' && kind !== 'tmpfs') {
      this.#problem(at, `expected a mount of type volume, bind or tmpfs, got ${JSON.stringify(kind)}`)
      return undefined
    }
    const target = this.#textOf(at, entry, 'target')
    if (target === undefined) {
      this.#problem(at, 'expected a target')
      return undefined
    }
    const isReadOnly = entry['read_only'] === true
    return { kind, source: this.#textOf(at, entry, 'source') ?? '', target, isReadOnly, line }
  }

  #checkBind(at: Place, source: string): void {
    if (path.posix.isAbsolute(source) || source.startsWith('~')) {
      this.#problem(at, `${source} is a folder of the machine; only folders of the task can be mounted`)
    } else if (path.posix.normalize(source).startsWith('..')) {
      this.#problem(at, `${source} leads out of the task's environment folder`)
    }
  }

  #tmpfs(at: Place, given: unknown): ComposeMount[] {
    const list: unknown[] = given === undefined ? [] : Array.isArray(given) ? given : [given]
    const line = this.#yaml.lineOf([...at, 'tmpfs'])
    return list.map((target) => ({
      kind: 'tmpfs',
      source: '',
      target: String(target).split(':')[0] ?? '',
      isReadOnly: false,
      line,
    }))
  }

  #dependsOn(at: Place, given: unknown): ComposeService['dependsOn'] {
    if (given === undefined || given === null) return []
    if (Array.isArray(given)) {
      return given.map((service, i) => ({
        service: String(service),
        condition: 'service_started',
        line: this.#yaml.lineOf([...at, i]),
      }))
    }
    if (!isDict(given)) {
      this.#problem(at, 'expected a list of services, or a map with conditions')
      return []
    }
    return Object.entries(given).flatMap(([service, detail]): ComposeService['dependsOn'] => {
      const condition: unknown = isDict(detail) ? (detail['condition'] ?? 'service_started') : 'service_started'
      if (isCondition(condition)) {
        return [{ service, condition, line: this.#yaml.lineOf([...at, service]) }]
      }
      this.#problem(
        [...at, service, 'condition'],
        `expected a condition of ${conditions.join(', ')}, got ${JSON.stringify(condition)}`,
      )
      return []
    })
  }

  /** The container's side of each port; what the machine would have of it is nobody's here. */
  #ports(at: Place, given: unknown[]): number[] {
    return given.flatMap((entry, i) => {
      const place = [...at, i]
      const text = isDict(entry)
        ? `${this.#textOf(place, entry, 'target') ?? ''}/${this.#textOf(place, entry, 'protocol') ?? 'tcp'}`
        : this.#fill(place, scalar(entry))
      const [, first, last = first, protocol = 'tcp'] = /(?:^|:)(\d+)(?:-(\d+))?(?:\/(\w+))?$/.exec(text) ?? []
      if (first === undefined)
        this.#problem(place, `expected a port such as 8080 or "80:8080", got ${JSON.stringify(entry)}`)
      else if (protocol !== 'tcp')
        this.#problem(place, `port ${first}: services reach each other over TCP only here, got ${protocol}`)
      else return range(Number(first), Number(last))
      return []
    })
  }

  #healthcheck(at: Place, given: unknown): ComposeHealthcheck | undefined {
    if (given === undefined || given === null) return undefined
    if (!isDict(given)) {
      this.#problem(at, 'expected a map with test')
      return undefined
    }
    if (given['disable'] === true) return undefined
    const test = given['test']
    const words = Array.isArray(test) ? test.map((word, i) => this.#fill([...at, 'test', i], String(word))) : []
    const [how = '', ...rest] = words
    let argv: string[] | undefined
    if (typeof test === 'string') argv = ['sh', '-c', this.#fill([...at, 'test'], test)]
    else if (how === 'CMD') argv = rest
    else if (how === 'CMD-SHELL') argv = ['sh', '-c', rest.join(' ')]
    else if (how === 'NONE') return undefined
    if (argv === undefined || argv.length === 0) {
      this.#problem([...at, 'test'], 'expected a text, or a list that begins with CMD or CMD-SHELL')
      return undefined
    }
    return {
      argv,
      intervalMs: this.#duration(at, given, 'interval', 30_000),
      timeoutMs: this.#duration(at, given, 'timeout', 30_000),
      startPeriodMs: this.#duration(at, given, 'start_period', 0),
      retries: typeof given['retries'] === 'number' ? given['retries'] : 3,
    }
  }

  #duration(at: Place, given: Dict, key: string, byDefault: number): number {
    const value = given[key]
    if (value === undefined) return byDefault
    const ms = parseDuration(scalar(value))
    if (ms === undefined) {
      this.#problem([...at, key], `expected a duration such as 5s, got ${JSON.stringify(value)}`)
    }
    return ms ?? byDefault
  }

  #checkDependencies(services: readonly ComposeService[]): void {
    const names = services.map(({ name }) => name)
    for (const { name, dependsOn } of services) {
      for (const { service, line } of dependsOn) {
        if (service === name) this.problems.push({ line, message: `${name} waits for itself` })
        else if (!names.includes(service)) {
          const meant = closest(service, names)
          const hint = meant === undefined ? '' : `; did you mean ${meant}?`
          this.problems.push({ line, message: `there is no service ${service}${hint}` })
        }
      }
    }
    const circle = findCircle(services)
    if (circle) {
      const [first] = circle
      this.problems.push({
        line: first?.line ?? 1,
        message: `services wait for each other: ${circle.map((s) => s.name).join(', ')}`,
      })
    }
  }

  #textOf(at: Place, dict: Dict, key: string): string | undefined {
    const value = dict[key]
    if (value === undefined || value === null) return undefined
    if (typeof value === 'object') {
      this.#problem([...at, key], `expected a text for ${key}`)
      return undefined
    }
    return this.#fill([...at, key], scalar(value))
  }

  #fill(at: Place, text: string): string {
    const filled = interpolate(text, this.#variables)
    for (const name of new Set(filled.missing)) {
      this.#problem(at, `the variable ${name} is not set; [environment].env of task.toml can set it`)
    }
    return filled.text
  }

  #problem(at: Place, message: string): void {
    this.problems.push({ line: this.#yaml.lineOf(at), message })
  }
}

const nodeFolders = new Set([
  '/lib/modules',
  '/sys/fs/cgroup',
  '/sys/fs/bpf',
  '/dev',
  '/dev/kmsg',
  '/dev/mapper',
  '/boot',
  '/etc/machine-id',
])

const conditions = ['service_started', 'service_healthy', 'service_completed_successfully'] as const

function isCondition(word: unknown): word is DependencyCondition {
  return conditions.includes(word as DependencyCondition)
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.min(Math.max(last - first + 1, 0), 1000) }, (_, i) => first + i)
}

/** A value of YAML as the text it was written as. */
function scalar(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function isDict(value: unknown): value is Dict {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function aliases(networks: unknown): string[] {
  if (!isDict(networks)) return []
  return Object.values(networks).flatMap((network) => {
    const names = isDict(network) ? network['aliases'] : undefined
    return Array.isArray(names) ? names.map(String) : []
  })
}

/** Services of which each waits for the next and the last for the first. */
function findCircle(services: readonly ComposeService[]): ComposeService[] | undefined {
  const byName = new Map(services.map((service) => [service.name, service]))
  const done = new Set<string>()
  const visit = (service: ComposeService, trail: ComposeService[]): ComposeService[] | undefined => {
    const at = trail.indexOf(service)
    if (at >= 0) return trail.slice(at).length > 1 ? trail.slice(at) : undefined
    if (done.has(service.name)) return undefined
    for (const { service: name } of service.dependsOn) {
      const next = byName.get(name)
      const circle = next && visit(next, [...trail, service])
      if (circle) return circle
    }
    done.add(service.name)
    return undefined
  }
  for (const service of services) {
    const circle = visit(service, [])
    if (circle) return circle
  }
  return undefined
}

/** Services in the order in which they may start. */
export function startOrder(services: readonly ComposeService[]): ComposeService[] {
  const byName = new Map(services.map((service) => [service.name, service]))
  const ordered = new Set<ComposeService>()
  const seen = new Set<ComposeService>()
  const visit = (service: ComposeService): void => {
    if (seen.has(service)) return
    seen.add(service)
    for (const { service: name } of service.dependsOn) {
      const next = byName.get(name)
      if (next && next !== service) visit(next)
    }
    ordered.add(service)
  }
  for (const service of services) visit(service)
  return [...ordered]
}
