import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { cached, cachedDir, isCached, keyOf } from '../../harness/base/cache.ts'
import { mustRun, runCommand, type CommandResult } from '../../harness/base/command.ts'
import { messageOf } from '../../harness/base/errors.ts'

export const harborVersion = '0.24.0'

/** The real Harbor from PyPI, in a Debian root of its own. */
export interface Harbor {
  /** Runs its Python; the folder is at /files inside, read-only. */
  python(args: string[], files: string): Promise<CommandResult>
}

/** Harbor, made on the first call (a minute) and cached; or in one line why it cannot be had here. */
export async function findHarbor(): Promise<{ harbor: Harbor } | { missing: string }> {
  if (process.getuid?.() !== 0) return { missing: 'real Harbor needs root for its Debian root' }
  const ingredients = keyOf({ harborVersion, suite, recipe: 1 })
  if (!(await isCached('harbor-root', ingredients))) {
    const found = await runCommand(['mmdebstrap', '--version'])
    if (found.exitCode !== 0) return { missing: 'real Harbor needs mmdebstrap' }
    try {
      await cached('harbor-root', ingredients, makeRoot)
    } catch (error) {
      return { missing: `real Harbor could not be made: ${messageOf(error).split('\n').at(-1)}` }
    }
  }
  const root = path.join(cachedDir('harbor-root', ingredients), 'root')
  return { harbor: { python: (args, files) => runInside(root, ['/opt/harbor/bin/python', ...args], { files }) } }
}

const suite = 'trixie'
const certificates = '/etc/ssl/certs/ca-certificates.crt'

async function makeRoot(dir: string): Promise<void> {
  const root = path.join(dir, 'root')
  const packages = '--include=python3,python3-venv,ca-certificates'
  await mustRun(['mmdebstrap', '--variant=minbase', packages, suite, root], { timeoutMs: 300_000 })
  await copyFile(certificates, path.join(root, certificates)).catch(() => undefined)
  await copyFile('/etc/pip.conf', path.join(root, 'etc/pip.conf')).catch(() => undefined)
  await mkdir(path.join(root, 'files'))
  const install = `python3 -m venv /opt/harbor && /opt/harbor/bin/pip install --quiet --no-cache-dir harbor==${harborVersion}`
  const result = await runInside(root, ['sh', '-c', install], { isOnline: true, timeoutMs: 280_000 })
  if (result.exitCode !== 0) throw new Error(result.stderr || result.stdout)
  await writeFile(path.join(dir, 'made-of'), `${suite} harbor ${harborVersion}\n`)
}

/** Runs a command in the root, with mounts that nobody else sees and that end with it. */
function runInside(
  root: string,
  argv: string[],
  options: { files?: string; isOnline?: boolean; timeoutMs?: number },
): Promise<CommandResult> {
  const script = [
    'set -e',
    'mount -t proc proc "$1/proc"',
    'mount --rbind /dev "$1/dev"',
    ...(options.files === undefined ? [] : ['mount --bind "$2" "$1/files"', 'mount -o remount,bind,ro "$1/files"']),
    'root="$1"; shift 2',
    'exec chroot "$root" "$@"',
  ].join('\n')
  const unshare = ['unshare', '--mount', '--pid', '--fork', '--kill-child', ...(options.isOnline ? [] : ['--net'])]
  return runCommand([...unshare, 'sh', '-c', script, 'sh', root, options.files ?? '', ...argv], {
    inheritEnv: false,
    env: {
      ...pipEnvironment(),
      PATH: '/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin',
      HOME: '/root',
      HARBOR_TELEMETRY: 'off',
    },
    timeoutMs: options.timeoutMs ?? 120_000,
  })
}

/** What the machine says about where packages come from. */
function pipEnvironment(): Record<string, string> {
  const names = Object.keys(process.env).filter((name) => /^(pip_|https?_proxy$|no_proxy$|ssl_cert)/i.test(name))
  return Object.fromEntries(names.map((name) => [name, process.env[name] ?? '']))
}
