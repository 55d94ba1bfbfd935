import { chmod, copyFile, mkdir, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { mustRun } from '../../harness/base/command.ts'
import { KubemendError } from '../../harness/base/errors.ts'
import { download, isReachable } from './download.ts'
import { releaseChecksums, type Checksum } from './release-checksums.ts'
import type { NodeVersions } from './versions.ts'

/** The programs of a node that are in Kubernetes' own release. */
export const kubernetesPrograms = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'kubectl',
  'kubeadm',
] as const

/** One file of a project's release, and what of it goes where in the folder of programs. */
export interface Release {
  url: string
  /** The folder below the programs, '' for the same. */
  into: '' | 'cni'
  /** The programs it brings, under their final names. */
  programs: readonly string[]
  /** The path of the programs in the archive; undefined for a file that is the program itself. */
  archiveDir: string | undefined
}

export interface ReleaseOptions {
  pins?: Readonly<Record<string, Checksum>>
  arch?: string
  retryAfterMs?: number
  progressEveryMs?: number
}

/** The files that a node's programs come from. */
export function releasesOf(versions: NodeVersions, arch: string = releaseArch): Release[] {
  const { kubernetes, etcd, containerd, runc, cni } = versions
  const github = (repository: string, version: string, file: string): string =>
    `https://github.com/${repository}/releases/download/v${version}/${file}`
  return [
    {
      url: `https://dl.k8s.io/v${kubernetes}/kubernetes-server-linux-${arch}.tar.gz`,
      into: '',
      programs: kubernetesPrograms,
      archiveDir: 'kubernetes/server/bin/',
    },
    {
      url: github('etcd-io/etcd', etcd, `etcd-v${etcd}-linux-${arch}.tar.gz`),
      into: '',
      programs: ['etcd'],
      archiveDir: `etcd-v${etcd}-linux-${arch}/`,
    },
    {
      url: github('containerd/containerd', containerd, `containerd-${containerd}-linux-${arch}.tar.gz`),
      into: '',
      programs: ['containerd', 'containerd-shim-runc-v2', 'ctr'],
      archiveDir: 'bin/',
    },
    { url: github('opencontainers/runc', runc, `runc.${arch}`), into: '', programs: ['runc'], archiveDir: undefined },
    {
      url: github('containernetworking/plugins', cni, `cni-plugins-linux-${arch}-v${cni}.tgz`),
      into: 'cni',
      programs: cniPlugins,
      archiveDir: './',
    },
  ]
}

/** The files of a release that no checksum is known for: with any of them missing, nothing is downloaded. */
export function unpinnedReleases(versions: NodeVersions, options: ReleaseOptions = {}): string[] {
  const pins = options.pins ?? releaseChecksums
  return releasesOf(versions, options.arch).flatMap(({ url }) => (pins[url] === undefined ? [url] : []))
}

/** Whether the releases can be downloaded from here: every host answers, within two seconds. */
export async function releasesReachable(versions: NodeVersions): Promise<boolean> {
  const ofEachHost = new Map(releasesOf(versions).map(({ url }) => [new URL(url).host, url]))
  const answers = await Promise.all([...ofEachHost.values()].map((url) => isReachable(url)))
  return answers.every(Boolean)
}

/**
 * Fills a folder with the programs of a node from official releases, all downloaded at once.
 * It throws only after every download has ended, so that the folder can be removed.
 */
export async function downloadReleases(
  versions: NodeVersions,
  dir: string,
  onProgress: (line: string) => void,
  options: ReleaseOptions = {},
): Promise<void> {
  const unpinned = unpinnedReleases(versions, options)
  if (unpinned.length > 0) throw new KubemendError('unpinned', `no checksum is known for ${unpinned.join(', ')}`)
  const pins = options.pins ?? releaseChecksums
  const work = path.join(dir, '.downloads')
  await mkdir(work)
  const failing = new AbortController()
  using progress = new Progress(`Kubernetes ${versions.kubernetes}`, onProgress, options.progressEveryMs ?? 3_000)
  const outcomes = await Promise.allSettled(
    releasesOf(versions, options.arch).map(async (release) => {
      try {
        const file = path.join(work, path.basename(release.url))
        await download(release.url, pins[release.url]!, file, {
          signal: failing.signal,
          onBytes: (received, total) => progress.note(release.url, received, total),
          ...(options.retryAfterMs === undefined ? {} : { retryAfterMs: options.retryAfterMs }),
        })
        await unpack(release, file, path.join(dir, release.into))
      } catch (error) {
        failing.abort(error)
        throw error
      }
    }),
  )
  // the first failure ended the others, with itself as their reason
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed) throw failing.signal.reason
  await rm(work, { recursive: true })
  await writeFile(path.join(dir, 'source'), 'downloaded: official releases\n')
}

/** Those that Debian's package has, too. */
const cniPlugins =
  'bandwidth bridge dhcp firewall host-device host-local ipvlan loopback macvlan portmap ptp sbr static tuning vlan vrf'.split(
    ' ',
  )

const releaseArch = os.arch() === 'x64' ? 'amd64' : os.arch()

async function unpack(release: Release, file: string, dir: string): Promise<void> {
  await mkdir(dir, { recursive: true })
  const { archiveDir, programs } = release
  if (archiveDir === undefined) {
    for (const program of programs) await copyFile(file, path.join(dir, program))
  } else {
    const depth = archiveDir.split('/').length - 1
    const members = programs.map((program) => `${archiveDir}${program}`)
    await mustRun(
      ['tar', '--extract', '--file', file, '--directory', dir, `--strip-components=${depth}`, '--no-same-owner'].concat(
        members,
      ),
    )
  }
  for (const program of programs) {
    const target = path.join(dir, program)
    if (!(await stat(target)).isFile())
      throw new KubemendError('bad-release', `${program} of ${release.url} is no file`)
    await chmod(target, 0o755)
  }
  await rm(file)
}

/** Says every few seconds how much of all files has arrived. */
class Progress implements Disposable {
  readonly #files = new Map<string, { received: number; total: number | undefined }>()
  readonly #timer: NodeJS.Timeout

  constructor(what: string, onProgress: (line: string) => void, everyMs: number) {
    onProgress(`downloading ${what} and what runs it`)
    this.#timer = setInterval(() => onProgress(`downloading ${what}: ${this.#summary()}`), everyMs).unref()
  }

  note(file: string, received: number, total: number | undefined): void {
    this.#files.set(file, { received, total })
  }

  #summary(): string {
    const files = [...this.#files.values()]
    const received = files.reduce((sum, file) => sum + file.received, 0)
    const total = files.reduce((sum, file) => sum + (file.total ?? file.received), 0)
    return received === total
      ? `${megabytes(received)} MB, unpacking`
      : `${megabytes(received)} of ${megabytes(total)} MB`
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0)
}
