import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { connect } from 'node:net'
import path from 'node:path'
import { stringify } from 'yaml'
import { mustRun } from '../../harness/base/command.ts'
import { isRunning, startDaemon } from '../../harness/base/daemon.ts'
import { KubemendError } from '../../harness/base/errors.ts'
import { isConnectionError, KubeClient, KubeError } from '../../harness/base/kube-client.ts'
import { packageRoot } from '../../harness/base/package-root.ts'
import { until } from '../../harness/base/retry.ts'
import { addonBootRules } from '../addons/install-addons.ts'
import { defaultAuditPolicy } from '../audit-policy.ts'
import type { Binaries } from './binaries.ts'
import type { ClusterFolder, ClusterRecord } from './cluster-folder.ts'
import {
  apiServerCommand,
  containerdCommand,
  controllerManagerCommand,
  etcdCommand,
  inside,
  kubeletCommand,
  kubeProxyCommand,
  nodeConfigFiles,
  schedulerCommand,
  type NodeSlot,
} from './components.ts'
import { keepFirstObjects, putFirstObjects } from './first-objects.ts'
import { linkImageStore } from './image-store.ts'
import { connectControlPlane, connectWorker } from './network.ts'
import { servicePid, startNode, startService, type NodeProcesses } from './node-process.ts'
import { writeHostKubeconfig } from './pki.ts'

export interface BootPlan {
  folder: ClusterFolder
  record: ClusterRecord
  slots: NodeSlot[]
  binaries: Binaries
  imageStore: string
  /** Nothing is in its etcd yet. */
  isNew: boolean
  onStep: (step: string) => void
}

export interface Booted extends Disposable {
  client: KubeClient
  /** Lets nodes and scheduler work with the API server: through the gate where they wait at it. */
  release(): Promise<void>
  startControllers(): Promise<void>
}

/**
 * Starts every node and component but the controllers, and answers a client as soon as the API server is ready. In a
 * restored cluster the others start beside it: what they ask of it waits at the gate until `release`, so that nobody but
 * the client sees a server that is not ready, or objects that are not in place. Certificates and kubeconfigs are there
 * when `pki` resolves.
 */
export async function bootCluster(plan: BootPlan, pki: Promise<void>): Promise<Booted> {
  const { folder, slots } = plan
  const [controlPlane, ...workers] = slots
  if (!controlPlane) throw new TypeError('a cluster has at least one node')
  const name = controlPlane.spec.name

  await Promise.all(slots.map((slot) => writeNodeFiles(plan, slot)))
  const first = await bootNode(plan, controlPlane, undefined)
  plan.onStep('control plane node up')
  await startService(folder, name, 'etcd', etcdCommand())
  const rules = addonBootRules(plan.record.spec.addons)
  await connectControlPlane(first.init, slots, rules)
  await startService(folder, name, 'containerd', containerdCommand())
  const portal = openPortal(plan, first)
  // when something else fails first, that is the error
  portal.catch(() => undefined)
  await pki
  plan.onStep('certificates made')
  await startService(folder, name, 'kube-apiserver', apiServerCommand())
  const { port, openGate } = await portal
  const firstObjects = plan.isNew ? putFirstObjects(folder.dialSocket, plan.binaries.bin) : Promise.resolve(true)
  firstObjects.catch(() => undefined)
  await writeHostKubeconfig(path.join(folder.nodeLib(name), 'kubernetes/super-admin.conf'), folder.kubeconfig, port)
  const joined = await Promise.all(workers.map((slot) => bootNode(plan, slot, first)))
  for (const [i, worker] of joined.entries()) {
    await connectWorker(first.init, worker.init, slots, i + 1, rules)
    await startService(folder, workers[i]?.spec.name ?? '', 'containerd', containerdCommand())
  }
  const nodes = [first, ...joined].map((processes, i) => ({ slot: slots[i] ?? controlPlane, processes }))
  const startOthers = async (): Promise<void> => {
    await Promise.all(nodes.map(({ slot, processes }) => startNodeComponents(plan, slot, processes)))
    await startService(folder, name, 'kube-scheduler', schedulerCommand())
  }
  // a new API server is slower for what starts beside it; a restored cluster's pods are back sooner
  if (!plan.isNew) await startOthers()
  const client = await KubeClient.fromKubeconfig(folder.kubeconfig)
  await waitForApiServer(client, first)
  plan.onStep('API server ready')
  if (!(await firstObjects)) await keepFirstObjects(folder.dialSocket, plan.binaries.bin)
  return {
    client,
    async release() {
      if (!plan.isNew) for (const { slot, processes } of nodes) await restartKubelet(plan, slot, processes)
      await openGate()
      if (plan.isNew) await startOthers()
    },
    startControllers: () => startService(folder, name, 'kube-controller-manager', controllerManagerCommand()),
    [Symbol.dispose]: () => client[Symbol.dispose](),
  }
}

/** The kubelet wants its container runtime to listen already; neither of the two minds waiting for the API server. */
async function startNodeComponents({ folder }: BootPlan, slot: NodeSlot, { init }: NodeProcesses): Promise<void> {
  const socket = `/proc/${init.pid}/root/run/containerd/containerd.sock`
  await until(async () => existsSync(socket), { what: 'containerd to listen', timeoutMs: 30_000, intervalMs: 10 })
  await startService(folder, slot.spec.name, 'kubelet', kubeletCommand(slot))
  await startService(folder, slot.spec.name, 'kube-proxy', kubeProxyCommand())
}

/** A kubelet ends when the container runtime listens and is not ready for its first question; by now it is. */
async function restartKubelet({ folder }: BootPlan, slot: NodeSlot, { init }: NodeProcesses): Promise<void> {
  if (servicePid(init, 'kubelet') !== undefined) return
  await startService(folder, slot.spec.name, 'kubelet', kubeletCommand(slot))
}

async function bootNode(plan: BootPlan, slot: NodeSlot, parent: NodeProcesses | undefined): Promise<NodeProcesses> {
  const node = await startNode({
    folder: plan.folder,
    slot,
    bin: plan.binaries.bin,
    imageStore: plan.imageStore,
    parentInit: parent?.init,
  })
  plan.record.nodes[slot.spec.name] = node
  await plan.folder.writeRecord(plan.record)
  return node
}

async function writeNodeFiles(plan: BootPlan, slot: NodeSlot): Promise<void> {
  const lib = plan.folder.nodeLib(slot.spec.name)
  const files = nodeConfigFiles(slot, {
    pauseImage: plan.binaries.versions.pauseImage,
    mustRestrictOomScore: await mustRestrictOomScore(),
    isRestored: !plan.isNew,
  })
  if (slot.index === 0) files['audit-policy.yaml'] = stringify(plan.record.spec.auditPolicy ?? defaultAuditPolicy)
  for (const [file, text] of Object.entries(files)) {
    const target = path.join(lib, 'kubernetes', file)
    await mkdir(path.dirname(target), { recursive: true })
    await writeFile(target, text)
  }
  const programs = { 'kept-address.sh': 'cni-bin/kept-address', 'kept-log.sh': 'hooks/kept-log' }
  for (const [script, program] of Object.entries(programs)) {
    const target = path.join(lib, 'kubernetes', program)
    await mkdir(path.dirname(target), { recursive: true })
    await copyFile(path.join(packageRoot, 'environments/node', script), target)
  }
  await linkImageStore(plan.imageStore, '/opt/node/images', path.join(lib, 'containerd'))
}

/**
 * Makes the API server reachable on the host's loopback, and any inner address through a Unix socket. Until the gate is
 * opened, that is the only way to the API server: on the address that nodes know it by, connections wait.
 */
async function openPortal(
  plan: BootPlan,
  first: NodeProcesses,
): Promise<{ port: number; openGate: () => Promise<void> }> {
  const { folder } = plan
  await rm(folder.portFile, { force: true })
  const portal = startDaemon(
    [
      'nsenter',
      `--pid=/proc/${first.init.pid}/ns/pid`,
      '--',
      path.join(plan.binaries.bin, 'portal'),
      '-netns',
      `/proc/${first.init.pid}/ns/net`,
      '-target',
      '127.0.0.1:6443',
      '-gate',
      `${inside.controlPlaneIp}:6443`,
      '-port-file',
      folder.portFile,
      '-socket',
      folder.dialSocket,
    ],
    { logFile: path.join(folder.dir, 'portal.log') },
  )
  const port = await until(
    async () => {
      const text = await readFile(folder.portFile, 'utf8').catch(() => '')
      if (text !== '') return Number(text)
      if (isRunning(portal)) return undefined
      const said = await readFile(path.join(folder.dir, 'portal.log'), 'utf8').catch(() => '')
      throw new KubemendError('portal-died', `the portal ended: ${said.trim()}`)
    },
    { what: 'the portal to listen', timeoutMs: 5_000, intervalMs: 5 },
  )
  return { port, openGate: () => tellPortal(folder.dialSocket, 'open gate') }
}

/** Says a word to the portal, which closes the connection when it is done. */
async function tellPortal(socket: string, word: string): Promise<void> {
  const connection = connect(socket)
  connection.end(`${word}\n`)
  await once(connection.resume(), 'close')
}

async function waitForApiServer(client: KubeClient, first: NodeProcesses): Promise<void> {
  await until(
    async () => {
      if (!isRunning(first.init)) throw new KubemendError('node-died', 'the control plane ended while it was starting')
      return (await client.requestText('GET', '/readyz', { timeoutMs: 5_000 })) === 'ok'
    },
    {
      what: 'the API server to be ready',
      timeoutMs: 60_000,
      intervalMs: 30,
      isTransient: (error) => isConnectionError(error) || error instanceof KubeError,
    },
  )
}

/** Whether this process may not lower oom_score_adj, which container runtimes otherwise do for every sandbox. */
async function mustRestrictOomScore(): Promise<boolean> {
  canLowerOomScore ??= (
    await mustRun(['bash', '-c', '(echo -1 >/proc/self/oom_score_adj) 2>/dev/null && echo yes || echo no'])
  ).stdout
  return canLowerOomScore.trim() === 'no'
}

let canLowerOomScore: string | undefined
