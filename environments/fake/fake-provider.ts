import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { sleep } from '../../harness/base/clock.ts'
import { isRunning, thisProcess, type ProcessId } from '../../harness/base/daemon.ts'
import { InputError, KubemendError } from '../../harness/base/errors.ts'
import {
  addonNames,
  type Capabilities,
  type Cluster,
  type ClusterSpec,
  type CreateOptions,
  type Provider,
} from '../provider.ts'
import { FakeCluster, type FakeExec, type FakeSnapshot } from './fake-cluster.ts'

/** The moments of bringing a fake cluster up, in order. */
export const fakeSteps = ['claimed', 'API server ready', 'nodes Ready', 'DNS answers'] as const
export type FakeStep = (typeof fakeSteps)[number]

export interface FakeProviderOptions {
  capabilities?: Partial<Capabilities>
  /** Which images can be had; all of them unless told. */
  hasImage?: (image: string) => boolean
  /** How long each step takes. */
  stepMs?: number
  /** The step at which bringing a cluster up fails. */
  failAt?: FakeStep
  /** What commands on nodes answer; without it, nodes run none. */
  exec?: FakeExec
  /** Sees every cluster before it is handed over: the place to set its faults. */
  onCluster?: (cluster: FakeCluster) => void
}

/** Clusters in this process's memory, for tests of whatever uses clusters: no processes, milliseconds to start. */
export function createFakeProvider(
  options: FakeProviderOptions = {},
): Provider & { clusters: Map<string, FakeCluster> } {
  const clusters = new Map<string, FakeCluster>()
  const snapshots = new Map<string, FakeSnapshot>()
  const capabilities: Capabilities = {
    snapshots: true,
    multipleNodes: true,
    nodeExec: options.exec !== undefined,
    loadImage: false,
    auditLog: true,
    nodeCapacity: true,
    apiServerNames: false,
    kubernetesVersions: ['1.35', '1.34'],
    ...options.capabilities,
  }
  const hasImage = options.hasImage ?? (() => true)

  async function bringUp(spec: ClusterSpec, create: CreateOptions, from: FakeSnapshot | undefined): Promise<Cluster> {
    if (clusters.has(spec.name)) {
      throw new InputError([`cluster ${spec.name} exists already`], { hint: `kubemend cluster down ${spec.name}` })
    }
    const dir = path.join(fakeDir, `${process.pid}-${spec.name}`)
    const cluster = new FakeCluster({
      spec,
      dir,
      owner: create.owner,
      capabilities,
      hasImage,
      exec: options.exec,
      from,
      keep: (key, snapshot) => void snapshots.set(key, snapshot),
      onDestroyed: () => clusters.get(spec.name) === cluster && clusters.delete(spec.name),
    })
    clusters.set(spec.name, cluster)
    try {
      for (const step of fakeSteps) {
        if (options.stepMs) await sleep(options.stepMs, create.signal)
        create.signal?.throwIfAborted()
        if (step === 'claimed') await claim(dir)
        if (step === 'API server ready') await cluster.start()
        if (step === options.failAt) throw new KubemendError('fake-fault', `the fake cluster failed at: ${step}`)
        create.onProgress?.(step)
        create.signal?.throwIfAborted()
      }
      options.onCluster?.(cluster)
      return cluster
    } catch (error) {
      await cluster.destroy()
      throw error
    }
  }

  return {
    name: 'fake',
    capabilities,
    clusters,
    async problems() {
      return []
    },
    async create(spec, create) {
      checkSpec(spec, capabilities, hasImage)
      return bringUp(spec, create, undefined)
    },
    async hasSnapshot(key) {
      return snapshots.has(key)
    },
    async restore(key, name, create) {
      const snapshot = snapshots.get(key)
      if (!snapshot) throw new InputError([`there is no snapshot ${key}`])
      return bringUp({ ...snapshot.spec, name }, create, snapshot)
    },
    async attach(name) {
      const cluster = clusters.get(name)
      if (!cluster) throw new InputError([`there is no cluster ${name}`])
      return cluster
    },
    async list() {
      return Promise.all(
        [...clusters.values()].map(async ({ name, spec, owner, kubeconfig, createdAt }) => ({
          name,
          provider: 'fake',
          kubernetes: spec.kubernetes,
          nodes: spec.nodes.map((node) => node.name),
          addons: spec.addons,
          state: (await clusters.get(name)?.brokenBecause()) === undefined ? ('running' as const) : ('dead' as const),
          owner,
          kubeconfig,
          createdAt,
        })),
      )
    },
    removeLeftovers: removeDeadFolders,
  }
}

const fakeDir = path.join(os.tmpdir(), 'kubemend-fake')

async function claim(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  await writeFile(path.join(dir, 'owner.json'), JSON.stringify(thisProcess()))
}

/** A fake cluster ends with its process; what stays are the files it wrote. */
async function removeDeadFolders(): Promise<string[]> {
  const removed: string[] = []
  for (const name of await readdir(fakeDir).catch(() => [])) {
    const dir = path.join(fakeDir, name)
    const text = await readFile(path.join(dir, 'owner.json'), 'utf8').catch(() => undefined)
    if (text === undefined || isRunning(JSON.parse(text) as ProcessId)) continue
    await rm(dir, { recursive: true, force: true })
    removed.push(`cluster ${name.replace(/^\d+-/, '')}: the process that made it ended`)
  }
  return removed
}

function checkSpec(spec: ClusterSpec, capabilities: Capabilities, hasImage: (image: string) => boolean): void {
  const problems: string[] = []
  const label = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/
  const names = spec.nodes.map((node) => node.name)
  if (!label.test(spec.name)) problems.push(`name ${JSON.stringify(spec.name)}: expected letters, digits and dashes`)
  if (!capabilities.kubernetesVersions.includes(spec.kubernetes)) {
    problems.push(`kubernetes ${spec.kubernetes}: expected one of ${capabilities.kubernetesVersions.join(', ')}`)
  }
  if (names.length === 0) problems.push('nodes: expected at least one')
  for (const [i, name] of names.entries()) {
    if (!label.test(name))
      problems.push(`nodes[${i}].name ${JSON.stringify(name)}: expected letters, digits and dashes`)
    if (names.indexOf(name) !== i) problems.push(`nodes[${i}].name ${name}: used twice`)
  }
  for (const addon of spec.addons) if (!addonNames.includes(addon)) problems.push(`addons: there is no ${addon}`)
  for (const image of spec.images) if (!hasImage(image)) problems.push(`image ${image}: it cannot be had here`)
  if (problems.length > 0) throw new InputError(problems)
}
