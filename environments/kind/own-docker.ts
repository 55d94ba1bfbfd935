import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { runCommand } from '../../harness/base/command.ts'
import { isRunning, startDaemon, startTimeOf, thisProcess, type ProcessId } from '../../harness/base/daemon.ts'
import { KubemendError } from '../../harness/base/errors.ts'
import { packageRoot } from '../../harness/base/package-root.ts'
import { stateDir } from '../../harness/base/places.ts'
import { until } from '../../harness/base/retry.ts'
import { writeAtomically } from '../../harness/base/write-atomically.ts'
import { removeCgroup } from '../node/cgroup.ts'
import { ensureDockerPrograms } from './docker-programs.ts'

/**
 * A dockerd of our own, in pid, mount and network namespaces of its own: the host's interfaces, routes and packet
 * filter are not touched, and the end of its first process is the end of everything it ever started.
 */
export interface OwnDocker {
  socket: string
  /** The first process inside, as the host sees it: /proc/PID/ns/net is where published ports are. */
  init: ProcessId
  owner: ProcessId | null
  createdAt: string
  /** What a program needs in its environment to talk to this daemon and no other. */
  env: Record<string, string>
  /** Every container's control group is below this one. */
  cgroup: string
}

export interface StartOwnDockerOptions {
  /** The process whose death makes the daemon garbage; 'nobody' for one that stays until it is stopped. */
  owner: 'this-process' | 'nobody'
  onProgress?: (line: string) => void
}

/** Our running dockerd, started first where it does not run. */
export async function startOwnDocker(options: StartOwnDockerOptions): Promise<OwnDocker> {
  const running = await findOwnDocker()
  if (running) return running
  await stopOwnDocker()
  if (process.getuid?.() !== 0) {
    throw new KubemendError('no-permission', 'a dockerd of our own needs root', {
      hint: 'sudo kubemend doctor --fix docker',
    })
  }
  const say = options.onProgress ?? (() => undefined)
  const programs = await ensureDockerPrograms(say)
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  await writeAtomically(configFile, JSON.stringify(daemonConfig(programs.ociRuntime), undefined, 2))
  const outside = startDaemon(
    [
      'unshare',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount',
      '--propagation',
      'slave',
      '--mount-proc',
      '--net',
      '--',
      'bash',
      path.join(packageRoot, 'environments/kind/own-docker-init.sh'),
      scratchDir,
      'dockerd',
      `--config-file=${configFile}`,
    ],
    { logFile, env: { ...programs.env, PATH: `${programs.bin}:${process.env['PATH'] ?? ''}` } },
  )
  const record: OwnDockerRecord = {
    outside,
    init: await firstChild(outside),
    owner: options.owner === 'nobody' ? null : thisProcess(),
    createdAt: new Date().toISOString(),
    bin: programs.bin,
  }
  await writeAtomically(recordFile, JSON.stringify(record, undefined, 2))
  try {
    await waitUntilItAnswers(record)
  } catch (error) {
    await stopOwnDocker()
    throw error
  }
  say('our own dockerd is up')
  return describe(record)
}

/** Our dockerd, if one runs. */
export async function findOwnDocker(): Promise<OwnDocker | undefined> {
  const record = await readRecord()
  if (!record || !isAlive(record) || !existsSync(socketFile)) return undefined
  return describe(record)
}

/** Ends our dockerd with everything it started, and removes what it wrote; says what was removed. */
export async function stopOwnDocker(): Promise<string[]> {
  const record = await readRecord()
  if (!existsSync(ownDockerDir)) return []
  if (record) {
    if (isRunning(record.outside)) process.kill(record.outside.pid, 'SIGKILL')
    const isGone = (one: ProcessId): boolean => startTimeOf(one.pid) !== one.startedAt
    await until(async () => isGone(record.outside) && isGone(record.init), {
      what: 'our dockerd to end',
      timeoutMs: 30_000,
      intervalMs: 15,
    })
  }
  await removeCgroup(cgroupName)
  // its overlay mounts were in its own namespace and went with it; what is left is plain files
  await runCommand(['rm', '--recursive', '--force', ownDockerDir])
  return [`our own dockerd and everything in ${ownDockerDir}`]
}

/** Removes our dockerd when the process it was started for is gone, or it has ended by itself. */
export async function removeOwnDockerLeftovers(): Promise<string[]> {
  const record = await readRecord()
  if (!record) return []
  const isOrphaned = record.owner !== null && !isRunning(record.owner)
  return isOrphaned || !isAlive(record) ? stopOwnDocker() : []
}

export const ownDockerDir: string = path.join(stateDir, 'docker')

interface OwnDockerRecord {
  /** The `unshare` outside: its end is the end of the first process inside. */
  outside: ProcessId
  init: ProcessId
  owner: ProcessId | null
  createdAt: string
  bin: string
}

const recordFile = path.join(ownDockerDir, 'docker.json')
const configFile = path.join(ownDockerDir, 'daemon.json')
const socketFile = path.join(ownDockerDir, 'docker.sock')
const logFile = path.join(ownDockerDir, 'dockerd.log')
const dataDir = path.join(ownDockerDir, 'data')
const scratchDir = path.join(ownDockerDir, 'scratch')
const cgroupName = 'own-docker'

function daemonConfig(ociRuntime: string): Record<string, unknown> {
  return {
    hosts: [`unix://${socketFile}`],
    'data-root': dataDir,
    'exec-root': '/run/docker',
    pidfile: '/run/docker.pid',
    'storage-driver': 'overlay2',
    'cgroup-parent': `/kube-${cgroupName}`,
    'exec-opts': ['native.cgroupdriver=cgroupfs'],
    runtimes: { adapted: { path: ociRuntime } },
    'default-runtime': 'adapted',
    'oom-score-adjust': 0,
    // there is nothing to be asked in this network: a name outside is refused at once
    dns: ['127.0.0.1'],
    'log-level': 'warn',
  }
}

function isAlive({ outside, init }: OwnDockerRecord): boolean {
  return isRunning(outside) && isRunning(init)
}

function firstChild(outside: ProcessId): Promise<ProcessId> {
  return until(
    async () => {
      const children = await readFile(`/proc/${outside.pid}/task/${outside.pid}/children`, 'utf8').catch(() => '')
      const pid = Number(children.trim().split(' ')[0])
      const startedAt = startTimeOf(pid)
      return pid > 0 && startedAt !== undefined ? { pid, startedAt } : undefined
    },
    { what: 'the first process of our dockerd', timeoutMs: 10_000, intervalMs: 5 },
  )
}

async function readRecord(): Promise<OwnDockerRecord | undefined> {
  const text = await readFile(recordFile, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as OwnDockerRecord)
}

async function waitUntilItAnswers(record: OwnDockerRecord): Promise<void> {
  const { env } = describe(record)
  await until(
    async () => {
      if (!isRunning(record.outside)) {
        const said = await readFile(logFile, 'utf8').catch(() => '')
        throw new KubemendError('docker-died', `our dockerd ended: ${said.trim().split('\n').slice(-4).join('; ')}`)
      }
      return existsSync(socketFile) && (await runCommand(['docker', 'version'], { env })).exitCode === 0
    },
    { what: `our dockerd to answer (${logFile})`, timeoutMs: 60_000, intervalMs: 100 },
  )
}

function describe(record: OwnDockerRecord): OwnDocker {
  return {
    socket: socketFile,
    init: record.init,
    owner: record.owner,
    createdAt: record.createdAt,
    env: {
      DOCKER_HOST: `unix://${socketFile}`,
      DOCKER_CONTEXT: '',
      KIND_EXPERIMENTAL_PROVIDER: 'docker',
      PATH: `${record.bin}:${process.env['PATH'] ?? ''}`,
    },
    cgroup: `kube-${cgroupName}`,
  }
}
