import { existsSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { cached, keyOf } from '../../base/cache.ts'
import { mustRun } from '../../base/command.ts'
import { makeScratch } from '../../base/scratch.ts'
import {
  idleCommand,
  kubeconfigOf,
  workspaceOf,
  type ForeignPlan,
  type ForeignService,
  type ForeignStage,
} from '../../harbor/foreign-plan.ts'
import type { BoxImage } from '../../harbor/service-box.ts'
import type { Docker, FoundDocker } from './docker.ts'
import { TrialFault } from '../trial-fault.ts'
import { multiplierOf } from '../trial-plan.ts'
import type { TrialSession } from '../trial-session.ts'

/**
 * Has Docker build or pull what the machine's own programs cannot stand in for, and takes out the files: services run on
 * them in sandboxes like any other, beside our cluster and without a network but its API server.
 */
export async function fetchImages(
  session: TrialSession,
  foreign: ForeignPlan,
  found: FoundDocker | undefined,
): Promise<ForeignPlan> {
  const boxes = [...foreign.services, foreign.main].map(({ box }) => box)
  const verifiers = foreign.stages.flatMap(({ verifierBox }) => verifierBox ?? [])
  if (![...boxes, ...verifiers].some(({ image }) => image !== undefined)) return foreign
  if (!found || !('docker' in found)) throw new TrialFault('harness', 'no-docker', 'there is no Docker to build with')
  const services: ForeignService[] = []
  for (const service of foreign.services) services.push(await fetchService(session, service, found.docker))
  const main = await fetchService(session, foreign.main, found.docker)
  const stages: ForeignStage[] = []
  for (const stage of foreign.stages) stages.push(await fetchVerifier(session, stage, found.docker))
  return {
    ...foreign,
    services,
    main,
    stages,
    agentKubeconfig: kubeconfigOf([foreign.solutionEnvironment, main.box.environment]),
    workspace: workspaceOf(main),
  }
}

interface ImageConfig {
  Env?: string[] | null
  WorkingDir?: string
  User?: string
  Entrypoint?: string[] | null
  Cmd?: string[] | null
}

async function fetchService(session: TrialSession, service: ForeignService, docker: Docker): Promise<ForeignService> {
  const { box, compose } = service
  if (box.image === undefined) return service
  const { toml } = session.plan.task
  const isMain = service.name === 'main'
  const id = await makeImage(session, service.name, box.image, docker)
  const config = await inspect(docker, id)
  const rootfs = await takeFiles(docker, id)
  mustHaveBash(rootfs, service.name)
  const entrypoint = compose?.entrypoint ?? config.Entrypoint ?? []
  const imageCommand = compose?.entrypoint === undefined ? config.Cmd : undefined
  const ownCommand = isMain ? idleCommand : imageCommand
  const user = compose?.user ?? (config.User || undefined)
  return {
    ...service,
    argv: [...entrypoint, ...(compose?.command ?? ownCommand ?? [])],
    box: {
      ...box,
      rootfs,
      files: await filesOf(rootfs),
      environment: { ...readEnv(config.Env ?? []), ...box.environment },
      workdir: (isMain ? toml.environment.workdir : undefined) ?? compose?.workdir ?? (config.WorkingDir || '/'),
      user,
      entrypoint,
    },
  }
}

/** A verifier works where its image says, unless the task says it. */
async function fetchVerifier(session: TrialSession, stage: ForeignStage, docker: Docker): Promise<ForeignStage> {
  const { verifierBox: box, separate } = stage
  if (box?.image === undefined) return stage
  const id = await makeImage(session, 'the verifier', box.image, docker)
  const config = await inspect(docker, id)
  const rootfs = await takeFiles(docker, id)
  mustHaveBash(rootfs, 'the verifier')
  return {
    ...stage,
    verifierBox: {
      ...box,
      rootfs,
      files: await filesOf(rootfs),
      environment: { ...readEnv(config.Env ?? []), ...box.environment },
      workdir: separate?.environment?.workdir ?? (config.WorkingDir || '/'),
      user: config.User || undefined,
    },
  }
}

function mustHaveBash(rootfs: string, name: string): void {
  if (existsSync(path.join(rootfs, 'bin/bash')) || existsSync(path.join(rootfs, 'usr/bin/bash'))) return
  throw new TrialFault('task', 'no-bash', `the image of ${name} has no bash, which its sandbox needs`)
}

/** The id of an image that is built, or pulled where it is not there. */
async function makeImage(session: TrialSession, name: string, image: BoxImage, docker: Docker): Promise<string> {
  const { plan, signal } = session
  const timeoutMs = plan.task.toml.environment.build_timeout_sec * 1000 * multiplierOf(plan, 'environment')
  const words =
    'pull' in image
      ? ['pull', '--quiet', image.pull]
      : [
          'build',
          '--quiet',
          `--file=${image.dockerfile}`,
          ...Object.entries(image.args).map(([key, value]) => `--build-arg=${key}=${value}`),
          image.context,
        ]
  if ('pull' in image) {
    const there = await docker.run(['image', 'inspect', '--format={{.Id}}', image.pull])
    if (there.exitCode === 0) return there.stdout.trim()
  }
  const made = await docker.run(words, { timeoutMs, signal, maxBytes: 4 * 2 ** 20 })
  if (made.exitCode === 0) return made.stdout.trim()
  signal.throwIfAborted()
  const how = made.isTimedOut ? `took more than ${timeoutMs / 1000} s` : lastWords(made.stderr || made.stdout)
  throw new TrialFault('task', 'build-failed', `the image of ${name} could not be made: ${how}`)
}

async function inspect(docker: Docker, id: string): Promise<ImageConfig> {
  const { stdout } = await docker.must(['image', 'inspect', '--format={{json .Config}}', id])
  return JSON.parse(stdout) as ImageConfig
}

/** The image's files in a folder that nobody writes to, taken out once. */
async function takeFiles(docker: Docker, id: string): Promise<string> {
  const { stdout } = await docker.must(['image', 'inspect', '--format={{.Id}}', id])
  const dir = await cached('foreign-images', keyOf({ format: 1, id: stdout.trim() }), async (draft) => {
    const scratch = await makeScratch('image')
    const container = (await docker.must(['create', stdout.trim(), 'true'])).stdout.trim()
    try {
      const archive = path.join(scratch, 'files.tar')
      await docker.must(['export', `--output=${archive}`, container])
      const rootfs = path.join(draft, 'rootfs')
      await mkdir(rootfs)
      await mustRun(['tar', '--extract', `--file=${archive}`, `--directory=${rootfs}`, '--exclude=dev/*'])
    } finally {
      await docker.run(['rm', '--force', container])
      await rm(scratch, { recursive: true, force: true })
    }
  })
  return path.join(dir, 'rootfs')
}

/** All but the programs, which no service changes, and what a sandbox has of its own. */
async function filesOf(rootfs: string): Promise<{ from: string; to: string }[]> {
  const own = new Set([
    'bin',
    'sbin',
    'lib',
    'lib32',
    'lib64',
    'libx32',
    'usr',
    'etc',
    'dev',
    'proc',
    'sys',
    'tmp',
    'run',
  ])
  const tops = (await readdir(rootfs)).filter((name) => !own.has(name) && !name.startsWith('.'))
  const etc = (await readdir(path.join(rootfs, 'etc')).catch((): string[] => [])).filter((name) => !names.has(name))
  const local = existsSync(path.join(rootfs, 'usr/local')) ? ['usr/local'] : []
  return [...tops, ...etc.map((name) => `etc/${name}`), ...local].map((place) => ({
    from: path.join(rootfs, place),
    to: `/${place}`,
  }))
}

/** Where names lead is the sandbox's to say. */
const names = new Set(['hosts', 'resolv.conf', 'hostname', 'mtab'])

function readEnv(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
}

function lastWords(text: string): string {
  return text.trim().split('\n').slice(-3).join('; ')
}
