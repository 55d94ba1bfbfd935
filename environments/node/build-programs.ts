import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, copyFile, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { mustRun } from '../../harness/base/command.ts'
import { KubemendError } from '../../harness/base/errors.ts'
import { packageRoot } from '../../harness/base/package-root.ts'
import { findGo } from './find-go.ts'
import { kubernetesPrograms } from './releases.ts'
import type { NodeVersions } from './versions.ts'

/** The programs of a node, built from their Go modules, with runc and the CNI plugins from Debian's packages. */
export async function buildPrograms(
  versions: NodeVersions,
  dir: string,
  onProgress: (line: string) => void,
): Promise<void> {
  const build = await goBuilder(onProgress)
  onProgress(`building Kubernetes ${versions.kubernetes} from its Go modules (about 6 minutes on two cores, once)`)
  await build('hyperkube', path.join(dir, 'hyperkube'), ['.'], hyperkubeFlags(versions))
  for (const name of components) await symlink('hyperkube', path.join(dir, name))
  onProgress(`building containerd ${versions.containerd} from its Go module (about 2 minutes)`)
  const containerd = 'github.com/containerd/containerd/v2'
  await build(
    'containerd',
    `${dir}/`,
    ['containerd', 'containerd-shim-runc-v2', 'ctr'].map((p) => `${containerd}/cmd/${p}`),
    [
      '-tags',
      'no_btrfs no_devmapper no_zfs no_aufs',
      '-ldflags',
      `-s -w -X ${containerd}/version.Version=v${versions.containerd}`,
    ],
  )
  onProgress("taking runc and the CNI plugins from Debian's packages")
  await fromDebian(['runc', 'containernetworking-plugins'], dir)
  await writeFile(path.join(dir, 'source'), 'built from Go modules and Debian packages\n')
}

/** The program of our own that lets the host reach into a cluster's network. */
export async function buildPortal(dir: string, onProgress: (line: string) => void): Promise<void> {
  const build = await goBuilder(onProgress)
  await build('portal', path.join(dir, 'portal'), ['.'], ['-ldflags', '-s -w'])
}

/** Debian 12's own portmap (CNI plugins 1.1) knows iptables only, which nodes do not have. */
export async function buildPortmap(dir: string, onProgress: (line: string) => void): Promise<void> {
  const build = await goBuilder(onProgress)
  const plugin = 'github.com/containernetworking/plugins/plugins/meta/portmap'
  await build('portmap', path.join(dir, 'cni/portmap'), [plugin], ['-ldflags', '-s -w'])
}

/** What one of our Go modules is made from. */
export async function digestOfModule(module: string): Promise<string> {
  const dir = moduleDir(module)
  const hash = createHash('sha256')
  for (const name of (await readdir(dir)).filter((n) => /\.go$|^go\.(mod|sum)$/.test(n)).toSorted()) {
    hash.update(`${name}\0`).update(await readFile(path.join(dir, name)))
  }
  return hash.digest('hex')
}

/** The names that the multi-call binary answers to. */
const components = ['etcd', ...kubernetesPrograms]

function moduleDir(module: string): string {
  return path.join(packageRoot, 'environments/node', module)
}

function hyperkubeFlags(versions: NodeVersions): string[] {
  const [major, minor] = versions.kubernetes.split('.')
  const variables = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((p) => [
    `${p}.gitVersion=v${versions.kubernetes}`,
    `${p}.gitMajor=${major}`,
    `${p}.gitMinor=${minor}`,
    `${p}.gitTreeState=clean`,
    `${p}.gitCommit=module`,
    `${p}.buildDate=1970-01-01T00:00:00Z`,
  ])
  return ['-ldflags', ['-s', '-w', ...variables.map((v) => `-X ${v}`)].join(' ')]
}

type GoBuild = (module: string, output: string, packages: string[], flags: string[]) => Promise<void>

async function goBuilder(onProgress: (line: string) => void): Promise<GoBuild> {
  const go = await findGo({ onProgress })
  return async (module, output, packages, flags) => {
    await mustRun([go, 'build', '-trimpath', '-buildvcs=false', ...flags, '-o', output, ...packages], {
      cwd: moduleDir(module),
      env: { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly' },
    })
  }
}

/** Unpacks packages without installing them: nothing on this machine changes. */
async function fromDebian(packages: string[], dir: string): Promise<void> {
  const work = path.join(dir, '.debian')
  await mkdir(work)
  await mustRun(['apt-get', 'download', '--quiet', ...packages], { cwd: work })
  for (const name of await readdir(work)) {
    if (name.endsWith('.deb')) await mustRun(['dpkg-deb', '--extract', name, 'root'], { cwd: work })
  }
  const runc = ['usr/sbin/runc', 'usr/bin/runc'].map((p) => path.join(work, 'root', p)).find((p) => existsSync(p))
  if (!runc) throw new KubemendError('no-runc', "Debian's runc package holds no runc where it is expected")
  await copyFile(runc, path.join(dir, 'runc'))
  await chmod(path.join(dir, 'runc'), 0o755)
  await mustRun(['cp', '--recursive', path.join(work, 'root/usr/lib/cni'), path.join(dir, 'cni')])
  await mustRun(['rm', '--recursive', work])
}
