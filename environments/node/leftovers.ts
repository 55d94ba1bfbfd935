import { stat } from 'node:fs/promises'
import { isRunning, thisProcess } from '../../harness/base/daemon.ts'
import { removeDeadDrafts } from '../../harness/base/cache.ts'
import type { ClusterSummary } from '../provider.ts'
import { clusterFolders, type ClusterFolder, type ClusterRecord } from './cluster-folder.ts'
import { destroyCluster } from './destroy-cluster.ts'
import { restoreMachineLimits } from './machine-limits.ts'

/** Every cluster of this machine, with whether it lives and whose it is. */
export async function listClusters(): Promise<ClusterSummary[]> {
  const summaries: ClusterSummary[] = []
  for (const folder of await clusterFolders()) {
    const record = await folder.readRecord()
    if (record) summaries.push(summarize(folder, record))
  }
  return summaries
}

/** Removes clusters whose owner died or whose nodes ended, and whatever half-made thing lies beside them. */
export async function removeLeftovers(): Promise<string[]> {
  const removed: string[] = []
  for (const folder of await clusterFolders()) {
    const record = await folder.readRecord()
    const why = record ? whyGarbage(record) : await whyUnrecorded(folder)
    if (why === undefined) continue
    await destroyCluster(folder, record)
    removed.push(`cluster ${folder.name}: ${why}`)
  }
  for (const kind of ['binaries', 'image-stores', 'images', 'layers', 'snapshots']) {
    for (const draft of await removeDeadDrafts(kind)) removed.push(`${draft}: its maker ended`)
  }
  return [...removed, ...(await restoreMachineLimits())]
}

function summarize(folder: ClusterFolder, record: ClusterRecord): ClusterSummary {
  return {
    name: folder.name,
    provider: 'node',
    kubernetes: record.spec.kubernetes,
    nodes: record.spec.nodes.map((node) => node.name),
    addons: record.spec.addons,
    state: areNodesRunning(record) ? record.state : 'dead',
    owner: ownerOf(record),
    kubeconfig: folder.kubeconfig,
    createdAt: record.createdAt,
  }
}

function whyGarbage(record: ClusterRecord): string | undefined {
  if (ownerOf(record) === 'died') return 'the process that made it ended'
  if (record.state === 'running' && !areNodesRunning(record)) return 'its nodes have ended'
  return undefined
}

/** A folder gets its record right after it is made; only one that stayed without is left over. */
async function whyUnrecorded(folder: ClusterFolder): Promise<string | undefined> {
  const { mtimeMs } = await stat(folder.dir)
  return Date.now() - mtimeMs > 60_000 ? 'it has no record' : undefined
}

function ownerOf(record: ClusterRecord): ClusterSummary['owner'] {
  // nobody's cluster that is not up yet belongs to whoever is bringing it up
  const owner = record.owner ?? (record.state === 'starting' ? record.maker : null)
  if (owner === null) return 'nobody'
  if (!isRunning(owner)) return 'died'
  return owner.pid === thisProcess().pid ? 'this-process' : 'another-process'
}

function areNodesRunning(record: ClusterRecord): boolean {
  const nodes = Object.values(record.nodes)
  return record.state === 'starting' || (nodes.length > 0 && nodes.every((node) => isRunning(node.init)))
}
