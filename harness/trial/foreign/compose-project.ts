import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { confineCompose } from '../../harbor/confine-compose.ts'
import type { ContainerPlan } from '../../harbor/container-plan.ts'
import { idleCommand } from '../../harbor/foreign-plan.ts'
import type { Docker } from './docker.ts'

/** How a compose project is read and confined, or what keeps it from running here. */
export async function readComposeProject(
  docker: Docker,
  plan: ContainerPlan,
  dir: string,
): Promise<{ model: Record<string, unknown>; problems: [] } | { model?: undefined; problems: string[] }> {
  const { environmentDir, main, variables } = plan
  const hasDockerfile = existsSync(path.join(environmentDir, 'Dockerfile'))
  const made = 'image' in main ? { image: main.image } : hasDockerfile ? { build: { context: environmentDir } } : {}
  const base = path.join(dir, 'base.json')
  await writeFile(base, JSON.stringify({ services: { main: { ...made, command: [...idleCommand] } } }), { mode: 0o600 })
  const file = path.join(environmentDir, 'docker-compose.yaml')
  const variablesFile = path.join(dir, 'variables')
  const lines = Object.entries(variables).map(([name, value]) => `${name}='${value.replaceAll("'", String.raw`\'`)}'\n`)
  await writeFile(variablesFile, lines.join(''), { mode: 0o600 })
  const envFiles = [path.join(environmentDir, '.env'), variablesFile].filter((one) => existsSync(one))
  const read = await docker.run(
    [
      'compose',
      '--project-name=task',
      `--project-directory=${environmentDir}`,
      ...envFiles.map((one) => `--env-file=${one}`),
      `--file=${base}`,
      `--file=${file}`,
      'config',
      '--format=json',
    ],
    // what this machine's environment holds is not the task's to know
    { inheritEnv: false, env: clientEnvironment(), timeoutMs: 60_000 },
  )
  const place = path.join(path.basename(path.dirname(environmentDir)), 'environment/docker-compose.yaml')
  if (read.exitCode !== 0) return { problems: [`${place}: ${read.stderr.trim().split('\n').at(-1) ?? ''}`] }
  const confined = await confineCompose(JSON.parse(read.stdout), {
    environmentDir,
    environment: plan.environment,
    limits: plan.limits,
    isOpen: plan.network.agent,
  })
  return confined.problems.length > 0
    ? { problems: confined.problems.map((problem) => `${place}: ${problem}`) }
    : { model: confined.model, problems: [] }
}

/** Docker's client finds its daemon and its plug-ins by these. */
function clientEnvironment(): Record<string, string> {
  const names = Object.keys(process.env).filter((name) => /^(PATH|HOME|DOCKER_\w+|XDG_\w+)$/.test(name))
  return Object.fromEntries(names.map((name) => [name, process.env[name] ?? '']))
}
