import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Task } from '../../task/task.ts'
import {
  clusterDockerfile,
  collectCommand,
  composeFile,
  gatewayPort,
  mainDockerfile,
  serveScript,
  service,
  sendWhereNoCluster,
  testsDockerfile,
  workspaceDockerfile,
} from './container-files.ts'
import { renderToml, type Table } from './render-toml.ts'

/** What every exported task carries along. */
export interface ExportParts {
  /** Our own package, as `npm pack` makes it. */
  packageFile: string
  /** `kubemend-verify` as one file. */
  verifyProgram: string
  /** Our version. */
  kubemend: string
}

/**
 * Writes a task as a folder that stock Harbor runs with Docker. The cluster, the gateway and the judge are a container
 * of their own, which the agent reaches over MCP only; the verifier has an image of its own and sees the evidence. The
 * folder is still a task of ours, too.
 */
export async function exportTask(task: Task, dir: string, parts: ExportParts): Promise<void> {
  await mkdir(dir, { recursive: true })
  await cp(path.join(task.dir, 'instruction.md'), path.join(dir, 'instruction.md'))
  await writeFile(path.join(dir, 'task.toml'), taskToml(task, parts.kubemend))
  const isFiles = task.workspace !== undefined
  await (isFiles ? writeWorkspace(task, dir) : writeCluster(task, dir, parts))
  await writeTests(task, dir, parts)
  if (task.solution.solve === undefined) return
  await cp(path.join(task.dir, 'solution'), path.join(dir, 'solution'), { recursive: true })
  if (isFiles) return
  const solve = path.join(dir, 'solution/solve.sh')
  await writeFile(solve, sendWhereNoCluster(await readFile(solve, 'utf8')))
  await chmod(solve, 0o755)
}

function taskToml(task: Task, kubemend: string): string {
  const { toml, metadata } = task
  const isFiles = task.workspace !== undefined
  const judging = (task.contract?.withinMs ?? 0) + (task.contract?.stableForMs ?? 0)
  const id = metadata?.canary
  const document = {
    schema_version: '1.4',
    artifacts: isFiles ? ['/app'] : [{ source: '/evidence', service }],
    task: {
      name: task.name,
      description: toml.task?.description ?? '',
      keywords: toml.task?.keywords ?? [],
    },
    metadata: {
      difficulty: task.difficulty,
      category: task.category,
      tags: task.tags,
      kubemend_version: kubemend,
      kubemend_digest: task.digest,
      kubemend: toml.metadata['kubemend'] as Table,
    },
    agent: { timeout_sec: toml.agent.timeout_sec },
    verifier: {
      timeout_sec: toml.verifier.timeout_sec,
      environment_mode: 'separate',
      environment: { build_timeout_sec: 600 },
      ...(isFiles
        ? {}
        : { collect: [{ command: collectCommand, service, timeout_sec: 300 + Math.ceil(judging / 1000) }] }),
    },
    environment: {
      network_mode: toml.environment.network_mode,
      // it builds the cluster's image and breaks the cluster
      build_timeout_sec: isFiles ? 600 : 3600,
      ...(isFiles
        ? { workdir: '/app' }
        : {
            mcp_servers: [
              { name: 'kubernetes', transport: 'streamable-http', url: `http://${service}:${gatewayPort}/mcp` },
            ],
          }),
    },
  }
  return `${id === undefined ? '' : `# kubemend canary ${id}\n`}${renderToml(document)}`
}

async function writeWorkspace(task: Task, dir: string): Promise<void> {
  const environment = path.join(dir, 'environment')
  await mkdir(environment, { recursive: true })
  await cp(task.workspace ?? '', path.join(environment, 'workspace'), { recursive: true })
  await writeFile(path.join(environment, 'Dockerfile'), workspaceDockerfile(task.metadata?.canary))
}

async function writeCluster(task: Task, dir: string, parts: ExportParts): Promise<void> {
  const environment = path.join(dir, 'environment')
  const context = path.join(environment, service)
  await cp(path.join(task.dir, 'environment'), environment, { recursive: true })
  await mkdir(context, { recursive: true })
  const key = randomBytes(24).toString('base64url')
  await writeFile(path.join(environment, 'Dockerfile'), mainDockerfile(task.metadata?.canary))
  await writeFile(path.join(environment, 'docker-compose.yaml'), composeFile(sha256(key)))
  await writeFile(path.join(context, 'Dockerfile'), clusterDockerfile(path.basename(task.dir)))
  await writeFile(path.join(context, 'serve.sh'), serveScript)
  await cp(parts.packageFile, path.join(context, 'kubemend.tgz'))
  // all of the task but its solution: the judge needs the contract, and images of the cluster's tools are only made here
  for (const name of ['task.toml', 'instruction.md', 'environment', 'tests'])
    await cp(path.join(task.dir, name), path.join(context, 'task', name), { recursive: true })
  if (task.solution.solve === undefined) return
  await mkdir(path.join(dir, 'solution'), { recursive: true })
  await writeFile(path.join(dir, 'solution/key'), key, { mode: 0o600 })
}

async function writeTests(task: Task, dir: string, parts: ExportParts): Promise<void> {
  const tests = path.join(dir, 'tests')
  await cp(path.join(task.dir, 'tests'), tests, { recursive: true })
  await writeFile(path.join(tests, 'Dockerfile'), testsDockerfile())
  await cp(parts.verifyProgram, path.join(tests, 'kubemend-verify.mjs'))
  const facts = { task: task.id, digest: task.digest, permissions: task.permissions }
  await writeFile(path.join(tests, 'kubemend.json'), `${JSON.stringify(facts, undefined, 2)}\n`)
  const script = path.join(tests, 'test.sh')
  if (task.workspace !== undefined) {
    await cp(task.workspace, path.join(tests, 'workspace'), { recursive: true })
    const text = await readFile(script, 'utf8')
    await writeFile(script, text.replace(/(kubemend-verify \S+)/, '$1 --workspace /app --original /tests/workspace'))
  }
  if (existsSync(script)) await chmod(script, 0o755)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
