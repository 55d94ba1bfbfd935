import { startTimer } from '../../harness/base/clock.ts'
import { messageOf } from '../../harness/base/errors.ts'
import { KubeClient, readAccess, type KubeObject } from '../../harness/base/kube-client.ts'
import type { Cluster } from '../provider.ts'
import type { SmokeCheck, SmokeNeed, SmokeTheme } from './check.ts'
import { describeObject } from './observe.ts'
import { fakeResource } from './smoke-spec.ts'
import { SmokeContext, type SmokeNode } from './smoke-context.ts'
import { watchUntil } from './watch-until.ts'

export interface SmokeResult {
  theme: string
  name: string
  status: 'ok' | 'failed' | 'skipped'
  /** Why it failed or was skipped. */
  because?: string
  ms: number
}

export interface SmokeOptions {
  themes: readonly SmokeTheme[]
  kubectl: string
  concurrency?: number
  /** Only checks whose theme or name has this in it. */
  only?: string
  signal?: AbortSignal
  onResult?: (result: SmokeResult) => void
}

/** Runs checks against a live cluster, each in a namespace of its own, several at once; answers them in order. */
export async function runSmoke(cluster: Cluster, options: SmokeOptions): Promise<SmokeResult[]> {
  using client = new KubeClient(await readAccess(cluster.kubeconfig), { maxSockets: 200 })
  const nodes = await listNodes(client)
  const results = new Map<SmokeCheck, SmokeResult>()
  const chosen = options.themes.flatMap(({ theme, checks }) =>
    checks.filter((check) => isChosen(theme, check, options.only)).map((check) => ({ theme, check })),
  )
  const namespaces = new Map(chosen.map(({ check }, i) => [check, `smoke-${i + 1}-${slug(check.name)}`]))
  const runOne = async ({ theme, check }: (typeof chosen)[number]): Promise<void> => {
    const lacking = (check.needs ?? []).filter((need) => !isMet(cluster, nodes, need))
    const elapsed = startTimer()
    const because =
      lacking.length > 0
        ? `the cluster has no ${lacking.join(', no ')}`
        : await runCheck(check, { cluster, client, nodes, namespace: namespaces.get(check)!, options })
    const status = because === undefined ? 'ok' : lacking.length > 0 ? 'skipped' : 'failed'
    const result = { theme, name: check.name, status, ms: Math.round(elapsed()), ...(because ? { because } : {}) }
    results.set(check, result as SmokeResult)
    options.onResult?.(result as SmokeResult)
  }
  const waiting = chosen.filter(({ check }) => check.isWaiting).map(runOne)
  await runLimited(
    chosen.filter(({ check }) => !check.isWaiting && !check.isExclusive),
    options.concurrency ?? 6,
    runOne,
  )
  await Promise.all(waiting)
  for (const one of chosen.filter(({ check }) => check.isExclusive)) await runOne(one)
  await removeNamespaces(client, [...namespaces.values()])
  return chosen.map(({ check }) => results.get(check)!)
}

function isChosen(theme: string, check: SmokeCheck, only: string | undefined): boolean {
  return only === undefined || `${theme}: ${check.name}`.toLowerCase().includes(only.toLowerCase())
}

function isMet(cluster: Cluster, nodes: SmokeNode[], need: SmokeNeed): boolean {
  if (need === 'multipleNodes') return nodes.length > 1
  if (need === 'nodeCapacity') return nodes.some((node) => fakeResource in node.capacity)
  if (need in cluster.capabilities) return cluster.capabilities[need as keyof Cluster['capabilities']] === true
  return (cluster.spec.addons as string[]).includes(need)
}

/** Why a check failed, with what its namespace looks like then; undefined when it holds. */
async function runCheck(
  check: SmokeCheck,
  place: { cluster: Cluster; client: KubeClient; nodes: SmokeNode[]; namespace: string; options: SmokeOptions },
): Promise<string | undefined> {
  const { client, namespace, options } = place
  const timeout = AbortSignal.timeout(check.timeoutMs ?? 120_000)
  const signal = options.signal ? AbortSignal.any([timeout, options.signal]) : timeout
  const ctx = new SmokeContext({ ...place, kubectl: options.kubectl, signal })
  try {
    await createNamespace(client, namespace, signal)
    await check.run(ctx)
    return undefined
  } catch (error) {
    const seen = await describeNamespace(client, namespace).catch(messageOf)
    return [timeout.aborted ? 'it took too long' : messageOf(error), seen].filter(Boolean).join('\n')
  } finally {
    await ctx.removeOutside().catch((error: unknown) => options.onResult?.(leftover(check, error)))
    await client.delete(`/api/v1/namespaces/${namespace}`).catch(() => undefined)
  }
}

function leftover(check: SmokeCheck, error: unknown): SmokeResult {
  return { theme: 'clean-up', name: check.name, status: 'failed', because: messageOf(error), ms: 0 }
}

async function createNamespace(client: KubeClient, name: string, signal: AbortSignal): Promise<void> {
  await client.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, { signal })
  const what = { what: `namespace ${name} to have its service account`, describe: describeObject }
  const isThere = (wanted: string) => (items: KubeObject[]) => items.some((item) => item.metadata.name === wanted)
  const at = `/api/v1/namespaces/${name}`
  await Promise.all([
    watchUntil(client, `${at}/serviceaccounts`, { ...what, isDone: isThere('default'), timeoutMs: 30_000, signal }),
    watchUntil(client, `${at}/configmaps`, { ...what, isDone: isThere('kube-root-ca.crt'), timeoutMs: 30_000, signal }),
  ])
}

/** Pods and warnings of a namespace, for the report of a failure. */
async function describeNamespace(client: KubeClient, namespace: string): Promise<string> {
  const [pods, events] = await Promise.all(
    ['pods', 'events'].map((kind) => client.list(`/api/v1/namespaces/${namespace}/${kind}`)),
  )
  const warnings = (events ?? [])
    .filter((event) => event['type'] === 'Warning')
    .map((event) => {
      const { kind, name } = event['involvedObject'] as { kind: string; name: string }
      return `  ${String(event['reason'])} ${kind} ${name}: ${String(event['message'])}`
    })
  return [...(pods ?? []).map((pod) => `  ${describeObject(pod)}`), ...warnings.slice(-8)].join('\n')
}

async function runLimited<T>(items: T[], limit: number, run: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items]
  const turn = async (): Promise<void> => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await run(item)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, turn))
}

async function removeNamespaces(client: KubeClient, names: string[]): Promise<void> {
  await watchUntil(client, '/api/v1/namespaces', {
    what: 'the namespaces of the checks to be gone',
    isDone: (items) => !items.some((item) => names.includes(item.metadata.name)),
    describe: (item) => (names.includes(item.metadata.name) ? describeObject(item) : ''),
    timeoutMs: 90_000,
  })
}

async function listNodes(client: KubeClient): Promise<SmokeNode[]> {
  const nodes = await client.list('/api/v1/nodes')
  return nodes.map((node) => ({
    name: node.metadata.name,
    ip: (node['status'] as { addresses: { type: string; address: string }[] }).addresses.find(
      (a) => a.type === 'InternalIP',
    )!.address,
    capacity: (node['status'] as { capacity?: Record<string, string> }).capacity ?? {},
    isControlPlane: 'node-role.kubernetes.io/control-plane' in (node.metadata.labels ?? {}),
  }))
}

function slug(name: string): string {
  const words = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  return words.slice(0, 36).replace(/-+$/, '')
}
