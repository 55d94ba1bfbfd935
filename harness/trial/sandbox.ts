import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { sleep } from '../base/clock.ts'
import { runCommand, type CommandResult } from '../base/command.ts'
import { makeScratch } from '../base/scratch.ts'
import { limitProcesses } from './limit-processes.ts'
import { TrialFault } from './trial-fault.ts'

export interface SandboxOptions {
  /** A script on this machine and where it is inside. */
  argv: readonly string[]
  /** What is inside where, beside the system's programs. */
  mounts: SandboxMount[]
  /** The whole environment, PATH and HOME aside. */
  env?: Record<string, string>
  /** What of it nobody may see among the arguments of a process. */
  secretEnv?: Record<string, string>
  cwd?: string
  /** Programs that are found on the PATH inside, by name. */
  programs?: Record<string, string>
  /** Loopback ports of this machine that are loopback ports inside too; there is no other network. */
  ports?: readonly SandboxPort[]
  /** Further names of the loopback inside. */
  hostnames?: readonly string[]
  /** A folder whose programs and libraries are there in place of the machine's. */
  rootfs?: string
  /** Who the script is inside; root unless given. */
  uid?: number
  /** The program that carries those ports through. */
  portal: string
  /** Told, once it is there, of a process whose network is the script's. */
  onNetwork?: (pid: number) => void
  timeoutMs: number
  signal?: AbortSignal
  stdin?: string
  onLine?: (line: string) => void
}

export interface SandboxMount {
  from: string
  to: string
  isWritable?: boolean
  /** It is a link, and is to be one inside: it leads nowhere outside. */
  isLink?: boolean
}

/** A port of this machine under its own number, or under another inside; or an address behind a portal's socket. */
export type SandboxPort = number | { inside: number; outside: number | BehindPortal }

export interface BehindPortal {
  socket: string
  address: string
}

/**
 * Runs a script where it sees the system's programs, what is mounted and nothing else: no file, process, environment or
 * network of this machine. Everything it started ends with it, at the deadline at the latest.
 */
export async function runInSandbox(options: SandboxOptions): Promise<CommandResult> {
  mustHaveSandbox()
  const dir = await makeScratch('sandbox')
  using _ = endRestOnAbort(
    dir,
    AbortSignal.any([AbortSignal.timeout(options.timeoutMs), ...(options.signal ? [options.signal] : [])]),
  )
  const doors = await Promise.all(
    portsOf(options).map(({ inside, outside }) => openDoor(outside, path.join(dir, String(inside)))),
  )
  if (options.hostnames !== undefined) {
    await writeFile(path.join(dir, 'hosts'), `127.0.0.1 localhost ${options.hostnames.join(' ')}\n`)
  }
  const secrets = Object.entries(options.secretEnv ?? {}).map(([name, value]) => `export ${name}=${quote(value)}\n`)
  await writeFile(path.join(dir, 'environment'), secrets.join(''), { mode: 0o600 })
  await using limit = await limitProcesses(path.basename(dir))
  const over = new AbortController()
  if (options.onNetwork) void findInside(dir, over.signal).then((pid) => pid !== undefined && options.onNetwork?.(pid))
  try {
    return await runCommand(
      limit.argv([
        'bwrap',
        ...confine(options, dir),
        '--',
        '/bin/bash',
        '-c',
        startScript,
        'sandbox',
        ...inlets(options),
        '--',
        ...options.argv,
      ]),
      {
        inheritEnv: false,
        env: { PATH: process.env['PATH'] ?? '/usr/bin' },
        timeoutMs: options.timeoutMs,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
        ...(options.onLine === undefined ? {} : { onLine: options.onLine }),
        maxBytes: keptBytes,
      },
    )
  } finally {
    over.abort()
    for (const door of doors) door.close()
    await rm(dir, { recursive: true, force: true })
  }
}

/** A machine that cannot confine a script says nothing about the script, and runs it in no other way. */
export function mustHaveSandbox(): void {
  const places = (process.env['PATH'] ?? '/usr/bin').split(path.delimiter)
  if (places.some((dir) => existsSync(path.join(dir, 'bwrap')))) return
  throw new TrialFault('harness', 'no-sandbox', 'scripts are confined by bubblewrap, which is not installed here')
}

/**
 * bwrap (0.8) that is ended while it still sets up leaves a child that waits for it for ever and holds our pipes. Both
 * have our folder among their arguments; the end of the child is the end of all that is in the sandbox.
 */
function endRestOnAbort(dir: string, signal: AbortSignal): Disposable {
  let timer: NodeJS.Timeout | undefined
  const begin = (): void => {
    timer = setInterval(() => killAllWith(dir), 300)
  }
  if (signal.aborted) begin()
  else signal.addEventListener('abort', begin, { once: true })
  return {
    [Symbol.dispose]() {
      signal.removeEventListener('abort', begin)
      clearInterval(timer)
    },
  }
}

function killAllWith(argument: string): void {
  for (const pid of allWith(argument)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // it has ended
    }
  }
}

function allWith(argument: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const commandLine = readFileSync(`/proc/${name}/cmdline`, 'utf8')
      return commandLine.startsWith('bwrap\0') && commandLine.includes(argument) ? [Number(name)] : []
    } catch {
      return []
    }
  })
}

/** The first process of a sandbox that is in its network; undefined when the sandbox is over before it has one. */
async function findInside(dir: string, signal: AbortSignal): Promise<number | undefined> {
  const outside = readlinkSync('/proc/self/ns/net')
  for (;;) {
    const inside = allWith(dir).find((pid) => ![undefined, outside].includes(linkTarget(`/proc/${pid}/ns/net`)))
    if (inside !== undefined || signal.aborted) return signal.aborted ? undefined : inside
    await sleep(20)
  }
}

/** What is kept of each stream of a script. */
const keptBytes = 4 * 2 ** 20

/** Opens the inlets, waits until they listen, then becomes the script. */
const startScript = `pairs=()
while [ "$1" != -- ]; do pairs+=("$1"); shift; done
shift
if [ \${#pairs[@]} -gt 0 ]; then
  coproc inlet { exec /run/sandbox/portal inlet "\${pairs[@]}"; }
  read -r -u "\${inlet[0]}"
fi
. /run/sandbox/doors/environment
exec "$@"`

function inlets(options: SandboxOptions): string[] {
  return portsOf(options).map(({ inside }) => `${inside}=/run/sandbox/doors/${inside}`)
}

function portsOf({ ports = [] }: SandboxOptions): Exclude<SandboxPort, number>[] {
  return ports.map((port) => (typeof port === 'number' ? { inside: port, outside: port } : port))
}

function confine(options: SandboxOptions, doors: string): string[] {
  const environment = {
    PATH: '/opt/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
    HOME: '/root',
    LANG: 'C.UTF-8',
    ...options.env,
  }
  return [
    ...words('--unshare-all --die-with-parent --new-session --clearenv --hostname sandbox'),
    ...words(`--uid ${options.uid ?? 0} --gid ${options.uid ?? 0}`),
    ...systemFolders(options.rootfs ?? ''),
    ...words('--proc /proc --dev /dev --tmpfs /tmp --tmpfs /root --tmpfs /run'),
    '--ro-bind',
    doors,
    '/run/sandbox/doors',
    '--ro-bind',
    options.portal,
    '/run/sandbox/portal',
    ...(options.hostnames === undefined ? [] : ['--ro-bind', path.join(doors, 'hosts'), '/etc/hosts']),
    ...Object.entries(options.programs ?? {}).flatMap(([name, file]) => ['--ro-bind', file, `/opt/bin/${name}`]),
    ...options.mounts.flatMap(({ from, to, isWritable, isLink }) =>
      isLink ? ['--symlink', linkTarget(from) ?? '', to] : [isWritable ? '--bind' : '--ro-bind', from, to],
    ),
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    '--chdir',
    options.cwd ?? '/',
  ]
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

function words(line: string): string[] {
  return line.split(' ')
}

/** The system's programs and what they need of /etc, read-only. */
function systemFolders(root: string): string[] {
  const folders = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64'].filter((folder) => existsSync(root + folder))
  const etc = ['/etc/alternatives', '/etc/ld.so.cache', '/etc/ssl', '/etc/passwd', '/etc/group'].filter((entry) =>
    existsSync(root + entry),
  )
  return [
    ...folders.flatMap((folder) => {
      const target = linkTarget(root + folder)
      return target === undefined ? ['--ro-bind', root + folder, folder] : ['--symlink', target, folder]
    }),
    ...etc.flatMap((entry) => ['--ro-bind', root + entry, entry]),
  ]
}

function linkTarget(file: string): string | undefined {
  try {
    return readlinkSync(file)
  } catch {
    return undefined
  }
}

/** A Unix socket whose connections go to a loopback port of this machine, or through a portal. */
function openDoor(way: number | BehindPortal, socketFile: string): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((inner) => {
      const outer = typeof way === 'number' ? net.connect(way, '127.0.0.1') : net.connect(way.socket)
      if (typeof way !== 'number') outer.write(`${way.address}\n`)
      inner.pipe(outer).pipe(inner)
      inner.on('error', () => outer.destroy())
      outer.on('error', () => inner.destroy())
    })
    server.on('error', reject)
    server.listen(socketFile, () => resolve(server))
  })
}
