import type { Cluster, ClusterSummary } from '../../../../environments/provider.ts'
import { InputError } from '../../../base/errors.ts'
import { allProviders } from '../../providers.ts'

/** Every cluster of every provider. */
export async function listAllClusters(): Promise<ClusterSummary[]> {
  const providers = await allProviders()
  return (await Promise.all(providers.map((provider) => provider.list()))).flat()
}

/** The named cluster, or the only one there is. */
export async function findCluster(name: string | undefined): Promise<Cluster> {
  const summaries = await listAllClusters()
  const named = name === undefined ? summaries : summaries.filter((s) => s.name === name)
  const [summary] = named
  if (named.length === 1 && summary) {
    const provider = (await allProviders()).find((p) => p.name === summary.provider)
    if (provider) return provider.attach(summary.name)
  }
  const there = summaries.map((s) => s.name).join(', ')
  if (summaries.length === 0)
    throw new InputError(['there is no cluster'], { hint: 'kubemend cluster up brings one up' })
  throw new InputError([name === undefined ? 'which cluster?' : `there is no cluster ${name}`], {
    hint: `there is ${there}`,
  })
}
