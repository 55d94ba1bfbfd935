import { thisProcess } from '../../harness/base/daemon.ts'
import { InputError, KubemendError } from '../../harness/base/errors.ts'
import { addonImages } from '../addons/install-addons.ts'
import { ensureImages } from '../images/ensure-images.ts'
import { raiseMachineLimits } from '../node/machine-limits.ts'
import type { Capabilities, Cluster, ClusterSpec, CreateOptions, Problem, Provider } from '../provider.ts'
import { bringUpKind } from './bring-up-kind.ts'
import { checkKindSpec } from './check-kind-spec.ts'
import { chooseNodeImage, kindMinors } from './choose-node-image.ts'
import { containersOf, destroyKind } from './destroy-kind.ts'
import { diskProblem } from './disk-space.ts'
import { findEngine, type ContainerEngine } from './engine.ts'
import { ensureKind } from './kind-binary.ts'
import { KindCluster } from './kind-cluster.ts'
import { KindFolder, type KindRecord } from './kind-folder.ts'
import { keepFailureLogs } from './keep-failure-logs.ts'
import { listKindClusters, removeKindLeftovers } from './leftovers.ts'
import { ensureNetwork } from './network.ts'
import { writeNodeFiles } from './node-files.ts'

const capabilities: Capabilities = {
  snapshots: false,
  multipleNodes: true,
  nodeExec: true,
  loadImage: true,
  auditLog: true,
  nodeCapacity: true,
  apiServerNames: false,
  kubernetesVersions: kindMinors,
}

export interface KindOptions {
  /** 'none' leaves the nodes without a pod network, for a CNI of the caller's; such nodes are not Ready. */
  cni?: 'default' | 'none'
}

/** Clusters by kind, the reference that everybody knows: nodes are containers of Docker, Podman or nerdctl. */
export function createKindProvider(settings: KindOptions = {}): Provider {
  return {
    name: 'kind',
    capabilities,
    problems,
    create: (spec, options) => create(spec, options, settings),
    async hasSnapshot() {
      return false
    },
    async restore(key) {
      throw new InputError([`there is no snapshot ${key}: kind clusters cannot be kept and restored`])
    },
    async attach(name) {
      const folder = new KindFolder(name)
      const record = await folder.readRecord()
      if (!record) {
        throw new InputError([`there is no kind cluster ${name}`], {
          hint: 'kubemend cluster list names those there are',
        })
      }
      return new KindCluster(folder, record, capabilities)
    },
    list: listKindClusters,
    removeLeftovers: removeKindLeftovers,
  }
}

async function problems(): Promise<Problem[]> {
  const found = await findEngine()
  if ('problems' in found) return found.problems
  const full = await diskProblem(found.engine)
  return full ? [full] : []
}

async function create(spec: ClusterSpec, options: CreateOptions, settings: KindOptions): Promise<Cluster> {
  const onProgress = options.onProgress ?? (() => undefined)
  const work = { onProgress, ...(options.signal ? { signal: options.signal } : {}) }
  checkKindSpec(spec)
  options.signal?.throwIfAborted()
  const engine = await mustFindEngine()
  const kind = await ensureKind(onProgress)
  const images = await ensureImages([...spec.images, ...addonImages(spec.addons)], work)
  const nodeImage = await chooseNodeImage(spec.kubernetes, engine, work)
  const cni = settings.cni ?? 'default'

  const folder = new KindFolder(spec.name)
  const record: KindRecord = {
    spec,
    createdAt: new Date().toISOString(),
    owner: options.owner === 'nobody' ? null : thisProcess(),
    maker: thisProcess(),
    state: 'starting',
    kind,
    engine: { name: engine.name, program: engine.program, env: engine.env, isOwn: engine.own !== undefined },
  }
  await folder.claim(record)
  const cluster = new KindCluster(folder, record, capabilities)
  try {
    await refuseTakenName(folder, record)
    if (process.getuid?.() === 0) await raiseMachineLimits()
    await ensureNetwork(record.engine)
    await writeNodeFiles(folder, spec, { image: nodeImage.ref, isOfficial: nodeImage.isOfficial, cni })
    await bringUpKind({ cluster, engine, archives: images.map((image) => image.archive), nodeImage, cni, ...work })
    options.signal?.throwIfAborted()
    record.state = 'running'
    await folder.writeRecord(record)
    return cluster
  } catch (error) {
    throw await cleanUp(cluster, error, options.signal?.aborted ?? false)
  }
}

/** The first error stays the headline; what was left of the cluster is kept as logs, not as a cluster. */
async function cleanUp(cluster: KindCluster, error: unknown, wasStopped: boolean): Promise<unknown> {
  if (process.env['KUBEMEND_KEEP']) return error
  const isForeign = error instanceof KubemendError && error.code === nameTaken
  const explained = isForeign || wasStopped ? error : await keepFailureLogs(cluster, error)
  await destroyKind(cluster.folder, isForeign ? undefined : cluster.record)
  return explained
}

async function mustFindEngine(): Promise<ContainerEngine> {
  const found = await findEngine()
  if ('engine' in found) {
    const full = await diskProblem(found.engine)
    if (full) throw new KubemendError('disk-full', full.what, { hint: full.cure })
    return found.engine
  }
  throw new KubemendError('no-engine', found.problems.map((problem) => problem.what).join('; '), {
    hint: found.problems.map((problem) => problem.cure).join('; '),
  })
}

const nameTaken = 'name-taken'

/** Containers under this name that are not on our record are somebody else's, and stay. */
async function refuseTakenName(folder: KindFolder, record: KindRecord): Promise<void> {
  if ((await containersOf(record.engine, folder.kindName)).length === 0) return
  throw new KubemendError(
    nameTaken,
    `${record.engine.name} has containers of a kind cluster ${folder.kindName} already`,
    {
      hint: `choose another name, or kind delete cluster --name ${folder.kindName}`,
    },
  )
}
