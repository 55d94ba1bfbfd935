import { existsSync } from 'node:fs'
import { mkdir, readdir, symlink } from 'node:fs/promises'
import path from 'node:path'
import { cached, keyOf } from '../../harness/base/cache.ts'
import { mustRun, runCommand } from '../../harness/base/command.ts'
import { KubemendError } from '../../harness/base/errors.ts'
import { buildGoProgram } from '../images/build-go-program.ts'

export interface DockerPrograms {
  /** A folder with dockerd, docker, containerd, runc, iptables and what they start, by name. */
  bin: string
  /** Stands before runc: takes out of a container what this machine does not allow. */
  ociRuntime: string
  /** What the programs need in their environment. */
  env: Record<string, string>
}

/**
 * Docker's engine out of Debian's packages, unpacked into the cache: nothing is installed, no maintainer script runs
 * and no service is started.
 */
export async function ensureDockerPrograms(
  onProgress: (line: string) => void = () => undefined,
): Promise<DockerPrograms> {
  const packages = await missingPackages()
  const dir = await cached('docker-programs', keyOf(['docker programs 1', packages, process.arch]), async (draft) => {
    onProgress("taking Docker's engine from Debian's packages")
    await unpackPackages(packages, draft)
    await linkPrograms(draft)
  })
  const libraries = await libraryFolders(path.join(dir, 'root/usr/lib'))
  return {
    bin: path.join(dir, 'bin'),
    ociRuntime: await buildGoProgram({ kind: 'go', module: 'environments/kind/oci-runtime', path: '' }),
    env: {
      LD_LIBRARY_PATH: libraries.join(':'),
      XTABLES_LIBDIR: libraries.map((folder) => path.join(folder, 'xtables')).join(':'),
    },
  }
}

const engine = 'docker.io'

/** The engine's packages with their versions, and those that it needs and this machine does not have. */
async function missingPackages(): Promise<string[]> {
  const hasOwnClient = (await runCommand(['apt-cache', 'show', '--quiet', 'docker-cli'])).exitCode === 0
  const wanted = [engine, 'iptables', ...(hasOwnClient ? ['docker-cli'] : [])]
  const plan = await runCommand(
    ['apt-get', 'install', '--simulate', '--reinstall', '--no-install-recommends', ...wanted],
    { env: { LC_ALL: 'C' } },
  )
  if (plan.exitCode !== 0) {
    throw new KubemendError('no-docker', "Docker's engine cannot be had from Debian's packages here", {
      hint: `apt-get update, or install Docker yourself (apt said: ${plan.stderr.trim().split('\n').at(-1) ?? ''})`,
    })
  }
  return [...plan.stdout.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+) /gm)]
    .map(([, name, version]) => `${name}=${version}`)
    .toSorted()
}

async function unpackPackages(packages: string[], dir: string): Promise<void> {
  const work = path.join(dir, 'packages')
  await mkdir(work)
  await mustRun(['apt-get', '-o', 'APT::Sandbox::User=root', 'download', '--quiet', ...packages], { cwd: work })
  for (const name of await readdir(work)) {
    await mustRun(['dpkg-deb', '--extract', path.join(work, name), path.join(dir, 'root')])
  }
  await mustRun(['rm', '--recursive', work])
}

/** One folder with every program; iptables under the names that Debian's alternatives would give it. */
async function linkPrograms(dir: string): Promise<void> {
  const bin = path.join(dir, 'bin')
  await mkdir(bin)
  for (const folder of ['usr/bin', 'usr/sbin', 'bin', 'sbin']) {
    for (const name of await readdir(path.join(dir, 'root', folder)).catch(() => [])) {
      if (!existsSync(path.join(bin, name))) await symlink(path.join('../root', folder, name), path.join(bin, name))
    }
  }
  for (const name of ['iptables', 'ip6tables'].flatMap((tool) => [tool, `${tool}-save`, `${tool}-restore`])) {
    if (!existsSync(path.join(bin, name))) await symlink('xtables-nft-multi', path.join(bin, name))
  }
}

async function libraryFolders(lib: string): Promise<string[]> {
  const names = await readdir(lib).catch(() => [])
  return names.filter((name) => name.endsWith('-linux-gnu')).map((name) => path.join(lib, name))
}
