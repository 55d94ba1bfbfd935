import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { mustRun, runCommand, type CommandResult } from '../../harness/base/command.ts'
import { isRunning, startDaemon, type ProcessId } from '../../harness/base/daemon.ts'
import { until } from '../../harness/base/retry.ts'
import { ensureImages } from './ensure-images.ts'

export interface SandboxOptions {
  /** Instead of the image's Cmd. */
  args?: string[]
  /** Instead of the image's Entrypoint. */
  entrypoint?: string[]
  env?: Record<string, string>
  /** Files put in before the start. */
  files?: Record<string, string>
  /** Instead of the image's User: "101" or "101:101". */
  user?: string
  /** Shares another sandbox's network. */
  network?: ImageSandbox
}

/** An image's program in namespaces of its own, without a cluster: what behaviour tests of images need. Wants root. */
export class ImageSandbox implements AsyncDisposable {
  readonly #dir: string
  readonly #env: Record<string, string>
  readonly #stopSignal: NodeJS.Signals
  readonly #outer: ProcessId
  readonly pid: number

  private constructor(
    dir: string,
    env: Record<string, string>,
    stopSignal: NodeJS.Signals,
    processes: { outer: ProcessId; pid: number },
  ) {
    this.#dir = dir
    this.#env = env
    this.#stopSignal = stopSignal
    this.#outer = processes.outer
    this.pid = processes.pid
  }

  /** Unpacks the image and starts its program as process 1 of its own pid, mount, network, ipc and uts namespaces. */
  static async start(ref: string, options: SandboxOptions = {}): Promise<ImageSandbox> {
    const [image] = await ensureImages([ref])
    const dir = await mkdtemp(path.join(os.tmpdir(), 'kubemend-image-'))
    const root = path.join(dir, 'root')
    const config = await unpack(image!.archive, root)
    for (const [name, content] of Object.entries(options.files ?? {})) await addFile(root, name, content)
    const env = { ...Object.fromEntries((config.Env ?? []).map(splitOnce)), HOME: '/', ...options.env }
    const argv = [...(options.entrypoint ?? config.Entrypoint ?? []), ...(options.args ?? config.Cmd ?? [])]
    const user = await userIds(root, options.user ?? config.User ?? '0')
    const inner = ['env', '-i', ...Object.entries(env).map((pair) => pair.join('=')), 'unshare', `--root=${root}`]
    const run = [...inner, `--wd=${config.WorkingDir || '/'}`, `--setgid=${user.gid}`, `--setuid=${user.uid}`, ...argv]
    const share = options.network ? ['nsenter', `--net=/proc/${options.network.pid}/ns/net`] : []
    const isolate = ['unshare', '--pid', '--fork', '--kill-child', '--mount', '--uts', '--ipc']
    const own = options.network ? [] : ['--net']
    await writeFile(path.join(dir, 'log'), '')
    // runtimes give the standard streams to the image's user; nginx opens them again by name
    await chmod(path.join(dir, 'log'), 0o666)
    const outer = startDaemon([...share, ...isolate, ...own, 'sh', '-ec', prepareRoot, 'sh', root, ...run], {
      logFile: path.join(dir, 'log'),
    })
    const pid = await waitForStart(ref, outer, root).catch(async (error: unknown) => {
      const log = await readFile(path.join(dir, 'log'), 'utf8')
      if (isRunning(outer)) process.kill(outer.pid, 'SIGKILL')
      await rm(dir, { recursive: true, force: true })
      throw new Error(`${ref} did not start: ${log.trim().split('\n').slice(-5).join('\n')}`, { cause: error })
    })
    return new ImageSandbox(dir, env, (config.StopSignal ?? 'SIGTERM') as NodeJS.Signals, { outer, pid })
  }

  /** Runs a program of the image beside the first one. */
  async exec(
    argv: string[],
    options: { stdin?: string; timeoutMs?: number; user?: string } = {},
  ): Promise<CommandResult> {
    const spaces = ['--mount', '--uts', '--ipc', '--net', '--pid', '--root', '--wd']
    const user = options.user === undefined ? [] : [`--setuid=${options.user}`, `--setgid=${options.user}`]
    const enter = ['/usr/bin/nsenter', `--target=${this.pid}`, ...spaces, ...user, '--', ...argv]
    // into files: Node's pipes are sockets, which nobody can open again as /dev/stdout
    const streams = ['stdout', 'stderr'].map((name) => path.join(this.#dir, `${name}-${execs++}`)) as [string, string]
    const result = await runCommand(
      ['/bin/sh', '-c', 'out=$1 err=$2; shift 2; exec "$@" >"$out" 2>"$err"', 'sh', ...streams, ...enter],
      {
        env: this.#env,
        inheritEnv: false,
        timeoutMs: options.timeoutMs ?? 20_000,
        ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
      },
    )
    const [stdout, stderr] = await Promise.all(streams.map((file) => readFile(file, 'utf8')))
    return { ...result, stdout: stdout ?? '', stderr: `${stderr}${result.stderr}` }
  }

  /** Puts a file in while the program runs. */
  addFile(name: string, content: string): Promise<void> {
    return addFile(path.join(this.#dir, 'root'), name, content)
  }

  /** Everything the program has printed. */
  log(): Promise<string> {
    return readFile(path.join(this.#dir, 'log'), 'utf8')
  }

  /** Whether the program still runs. */
  isRunning(): boolean {
    return isRunning(this.#outer)
  }

  /** Sends the image's stop signal and tells in how many milliseconds the program ended, if it did. */
  async stop(signal: NodeJS.Signals = this.#stopSignal, timeoutMs = 10_000): Promise<number> {
    const started = performance.now()
    process.kill(this.pid, signal)
    await until(async () => !this.isRunning(), { what: `the program to end on ${signal}`, timeoutMs, intervalMs: 10 })
    return performance.now() - started
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isRunning()) await this.stop('SIGKILL')
    await rm(this.#dir, { recursive: true, force: true })
  }
}

let execs = 0

/** An address of the sandbox beside 127.0.0.1, for programs that treat the two differently. */
export const otherAddress = '192.0.2.1'

/** Gives the new root what container runtimes give: /proc, a small /dev, and the loopback interface. */
const prepareRoot = `
root=$1; shift
mount --make-rprivate /
mount --bind "$root" "$root"
mkdir -p "$root/proc" "$root/dev"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for name in null zero full random urandom tty; do touch "$root/dev/$name"; mount --bind "/dev/$name" "$root/dev/$name"; done
mkdir -m 1777 "$root/dev/shm"
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"
ip link set lo up
ip address replace ${otherAddress}/32 dev lo
exec "$@"
`

async function addFile(root: string, name: string, content: string): Promise<void> {
  const file = path.join(root, name)
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, content, { mode: name.endsWith('.sh') ? 0o755 : 0o644 })
}

interface RunConfig {
  Entrypoint?: string[]
  Cmd?: string[]
  Env?: string[]
  WorkingDir?: string
  User?: string
  StopSignal?: string
}

async function unpack(archive: string, root: string): Promise<RunConfig> {
  await mkdir(root, { recursive: true })
  const read = async (name: string): Promise<Record<string, unknown>> =>
    JSON.parse((await mustRun(['tar', '-xOf', archive, name])).stdout) as Record<string, unknown>
  const [manifest] = (await read('manifest.json')) as unknown as [{ Config: string; Layers: string[] }]
  for (const layer of manifest.Layers) {
    const script = 'tar -xOf "$1" "$2" | tar -xp --xattrs --xattrs-include="*" --numeric-owner -C "$3"'
    await mustRun(['sh', '-ec', script, 'sh', archive, layer, root])
  }
  return (await read(manifest.Config))['config'] as RunConfig
}

async function userIds(root: string, user: string): Promise<{ uid: number; gid: number }> {
  const [name = '0', group] = user.split(':')
  if (/^\d+$/.test(name)) return { uid: Number(name), gid: Number(group ?? 0) }
  const passwd = await readFile(path.join(root, 'etc/passwd'), 'utf8')
  const fields = passwd.split('\n').map((line) => line.split(':'))
  const found = fields.find(([known]) => known === name)
  if (!found) throw new Error(`the image's passwd has no user ${name}`)
  return { uid: Number(found[2]), gid: Number(found[3]) }
}

/** The pid of the image's program, once it has taken the place of the preparing shell; one that ended at once is fine. */
async function waitForStart(ref: string, outer: ProcessId, root: string): Promise<number> {
  const wait = { what: `${ref} to start`, timeoutMs: 10_000, intervalMs: 10 }
  const pid = await until(() => firstChild(outer.pid), wait)
  await until(() => hasStarted(pid, root), wait)
  return pid
}

async function firstChild(pid: number): Promise<number | undefined> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  return Number(children.trim().split(' ')[0]) || undefined
}

/** The preparing shell has become the image's program once its root is the image's. */
async function hasStarted(pid: number, root: string): Promise<boolean> {
  const { stdout } = await runCommand(['readlink', `/proc/${pid}/root`])
  return stdout.trim() === root || stdout.trim() === ''
}

function splitOnce(line: string): [string, string] {
  const at = line.indexOf('=')
  return [line.slice(0, at), line.slice(at + 1)]
}
