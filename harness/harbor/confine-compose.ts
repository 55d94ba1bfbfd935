import path from 'node:path'
import { isWithin } from './compose-references.ts'

type Dict = Record<string, unknown>

export interface ConfineOptions {
  environmentDir: string
  /** Main's environment, beside what the file says. */
  environment: Readonly<Record<string, string>>
  limits: { cpus?: number; memoryMb?: number }
  /** Whether services reach anything but each other. */
  isOpen: boolean
}

/**
 * A compose project as `docker compose config --format json` prints it, made fit to run beside others on a machine that is
 * not the task's: no names and ports of the machine, limits on main; or everything in it that would open the machine.
 */
export async function confineCompose(
  model: unknown,
  options: ConfineOptions,
): Promise<{ model: Dict; problems: string[] }> {
  const problems: string[] = []
  const root = structuredClone(model) as Dict
  const services = dictsOf(root['services'])
  for (const [name, service] of services) {
    for (const problem of await problemsOfService(service, options.environmentDir))
      problems.push(`service ${name}: ${problem}`)
    delete service['container_name']
    delete service['ports']
    service['pids_limit'] ??= 4096
  }
  const [, main] = services.find(([name]) => name === 'main') ?? []
  if (main) {
    main['environment'] = { ...asDict(main['environment']), ...escaped(options.environment) }
    if (options.limits.cpus !== undefined) main['cpus'] ??= options.limits.cpus
    if (options.limits.memoryMb !== undefined) main['mem_limit'] ??= `${options.limits.memoryMb}m`
  }
  for (const [kind, all] of Object.entries({ network: root['networks'], volume: root['volumes'] })) {
    for (const [name, one] of dictsOf(all)) {
      if (one['external'] !== undefined && one['external'] !== false)
        problems.push(`${kind} ${name}: external would be one of the machine's own`)
      if (kind === 'volume' && Object.keys(asDict(one['driver_opts'])).length > 0)
        problems.push(`volume ${name}: driver_opts could mount what is the machine's`)
      delete one['name']
      if (kind === 'network' && !options.isOpen) one['internal'] = true
    }
  }
  for (const kind of ['configs', 'secrets']) {
    for (const [name, one] of dictsOf(root[kind])) {
      const { file } = one
      if (typeof file === 'string' && !(await isWithin(options.environmentDir, file)))
        problems.push(`${kind} ${name}: ${file} leads out of the task's environment folder`)
    }
  }
  delete root['name']
  return { model: root, problems }
}

async function problemsOfService(service: Dict, environmentDir: string): Promise<string[]> {
  const problems: string[] = []
  if (service['privileged'] === true) problems.push('privileged would give it the machine')
  for (const field of ['network_mode', 'pid', 'ipc', 'uts', 'userns_mode', 'cgroup']) {
    const mode = service[field]
    if (typeof mode === 'string' && (mode === 'host' || mode.startsWith('container:')))
      problems.push(`${field} ${mode} would open what is the machine's`)
  }
  for (const field of ['devices', 'device_cgroup_rules', 'gpus', 'cgroup_parent', 'runtime', 'credential_spec']) {
    const value = service[field]
    if (value !== undefined && value !== null && (!Array.isArray(value) || value.length > 0))
      problems.push(`${field} is never given to a task`)
  }
  for (const capability of listOf(service['cap_add']).map((name) => name.replace(/^CAP_/i, '').toUpperCase())) {
    if (!harmlessCapabilities.has(capability)) problems.push(`the capability ${capability} is never given to a task`)
  }
  for (const text of listOf(service['security_opt'])) {
    if (/unconfined|disable|systempaths/.test(text)) problems.push(`security_opt ${text} would weaken its container`)
  }
  for (const text of listOf(service['extra_hosts'])) {
    if (/host-gateway/.test(text)) problems.push("host-gateway would open the machine's own services")
  }
  for (const text of listOf(service['volumes_from'])) {
    if (text.startsWith('container:')) problems.push(`volumes_from ${text} is not of this task`)
  }
  for (const mount of Array.isArray(service['volumes']) ? service['volumes'].map(asDict) : []) {
    const { type, source } = mount
    if (type === 'volume' || type === 'tmpfs') continue
    if (type === 'bind' && typeof source === 'string' && (await isWithin(environmentDir, source))) continue
    problems.push(`${String(source)} is not a folder of the task's; only those can be mounted`)
  }
  problems.push(...(await problemsOfBuild(asDict(service['build']), environmentDir)))
  return problems
}

async function problemsOfBuild(build: Dict, environmentDir: string): Promise<string[]> {
  const problems: string[] = []
  const contexts = [build['context'], ...Object.values(asDict(build['additional_contexts']))]
  for (const context of contexts.filter((one) => typeof one === 'string')) {
    if (/^(service|docker-image|oci-layout):/.test(context)) continue
    const isRemote = /^[\w+.-]+(:\/\/|@)/.test(context)
    if (isRemote || !(await isWithin(environmentDir, path.resolve(environmentDir, context))))
      problems.push(`it would be built from ${context}, which is not of the task's environment folder`)
  }
  for (const field of ['privileged', 'entitlements', 'secrets', 'ssh']) {
    const value = build[field]
    if (value === true || (Array.isArray(value) && value.length > 0))
      problems.push(`build.${field} is never given to a task`)
  }
  if (build['network'] === 'host') problems.push("build.network host would open the machine's network")
  return problems
}

/** Beside what Docker gives everybody. */
const harmlessCapabilities = new Set(['NET_ADMIN', 'NET_RAW', 'NET_BIND_SERVICE', 'SYS_PTRACE', 'SYS_NICE', 'IPC_LOCK'])

/** Compose fills in variables where it reads, this time too. */
function escaped(environment: Readonly<Record<string, string>>): Dict {
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, value.replaceAll('$', '$$$$')]))
}

function listOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String)
  return Object.entries(asDict(value)).map(([name, one]) => `${name}=${String(one)}`)
}

function dictsOf(value: unknown): [string, Dict][] {
  const all = asDict(value)
  for (const [name, one] of Object.entries(all)) if (!isDict(one)) all[name] = {}
  return Object.entries(all) as [string, Dict][]
}

function asDict(value: unknown): Dict {
  return isDict(value) ? value : {}
}

function isDict(value: unknown): value is Dict {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
