import path from 'node:path'
import { thisProcess } from '../../harness/base/daemon.ts'
import { InputError } from '../../harness/base/errors.ts'
import type { Capabilities, Cluster, ClusterSpec, CreateOptions, Provider } from '../provider.ts'
import { addonImages, applyAddons, waitForAddons } from '../addons/install-addons.ts'
import { ensureImages } from '../images/ensure-images.ts'
import { applyBaseObjects, createNodeObjects } from './base-objects.ts'
import { binariesIn, ensureBinaries, type Binaries } from './binaries.ts'
import { bootCluster, type BootPlan } from './boot.ts'
import { ClusterFolder, type ClusterRecord } from './cluster-folder.ts'
import { nodeSlots } from './components.ts'
import { destroyCluster } from './destroy-cluster.ts'
import { ensureImageStore } from './image-store.ts'
import { listClusters, removeLeftovers } from './leftovers.ts'
import { raiseMachineLimits } from './machine-limits.ts'
import { NodeCluster } from './node-cluster.ts'
import { findNodeProblems } from './node-problems.ts'
import { applyExtendedResources } from './node-size.ts'
import { createPki } from './pki.ts'
import { hideRestore, moveTime, waitForNodes, waitForPods } from './restore.ts'
import { copySnapshot, findSnapshot } from './snapshot.ts'
import { checkSpec } from './check-spec.ts'
import { nodeVersions } from './versions.ts'
import { waitUntilWhole } from './wait-whole.ts'

const capabilities: Capabilities = {
  snapshots: true,
  multipleNodes: true,
  nodeExec: true,
  loadImage: true,
  auditLog: true,
  nodeCapacity: true,
  kubernetesVersions: Object.keys(nodeVersions),
  apiServerNames: true,
}

/** Upstream Kubernetes in namespaces of its own: no Docker, no virtual machine, ready in seconds. */
export function createNodeProvider(): Provider {
  return {
    name: 'node',
    capabilities,
    problems: findNodeProblems,
    create,
    async hasSnapshot(key) {
      return (await findSnapshot(key)) !== undefined
    },
    restore,
    async attach(name) {
      const folder = new ClusterFolder(name)
      const record = await folder.readRecord()
      if (!record)
        throw new InputError([`there is no cluster ${name}`], { hint: 'kubemend cluster list names those there are' })
      return new NodeCluster(folder, record, capabilities)
    },
    list: listClusters,
    removeLeftovers,
  }
}

async function create(spec: ClusterSpec, options: CreateOptions): Promise<Cluster> {
  const say = options.onProgress ?? (() => undefined)
  checkSpec(spec)
  const binaries = await ensureBinaries(spec.kubernetes, say)
  const { pauseImage, corednsImage } = binaries.versions
  const wanted = [...new Set([pauseImage, corednsImage, ...addonImages(spec.addons), ...spec.images])]
  const images = await ensureImages(wanted, { onProgress: say, ...(options.signal ? { signal: options.signal } : {}) })
  const imageStore = await ensureImageStore({ bin: binaries.bin, images, onProgress: say })
  return begin(spec, options, { binaries, imageStore, isNew: true }, async (plan) => {
    const pki = createPki({
      bin: binaries.bin,
      kubernetesVersion: binaries.versions.kubernetes,
      slots: plan.slots,
      names: spec.apiServerNames ?? [],
      kubernetesDir: (node) => path.join(plan.folder.nodeLib(node), 'kubernetes'),
    })
    using booted = await bootCluster(plan, pki)
    const { client } = booted
    await createNodeObjects(client, plan.slots)
    await booted.release()
    await booted.startControllers()
    await Promise.all([applyBaseObjects(client), applyAddons(client, spec)])
    plan.onStep('base objects applied')
    await waitUntilWhole(client, plan)
    await waitForAddons(client, spec.addons, options.signal ? { signal: options.signal } : {})
    await applyExtendedResources(client, spec.nodes)
  })
}

async function restore(key: string, name: string, options: CreateOptions): Promise<Cluster> {
  const snapshot = await findSnapshot(key)
  if (!snapshot) throw new InputError([`there is no snapshot ${key}`])
  const spec = { ...snapshot.spec, name }
  const parts = { binaries: binariesIn(snapshot.bin, spec.kubernetes), imageStore: snapshot.imageStore, isNew: false }
  return begin(spec, options, parts, async (plan) => {
    const nodes = spec.nodes.map((node) => node.name)
    await copySnapshot(key, plan.folder, nodes)
    plan.onStep('files copied')
    using booted = await bootCluster(plan, Promise.resolve())
    const { client } = booted
    await moveTime(client, new Date(snapshot.takenAt))
    await booted.release()
    await waitForNodes(client, snapshot.expectation)
    plan.onStep('nodes Ready')
    // a controller that saw them before would act on nodes that are not Ready
    await booted.startControllers()
    await waitForPods(client, { expectation: snapshot.expectation, onStep: plan.onStep })
    await waitForAddons(client, spec.addons, options.signal ? { signal: options.signal } : {})
    await applyExtendedResources(client, spec.nodes)
    await hideRestore(client, snapshot.expectation)
  })
}

/** Records the cluster before anything of it exists, and removes everything of it when bringing it up fails. */
async function begin(
  spec: ClusterSpec,
  options: CreateOptions,
  parts: { binaries: Binaries; imageStore: string; isNew: boolean },
  bringUp: (plan: BootPlan) => Promise<void>,
): Promise<Cluster> {
  const folder = new ClusterFolder(spec.name)
  const record: ClusterRecord = {
    spec,
    createdAt: new Date().toISOString(),
    owner: options.owner === 'nobody' ? null : thisProcess(),
    maker: thisProcess(),
    state: 'starting',
    imageStore: parts.imageStore,
    bin: parts.binaries.bin,
    nodes: {},
  }
  await folder.claim(record)
  const plan: BootPlan = {
    folder,
    record,
    slots: nodeSlots(spec.name, spec.nodes),
    ...parts,
    onStep(step) {
      options.signal?.throwIfAborted()
      options.onProgress?.(step)
    },
  }
  try {
    await raiseMachineLimits()
    await bringUp(plan)
    options.signal?.throwIfAborted()
    record.state = 'running'
    await folder.writeRecord(record)
    return new NodeCluster(folder, record, capabilities)
  } catch (error) {
    if (!process.env['KUBEMEND_KEEP']) await destroyCluster(folder, record)
    throw error
  }
}
