import { appendFile, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { runCommand } from '../../harness/base/command.ts'
import { KubemendError } from '../../harness/base/errors.ts'
import { KubeClient } from '../../harness/base/kube-client.ts'
import { addonBootRules, applyAddons, waitForAddons } from '../addons/install-addons.ts'
import { ensureBinaries } from '../node/binaries.ts'
import { applyExtendedResources } from '../node/node-size.ts'
import { isNodeReady, isPodSettled, untilServed, waitForAll } from '../wait-ready.ts'
import type { ChosenImage } from './choose-node-image.ts'
import type { ContainerEngine } from './engine.ts'
import type { KindCluster } from './kind-cluster.ts'
import { openPortal } from './open-portal.ts'
import { shapeLikeSpec } from './shape-like-spec.ts'

export interface BringUpPlan {
  cluster: KindCluster
  engine: ContainerEngine
  /** Image archives for every node. */
  archives: string[]
  nodeImage: ChosenImage
  cni: 'default' | 'none'
  onProgress: (line: string) => void
  signal?: AbortSignal
}

/** From a written configuration to a cluster whose nodes are Ready, whose DNS answers and whose add-ons work. */
export async function bringUpKind(plan: BringUpPlan): Promise<void> {
  const { cluster, onProgress } = plan
  await createCluster(plan)
  await writeKubeconfig(plan)
  using client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
  await Promise.all([shapeLikeSpec(client, cluster.spec), loadImages(plan), loadBootRules(plan)])
  onProgress(`nodes shaped, ${plan.archives.length} images loaded`)
  const spec = withoutWhatKindnetDoes(plan)
  await applyAddons(client, spec)
  if (plan.cni === 'default') await waitUntilWhole(client, plan)
  await waitForAddons(client, spec.addons, plan.signal ? { signal: plan.signal } : {})
  await applyExtendedResources(client, spec.nodes)
}

async function createCluster({ cluster, onProgress, signal }: BringUpPlan): Promise<void> {
  const { folder, record } = cluster
  const words = ['create', 'cluster', '--name', folder.kindName, '--config', folder.configFile]
  const result = await runCommand(
    // what is left of a failure is looked at first, and removed by us
    [...endWithUs, record.kind, ...words, '--retain', '--verbosity=1', '--kubeconfig', `${folder.kubeconfig}.kind`],
    {
      env: record.engine.env,
      timeoutMs: 300_000,
      onLine: (line) => {
        const step = /✓ ([^\p{Extended_Pictographic}]+)/u.exec(line)?.[1]?.trim()
        if (step) onProgress(`kind: ${step}`)
      },
      ...(signal ? { signal } : {}),
    },
  )
  await appendFile(folder.logFile, `${result.stdout}${result.stderr}`)
  signal?.throwIfAborted()
  if (result.exitCode === 0) return
  const reason = /ERROR: (.+)/.exec(result.stderr)?.[1] ?? result.stderr.trim().split('\n').at(-1)
  throw new KubemendError('kind-failed', `kind could not make the cluster: ${reason ?? 'it did not say why'}`)
}

/** Whoever finds a half-made cluster of ours must not find kind still at work on it. */
const endWithUs = process.platform === 'linux' ? ['setpriv', '--pdeathsig=KILL', '--'] : []

/** The admin's kubeconfig, with a server that this machine reaches. */
async function writeKubeconfig({ cluster, engine }: BringUpPlan): Promise<void> {
  const { folder, record } = cluster
  const text = await readFile(`${folder.kubeconfig}.kind`, 'utf8')
  const server = /server: https:\/\/([\w.:[\]-]+)/.exec(text)?.[1]
  if (server === undefined) throw new KubemendError('kind-failed', "kind's kubeconfig names no server")
  if (!engine.own) {
    await writeFile(folder.kubeconfig, text, { mode: 0o600 })
    return
  }
  const { bin } = await ensureBinaries(cluster.spec.kubernetes)
  const portal = await openPortal({
    program: path.join(bin, 'portal'),
    init: engine.own.init,
    target: server,
    dir: folder.dir,
  })
  record.portal = portal.process
  await folder.writeRecord(record)
  await writeFile(folder.kubeconfig, text.replace(server, `127.0.0.1:${portal.port}`), { mode: 0o600 })
}

async function loadImages({ cluster, archives, signal }: BringUpPlan): Promise<void> {
  for (const archive of archives) {
    signal?.throwIfAborted()
    await cluster.loadImage(archive)
  }
}

async function loadBootRules({ cluster, nodeImage }: BringUpPlan): Promise<void> {
  if (nodeImage.isOfficial) return
  const rules = addonBootRules(cluster.spec.addons).join('\n')
  if (rules === '') return
  await Promise.all(cluster.spec.nodes.map((node) => cluster.exec(node.name, ['nft', '-f', '-'], { stdin: rules })))
}

/** The network of official node images enforces network policies by itself. */
function withoutWhatKindnetDoes({ cluster, nodeImage }: BringUpPlan): typeof cluster.spec {
  if (!nodeImage.isOfficial) return cluster.spec
  return { ...cluster.spec, addons: cluster.spec.addons.filter((name) => name !== 'network-policy') }
}

async function waitUntilWhole(client: KubeClient, { cluster, onProgress, signal }: BringUpPlan): Promise<void> {
  const common = { timeoutMs: 120_000, ...(signal ? { signal } : {}) }
  const count = cluster.spec.nodes.length
  await waitForAll(client, '/api/v1/nodes', {
    what: 'every node to be Ready',
    atLeast: count,
    isDone: isNodeReady,
    ...common,
  })
  onProgress('nodes Ready')
  await waitForAll(client, '/api/v1/namespaces/kube-system/pods', {
    what: 'the pods of kube-system to be Ready',
    atLeast: 5 + 2 * count,
    isDone: isPodSettled,
    ...common,
  })
  onProgress('system pods Ready')
  await untilServed(() => isDnsAnswering(cluster), 'cluster DNS to answer', 60_000)
  onProgress('DNS answers')
}

/** Asks the cluster's DNS from the control plane for the API server's service; there is no dig on a node. */
async function isDnsAnswering(cluster: KindCluster): Promise<boolean> {
  const node = cluster.spec.nodes[0]?.name ?? ''
  const answer = await cluster.exec(node, ['bash', '-c', dnsScript], { timeoutMs: 5_000 })
  return answer.stdout.replaceAll(/\s/g, '').includes('0a600001')
}

/** A DNS question over TCP: one A record of kubernetes.default.svc.cluster.local, answered in hexadecimal. */
const dnsScript = `
exec 3<>/dev/tcp/10.96.0.10/53
printf '\\x00\\x36\\x00\\x01\\x01\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00' >&3
printf '\\x0akubernetes\\x07default\\x03svc\\x07cluster\\x05local\\x00\\x00\\x01\\x00\\x01' >&3
timeout 2 dd bs=512 count=1 <&3 2>/dev/null | od -An -v -tx1
`
