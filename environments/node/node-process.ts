import { existsSync, readFileSync } from 'node:fs'
import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { randomBytes } from 'node:crypto'
import { mustRun, runCommand, type CommandOptions, type CommandResult } from '../../harness/base/command.ts'
import { startDaemon, startTimeOf, type ProcessId } from '../../harness/base/daemon.ts'
import { KubemendError } from '../../harness/base/errors.ts'
import { packageRoot } from '../../harness/base/package-root.ts'
import { until } from '../../harness/base/retry.ts'
import { createNodeCgroup, systemProcsFiles } from './cgroup.ts'
import type { ClusterFolder } from './cluster-folder.ts'
import { inside, type NodeSlot } from './components.ts'

export interface NodeProcesses {
  outside: ProcessId
  init: ProcessId
}

/**
 * Starts a node's PID 1 in namespaces of its own. A worker's pid namespace is inside the control plane's, so the
 * end of the control plane's PID 1 is the end of everything.
 */
export async function startNode(options: {
  folder: ClusterFolder
  slot: NodeSlot
  bin: string
  imageStore: string
  parentInit: ProcessId | undefined
}): Promise<NodeProcesses> {
  const { folder, slot } = options
  const dir = folder.nodeDir(slot.spec.name)
  await mkdir(path.join(folder.nodeLog(slot.spec.name), 'kubernetes'), { recursive: true })
  await writeFile(path.join(dir, 'machine-id'), `${randomBytes(16).toString('hex')}\n`, { flag: 'wx' }).catch(
    () => undefined,
  )
  if (!existsSync(folder.nodeControl(slot.spec.name))) await mustRun(['mkfifo', folder.nodeControl(slot.spec.name)])
  await createNodeCgroup(folder.name, slot.spec.name)
  const procs = await systemProcsFiles(folder.name, slot.spec.name)
  const join = procs.map((file) => `echo $$ >${file}`).join('; ')
  const enterParent = options.parentInit ? `nsenter --target ${options.parentInit.pid} --pid ` : ''
  const script = path.join(packageRoot, 'environments/node/node-init.sh')
  const outside = startDaemon(
    [
      'bash',
      '-c',
      `${join}; exec ${enterParent}unshare --pid --fork --kill-child --mount --uts --ipc --net -- bash "$@"`,
      'bash',
      script,
      dir,
      slot.spec.name,
      options.bin,
      options.imageStore,
      String(slot.size.cpus),
      String(slot.size.memoryKb),
    ],
    { logFile: path.join(dir, 'init.log') },
  )
  const init = await until(async () => findInit(outside), {
    what: `the first process of node ${slot.spec.name}`,
    timeoutMs: 10_000,
    intervalMs: 4,
  })
  await waitForReady(dir, init)
  return { outside, init }
}

/** Tells a node's PID 1 to start a program, whose output goes to /var/log/NAME.log. */
export async function startService(
  folder: ClusterFolder,
  node: string,
  service: string,
  argv: string[],
): Promise<void> {
  const odd = argv.find((word) => /[\s\\]/.test(word))
  if (odd !== undefined) throw new TypeError(`a service's words hold no spaces: ${odd}`)
  await appendFile(folder.nodeControl(node), `start ${service} ${argv.join(' ')}\n`)
}

/** The host's process id of a service, or undefined when it has ended. */
export function servicePid(init: ProcessId, service: string): number | undefined {
  const inner = readOrUndefined(`/proc/${init.pid}/root/run/node/${service}.pid`)?.trim()
  if (inner === undefined || inner === '') return undefined
  const hostPid = childrenOf(init.pid).find((pid) => innerPidOf(pid) === inner)
  return hostPid !== undefined && startTimeOf(hostPid) !== undefined ? hostPid : undefined
}

/** Runs a command inside a node's namespaces, with the node's own root. */
export function execInNode(init: ProcessId, argv: string[], options: CommandOptions = {}): Promise<CommandResult> {
  return runCommand([...enterNode(init), ...argv], {
    ...options,
    inheritEnv: false,
    env: { PATH: nodePath, HOME: '/root', ...options.env },
  })
}

/** The words that, put before a command, run it inside a node. */
export function enterNode(init: ProcessId): string[] {
  return [
    'nsenter',
    '--target',
    String(init.pid),
    '--mount',
    '--uts',
    '--ipc',
    '--net',
    '--pid',
    '--root',
    '--wdns=/',
    '--',
  ]
}

/** Where a node finds programs. */
export const nodePath: string = `${inside.bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`

/**
 * The first process of the new pid namespace. For a worker, `nsenter` and `unshare` both stand between: `unshare` has
 * the new network already, but is in the control plane's pid namespace.
 */
function findInit(outside: ProcessId): ProcessId | undefined {
  let generation = [outside.pid]
  while (generation.length > 0) {
    generation = generation.flatMap(childrenOf)
    for (const pid of generation) {
      const startedAt = startTimeOf(pid)
      if (startedAt !== undefined && innerPidOf(pid) === '1') return { pid, startedAt }
    }
  }
  if (startTimeOf(outside.pid) === undefined)
    throw new KubemendError('node-died', 'the node ended before it began; see init.log')
  return undefined
}

async function waitForReady(dir: string, init: ProcessId): Promise<void> {
  await until(
    async () => {
      if (existsSync(`/proc/${init.pid}/root/run/node/ready`)) return true
      if (startTimeOf(init.pid) === undefined) {
        const said = readOrUndefined(path.join(dir, 'init.log'))?.trim().split('\n').slice(-3).join('; ')
        throw new KubemendError('node-died', `the node's first process ended: ${said ?? 'it said nothing'}`)
      }
      return false
    },
    { what: 'the node to make its root', timeoutMs: 10_000, intervalMs: 4 },
  )
}

function childrenOf(pid: number): number[] {
  const text = readOrUndefined(`/proc/${pid}/task/${pid}/children`) ?? ''
  return text.split(' ').filter(Boolean).map(Number)
}

/** The id a process has in its own, innermost pid namespace. */
function innerPidOf(pid: number): string | undefined {
  return /^NSpid:.*?(\d+)$/m.exec(readOrUndefined(`/proc/${pid}/status`) ?? '')?.[1]
}

function readOrUndefined(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
