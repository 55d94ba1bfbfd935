import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { messageOf } from '../../base/errors.ts'
import type { KubeClient, KubeObject } from '../../base/kube-client.ts'
import { until } from '../../base/retry.ts'
import { isManifestFolder, type ForeignCluster } from '../../harbor/cluster-service.ts'
import type { ComposeMount } from '../../harbor/compose-file.ts'
import { readYaml } from '../../task/yaml-documents.ts'
import { TrialFault } from '../trial-fault.ts'

interface OwnManifest {
  file: string
  object: KubeObject
}

/** Applies what a distribution would apply by itself, again and again until all of it is there. */
export async function applyOwnManifests(options: {
  client: KubeClient
  cluster: ForeignCluster
  /** Where a mount's files are on this machine. */
  placeOf: (mount: ComposeMount) => string | undefined
  signal: AbortSignal
}): Promise<void> {
  let missing = await readOwnManifests(options)
  let because = ''
  const applyRest = async (): Promise<true | undefined> => {
    const left: OwnManifest[] = []
    for (const one of missing) {
      await options.client.apply(one.object, 'deploy').catch((error: unknown) => {
        because = `${one.file}: ${messageOf(error)}`
        left.push(one)
      })
    }
    missing = left
    return left.length === 0 ? true : undefined
  }
  const within = { what: "the cluster's own manifests", timeoutMs: longestMs, intervalMs: 500, signal: options.signal }
  await until(applyRest, within).catch((error: unknown) => {
    throw new TrialFault('task', 'not-applied', `among the cluster's own manifests, ${because}`, error)
  })
}

/** How long an object may wait for its kind or its namespace. */
const longestMs = 60_000

async function readOwnManifests({ cluster, placeOf }: Parameters<typeof applyOwnManifests>[0]): Promise<OwnManifest[]> {
  const found: OwnManifest[] = []
  for (const mount of cluster.mounts) {
    if (mount.kind !== 'bind' || !isManifestFolder(cluster.distribution, mount.target)) continue
    const place = placeOf(mount) ?? ''
    const names = (await stat(place)).isFile() ? [''] : await readdir(place, { recursive: true })
    for (const name of names.toSorted().filter((one) => /^$|\.(ya?ml|json)$/.test(one))) {
      const { documents } = readYaml(await readFile(path.join(place, name), 'utf8'))
      const file = path.posix.join(mount.source, name)
      found.push(...documents.map(({ value }) => ({ file, object: value as KubeObject })))
    }
  }
  return found
}
