import { messageOf } from '../../harness/base/errors.ts'
import { thisProcess } from '../../harness/base/daemon.ts'
import type { ClusterSummary } from '../provider.ts'
import { existingFolders, ownerOf } from './existing-folder.ts'
import { giveBack } from './give-back.ts'

/** Every cluster that is lent to us now. */
export async function listBorrowed(): Promise<ClusterSummary[]> {
  const summaries: ClusterSummary[] = []
  for (const folder of await existingFolders()) {
    const record = await folder.readRecord()
    if (!record) continue
    summaries.push({
      name: folder.name,
      provider: 'existing',
      kubernetes: record.spec.kubernetes,
      nodes: record.spec.nodes.map((node) => node.name),
      addons: record.spec.addons,
      state: record.state,
      owner: ownerOf(record, thisProcess()),
      kubeconfig: folder.kubeconfig,
      createdAt: record.createdAt,
    })
  }
  return summaries
}

/** Gives back what dead owners had; what cannot be reached now stays on record for the next time. */
export async function removeBorrowedLeftovers(): Promise<string[]> {
  const removed: string[] = []
  for (const folder of await existingFolders()) {
    const record = await folder.readRecord()
    if (!record || ownerOf(record, thisProcess()) !== 'died') continue
    const refusal = await giveBack(folder, record).then(() => undefined, messageOf)
    const { context } = record
    removed.push(
      refusal === undefined
        ? `cluster ${folder.name}: the process that used context ${context} ended, and what was new in it is gone`
        : `nothing of cluster ${folder.name}: context ${context} cannot be given back now (${refusal})`,
    )
  }
  return removed
}
