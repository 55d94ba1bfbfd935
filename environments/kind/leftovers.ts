import { removeDeadDrafts } from '../../harness/base/cache.ts'
import { runCommand } from '../../harness/base/command.ts'
import { isRunning, thisProcess } from '../../harness/base/daemon.ts'
import { messageOf } from '../../harness/base/errors.ts'
import type { ClusterSummary } from '../provider.ts'
import { destroyKind } from './destroy-kind.ts'
import { findEngine, type ContainerEngine } from './engine.ts'
import { KindFolder, kindDir, kindFolders, kindPrefix, type KindRecord } from './kind-folder.ts'
import { removeIdleNetwork } from './network.ts'
import { removeOwnDockerLeftovers } from './own-docker.ts'

/** Every kind cluster of ours, with whether it lives and whose it is. */
export async function listKindClusters(): Promise<ClusterSummary[]> {
  const summaries: ClusterSummary[] = []
  for (const folder of await kindFolders()) {
    const record = await folder.readRecord()
    if (record) summaries.push(await summarize(folder, record))
  }
  return summaries
}

/** Removes clusters whose owner died, containers of ours without a record, and half-made things in the cache. */
export async function removeKindLeftovers(): Promise<string[]> {
  const removed: string[] = []
  for (const folder of await kindFolders()) {
    const record = await folder.readRecord()
    const why = record ? await whyGarbage(folder, record) : 'it has no record'
    if (why === undefined) continue
    const refusal = await destroyKind(folder, record).then(() => undefined, messageOf)
    if (refusal === undefined) removed.push(`kind cluster ${folder.name}: ${why}`)
  }
  removed.push(...(await removeUnknownContainers()), ...(await removeOwnDockerLeftovers()))
  for (const kind of ['kind', 'kind-node-images', 'kind-userland', 'docker-programs']) {
    for (const draft of await removeDeadDrafts(kind)) removed.push(`${draft}: its maker ended`)
  }
  return removed
}

async function summarize(folder: KindFolder, record: KindRecord): Promise<ClusterSummary> {
  return {
    name: folder.name,
    provider: 'kind',
    kubernetes: record.spec.kubernetes,
    nodes: record.spec.nodes.map((node) => node.name),
    addons: record.spec.addons,
    state: await stateOf(folder, record),
    owner: ownerOf(record),
    kubeconfig: folder.kubeconfig,
    createdAt: record.createdAt,
  }
}

async function whyGarbage(folder: KindFolder, record: KindRecord): Promise<string | undefined> {
  if (ownerOf(record) === 'died') return 'the process that made it ended'
  // whoever still owns a cluster is told by the cluster itself that it is broken
  const isAbandoned = record.state === 'running' && ownerOf(record) === 'nobody'
  return isAbandoned && (await runningContainers(folder, record)) === 0 ? 'its nodes have ended' : undefined
}

function ownerOf(record: KindRecord): ClusterSummary['owner'] {
  // nobody's cluster that is not up yet belongs to whoever is bringing it up
  const owner = record.owner ?? (record.state === 'starting' ? record.maker : null)
  if (owner === null) return 'nobody'
  if (!isRunning(owner)) return 'died'
  return owner.pid === thisProcess().pid ? 'this-process' : 'another-process'
}

async function stateOf(folder: KindFolder, record: KindRecord): Promise<ClusterSummary['state']> {
  if (record.state === 'starting') return 'starting'
  return (await runningContainers(folder, record)) === record.spec.nodes.length ? 'running' : 'dead'
}

async function runningContainers(folder: KindFolder, { engine }: KindRecord): Promise<number> {
  const filters = ['--filter', `label=io.x-k8s.kind.cluster=${folder.kindName}`, '--filter', 'status=running']
  const answer = await runCommand([engine.program, 'ps', '--quiet', ...filters], { env: engine.env })
  return answer.stdout.split('\n').filter(Boolean).length
}

/** Containers that mount files of this state folder, whose cluster is on no record: a record that somebody deleted. */
async function removeUnknownContainers(): Promise<string[]> {
  const found = await findEngine()
  if ('problems' in found) return []
  const { engine } = found
  const clusters = new Map<string, string[]>()
  for (const { id, cluster } of await listKindContainers(engine)) {
    const name = cluster.slice(kindPrefix.length)
    const isOurs = cluster.startsWith(kindPrefix) && (await mountsFrom(engine, id, `${kindDir}/${name}/`))
    const isKnown = (await new KindFolder(name).readRecord()) !== undefined
    if (isOurs && !isKnown) clusters.set(name, [...(clusters.get(name) ?? []), id])
  }
  const removed: string[] = []
  for (const [name, ids] of clusters) {
    await runCommand([engine.program, 'rm', '--force', '--volumes', ...ids], { env: engine.env })
    removed.push(`containers of kind cluster ${name}: it has no record`)
  }
  if (removed.length > 0) await removeIdleNetwork({ ...engine, isOwn: engine.own !== undefined })
  return removed
}

async function listKindContainers(engine: ContainerEngine): Promise<{ id: string; cluster: string }[]> {
  const label = 'io.x-k8s.kind.cluster'
  const format = `{{.ID}} {{.Label "${label}"}}`
  const answer = await runCommand([engine.program, 'ps', '--all', '--filter', `label=${label}`, '--format', format], {
    env: engine.env,
  })
  return answer.stdout
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([id, cluster]) => (id && cluster ? [{ id, cluster }] : []))
}

async function mountsFrom(engine: ContainerEngine, id: string, dir: string): Promise<boolean> {
  const format = '{{range .Mounts}}{{println .Source}}{{end}}'
  const answer = await runCommand([engine.program, 'inspect', '--format', format, id], { env: engine.env })
  return answer.stdout.split('\n').some((source) => source.startsWith(dir))
}
