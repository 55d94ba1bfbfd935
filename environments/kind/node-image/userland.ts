import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { cached, keyOf } from '../../../harness/base/cache.ts'
import { mustRun, runCommand } from '../../../harness/base/command.ts'
import { KubemendError } from '../../../harness/base/errors.ts'
import { aptSources, debianSuite } from '../../images/debian-mirror.ts'
import type { Blob } from '../../images/oci-archive.ts'
import { packTree, readLayer } from './pack-tree.ts'

/**
 * The lowest layer of a node: Debian with systemd, as it is after installation, tuned for a container. bookworm's
 * systemd is the last of Debian's that still runs on control groups of version 1.
 */
export async function ensureUserland(signal?: AbortSignal): Promise<Blob> {
  const dir = await cached(
    'kind-userland',
    keyOf(['userland 1', suite, packages, unwanted, process.arch]),
    async (draft) => {
      const root = path.join(draft, 'root')
      await bootstrap(root, signal)
      await tuneForContainer(root)
      await packTree(root, draft)
      await mustRun(['rm', '--recursive', root])
    },
  )
  return readLayer(dir)
}

/** What keeps the userland from being made here, or undefined when nothing does. */
export async function whyNoUserland(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'making a node image needs root'
  const answer = await runCommand(['mmdebstrap', '--version'])
  return answer.exitCode === 0 ? undefined : 'mmdebstrap is not installed'
}

const suite = 'bookworm'

const packages = [
  'systemd',
  'systemd-sysv',
  // without it mmdebstrap would install perl for the sake of merging /usr
  'usr-is-merged',
  'conntrack',
  'ethtool',
  'iproute2',
  'iptables',
  'kmod',
  'libseccomp2',
  'mount',
  'nftables',
  'procps',
  'util-linux',
]

/** What no node needs, by path: documentation, package management, and what only builds or translates. */
const unwanted = [
  'usr/share/doc',
  'usr/share/info',
  'usr/share/locale',
  'usr/share/man',
  'usr/share/zoneinfo',
  'usr/lib/apt',
  'usr/lib/udev/hwdb.d',
  'usr/lib/x86_64-linux-gnu/gconv',
  'usr/lib/aarch64-linux-gnu/gconv',
  'var/cache',
  'var/lib/apt',
  'var/log',
]

async function bootstrap(root: string, signal: AbortSignal | undefined): Promise<void> {
  const obstacle = await whyNoUserland()
  if (obstacle !== undefined) {
    throw new KubemendError('no-node-image', `the node image cannot be made here: ${obstacle}`, {
      hint: 'apt-get install mmdebstrap, or use a machine that reaches an image registry',
    })
  }
  const sources = (await aptSources()).replace(` ${debianSuite} `, ` ${suite} `)
  await mustRun(
    [
      'nice',
      'mmdebstrap',
      '--variant=minbase',
      `--include=${packages.join(',')}`,
      '--aptopt=APT::Install-Recommends "false"',
      '--dpkgopt=path-exclude=/usr/share/doc/*',
      '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
      suite,
      root,
      sources.trim(),
    ],
    { timeoutMs: 900_000, ...(signal ? { signal } : {}) },
  )
}

/** Only what a node needs is started, and nothing waits for hardware that a container does not have. */
async function tuneForContainer(root: string): Promise<void> {
  for (const name of unwanted) await rm(path.join(root, name), { recursive: true, force: true })
  await mkdir(path.join(root, 'var/log'))
  const units = path.join(root, 'usr/lib/systemd/system')
  for (const target of ['multi-user', 'basic', 'local-fs'])
    await emptyFolder(path.join(units, `${target}.target.wants`))
  for (const target of ['sockets', 'sysinit'])
    await emptyFolder(path.join(units, `${target}.target.wants`), (unit) => unneeded.test(unit))
  for (const entry of await readdir(path.join(root, 'etc/systemd/system'))) {
    if (entry.endsWith('.wants')) await rm(path.join(root, 'etc/systemd/system', entry), { recursive: true })
  }
  await symlink('/usr/lib/systemd/system/multi-user.target', path.join(root, 'etc/systemd/system/default.target'))
  await mkdir(path.join(root, 'etc/systemd/journald.conf.d'), { recursive: true })
  await writeFile(path.join(root, 'etc/systemd/journald.conf.d/node.conf'), '[Journal]\nReadKMsg=no\n')
  await writeFile(path.join(root, 'etc/machine-id'), '')
  await rm(path.join(root, 'etc/resolv.conf'), { force: true })
}

const unneeded = /udev|systemd-tmpfiles-setup|binfmt|sys-kernel-|hugepages|systemd-random-seed|systemd-pcr|initctl/

async function emptyFolder(dir: string, isUnwanted: (name: string) => boolean = () => true): Promise<void> {
  for (const name of await readdir(dir).catch(() => [])) {
    if (isUnwanted(name)) await rm(path.join(dir, name))
  }
}
