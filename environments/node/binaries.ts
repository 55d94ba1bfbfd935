import os from 'node:os'
import { cached, isCached, keyOf } from '../../harness/base/cache.ts'
import { mustRun } from '../../harness/base/command.ts'
import { KubemendError } from '../../harness/base/errors.ts'
import { buildPortal, buildPortmap, buildPrograms, digestOfModule } from './build-programs.ts'
import { releaseChecksums } from './release-checksums.ts'
import { downloadReleases, releasesOf, releasesReachable, unpinnedReleases } from './releases.ts'
import { nodeVersions, type NodeVersions } from './versions.ts'

export interface Binaries {
  /** A folder with every program by its name, and the CNI plugins in `cni/`. */
  bin: string
  versions: NodeVersions
}

/** The programs of a folder that `ensureBinaries` made for that minor. */
export function binariesIn(bin: string, minor: string): Binaries {
  const versions = nodeVersions[minor]
  if (!versions) {
    const known = Object.keys(nodeVersions).join(', ')
    throw new KubemendError('unknown-version', `Kubernetes ${minor} is not known`, { hint: `one of ${known}` })
  }
  return { bin, versions }
}

/**
 * Every program a node runs, in one folder. Official releases where they can be downloaded; otherwise built from their
 * Go modules, with runc and the CNI plugins from Debian's packages. Either way it is in the cache under what it is
 * made from; our own portal is kept apart, so that a change to it builds nothing else again.
 */
export async function ensureBinaries(
  minor: string,
  onProgress: (line: string) => void = () => undefined,
): Promise<Binaries> {
  const { versions } = binariesIn('', minor)
  const portalKey = keyOf({ portal: await digestOfModule('portal'), arch: os.arch() })
  const source = await chooseSource(versions)
  const programsKey = await keyOfPrograms(versions, source)
  const portmapKey =
    source === 'built' ? keyOf({ portmap: await digestOfModule('portmap'), arch: os.arch() }) : undefined
  const bin = await cached(kind, keyOf({ programsKey, portalKey, portmapKey }), async (dir) => {
    const programs = await cached(kind, programsKey, (draft) =>
      source === 'downloaded'
        ? downloadReleases(versions, draft, onProgress)
        : buildPrograms(versions, draft, onProgress),
    )
    const portal = await cached(kind, portalKey, (draft) => buildPortal(draft, onProgress))
    const parts = [programs, portal]
    if (portmapKey !== undefined) {
      parts.push(await cached(kind, portmapKey, (draft) => buildPortmap(draft, onProgress)))
    }
    // links, so that the pages of a program are shared by all that ever run it; a later part replaces what an earlier has
    for (const part of parts) await mustRun(['cp', '--archive', '--link', '--force', `${part}/.`, dir])
  })
  return { bin, versions }
}

const kind = 'binaries'
type Source = 'downloaded' | 'built'

/** What is in the cache already is taken before anything is asked of the network. */
async function chooseSource(versions: NodeVersions): Promise<Source> {
  const possible: Source[] = []
  if (unpinnedReleases(versions).length === 0) possible.push('downloaded')
  if (versions.canBeBuilt) possible.push('built')
  for (const source of possible) {
    if (await isCached(kind, await keyOfPrograms(versions, source))) return source
  }
  if (possible.includes('downloaded') && (await releasesReachable(versions))) return 'downloaded'
  if (possible.includes('built')) return 'built'
  const unpinned = unpinnedReleases(versions)
  const why = unpinned.length > 0 ? `no checksum is known for ${unpinned.join(', ')}` : 'its releases are not reachable'
  throw new KubemendError('download-only', `Kubernetes ${versions.kubernetes} can only be downloaded, and ${why}`, {
    hint: `use ${buildableMinors()}, or name a mirror with KUBEMEND_RELEASE_MIRROR`,
  })
}

/** What the programs are made from; a change to any of it makes another folder. */
async function keyOfPrograms(versions: NodeVersions, source: Source): Promise<string> {
  if (source === 'downloaded') {
    const files = releasesOf(versions)
    return keyOf({ source, files: files.map((file) => ({ ...file, checksum: releaseChecksums[file.url] })) })
  }
  const sources = await Promise.all(['hyperkube', 'containerd'].map((module) => digestOfModule(module)))
  const { kubernetes, containerd } = versions
  return keyOf({ source, arch: os.arch(), sources, kubernetes, containerd })
}

function buildableMinors(): string {
  return Object.entries(nodeVersions)
    .flatMap(([minor, { canBeBuilt }]) => (canBeBuilt ? [minor] : []))
    .join(', ')
}
