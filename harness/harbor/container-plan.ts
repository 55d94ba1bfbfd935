import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { resolveEnv } from '../task/env-template.ts'
import type { HarborMcpServer, NetworkMode } from '../task/harbor-task.ts'
import type { Problem } from '../task/problem.ts'
import type { Task } from '../task/task.ts'
import { recogniseBuiltClusters } from './built-cluster.ts'
import { isClusterService } from './cluster-service.ts'
import { parseComposeFile } from './compose-file.ts'
import { checkComposeReferences } from './compose-references.ts'
import { stagesOf, type Stage } from './stages.ts'
import { problemsOfToml } from './toml-problems.ts'

/** How an ordinary task runs: in the containers that Harbor would give it. */
export interface ContainerPlan {
  /** The build context of main, and where the compose file lies. */
  environmentDir: string
  hasCompose: boolean
  /** What main is made of, where the compose file says nothing else. */
  main: { build: true } | { image: string }
  workdir: string | undefined
  /** Main's, beside that of its image. */
  environment: Record<string, string>
  /** What compose files may ask for with `${NAME}`. */
  variables: Record<string, string>
  solutionEnvironment: Record<string, string>
  stages: PlannedStage[]
  /** Whether main reaches anything but the task's own services; and the verifier. */
  network: { agent: boolean; verifier: boolean }
  limits: { cpus?: number; memoryMb?: number }
  /** MCP servers that the agent gets beside its shell. */
  servers: readonly HarborMcpServer[]
  notes: string[]
}

export interface PlannedStage extends Stage {
  /** What the verifier's environment says, with the host's variables filled in. */
  verifierEnvironment: Record<string, string>
}

/** Whether one of a task's services is a cluster; a compose file that cannot be read is looked at as if it had one. */
export async function hasCluster(task: Task): Promise<boolean> {
  const text = await readFile(path.join(task.dir, 'environment/docker-compose.yaml'), 'utf8').catch(() => undefined)
  if (text === undefined) return false
  const { file } = parseComposeFile(text, task.toml.environment.env)
  await recogniseBuiltClusters(file, path.join(task.dir, 'environment'))
  const { services } = file
  return services.length === 0 || services.some(isClusterService)
}

/** Understands a task without a cluster, or says everything that keeps it from running here. */
export async function planContainers(
  task: Task,
  host: Readonly<Record<string, string | undefined>> = process.env,
): Promise<{ plan: ContainerPlan; problems: [] } | { plan?: undefined; problems: Problem[] }> {
  const { toml, dir } = task
  const problems: Problem[] = problemsOfToml(task)
  const resolve = (env: Readonly<Record<string, string>>, where: string): Record<string, string> => {
    try {
      return resolveEnv(env, host, where)
    } catch (error) {
      const { problems: missing = [] } = error as { problems?: string[] }
      for (const message of missing) problems.push({ file: path.join(dir, 'task.toml'), message })
      return {}
    }
  }
  for (const [i, { transport, url = '' }] of toml.environment.mcp_servers.entries()) {
    if (transport === 'stdio' || (URL.canParse(url) && new URL(url).protocol === 'http:')) continue
    const message = `expected http://SERVICE:PORT/..., what main reaches without TLS, got ${JSON.stringify(url)}`
    problems.push({ file: path.join(dir, 'task.toml'), at: `environment.mcp_servers[${i}].url`, message })
  }
  const environmentDir = path.join(dir, 'environment')
  const hasCompose = existsSync(path.join(environmentDir, 'docker-compose.yaml'))
  const hasDockerfile = existsSync(path.join(environmentDir, 'Dockerfile'))
  const { docker_image: image, cpus, memory_mb: memoryMb } = toml.environment
  // Harbor builds, unless the task names an image
  if (image === undefined && !hasDockerfile && !hasCompose) {
    const message = 'expected a Dockerfile, a docker-compose.yaml or [environment].docker_image in task.toml'
    problems.push({ file: environmentDir, message })
  }
  for (const place of ['tests', ...task.steps.map(({ name }) => `steps/${name}/tests`)]) {
    const file = path.join(dir, place, 'docker-compose.yaml')
    if (existsSync(file)) problems.push({ file, message: 'a verifier with services of its own does not run here yet' })
  }
  if (hasCompose) problems.push(...(await checkComposeReferences(environmentDir)))
  const environment = resolve(toml.environment.env, 'environment.env')
  const plan: ContainerPlan = {
    environmentDir,
    hasCompose,
    main: image === undefined ? { build: true } : { image },
    workdir: toml.environment.workdir,
    environment,
    variables: {
      MAIN_IMAGE_NAME: 'main',
      CONTEXT_DIR: environmentDir,
      PREBUILT_IMAGE_NAME: image ?? '',
      CPUS: String(cpus ?? 1),
      MEMORY: `${memoryMb ?? 2048}M`,
      ...environment,
    },
    solutionEnvironment: resolve(toml.solution.env, 'solution.env'),
    stages: stagesOf(task).map((stage) => ({
      ...stage,
      verifierEnvironment: {
        ...resolve(stage.separate?.environment?.env ?? {}, 'verifier.environment.env'),
        ...resolve(stage.verifier.env, 'verifier.env'),
      },
    })),
    network: {
      agent: isOpen(toml.agent.network_mode ?? toml.environment.network_mode),
      verifier: isOpen(toml.verifier.network_mode ?? toml.environment.network_mode),
    },
    limits: { ...(cpus === undefined ? {} : { cpus }), ...(memoryMb === undefined ? {} : { memoryMb }) },
    servers: toml.environment.mcp_servers,
    notes: notesOf(task),
  }
  return problems.length > 0 ? { problems } : { plan, problems: [] }
}

function isOpen(mode: NetworkMode): boolean {
  return mode === 'public'
}

function notesOf({ toml }: Task): string[] {
  const { environment, agent, verifier } = toml
  return Object.entries({ environment, agent, verifier }).flatMap(([phase, { network_mode, allowed_hosts = [] }]) =>
    network_mode === 'allowlist'
      ? [`${phase}.allowed_hosts (${allowed_hosts.join(', ')}): there is no network here between all and nothing`]
      : [],
  )
}
