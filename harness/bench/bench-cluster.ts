import type { ClusterSpec, CreateOptions, Provider } from '../../environments/provider.ts'
import { sleep, startTimer } from '../base/clock.ts'
import { KubeClient, type KubeObject } from '../base/kube-client.ts'
import { untilServed, waitForAll, isPodSettled } from '../../environments/wait-ready.ts'

export interface Spread {
  min: number
  median: number
  max: number
}

export interface Measured {
  wallMs: Spread
  cpuMs: number
  runs: number
  /** How long after the start a step was reached, by what the provider calls it; medians. */
  steps?: Record<string, number>
}

export interface ClusterBench {
  cold: Measured
  restored?: Measured
  destroyed: Measured
  pssMb: number
  idleCores: number
  /** Wall time until all of so many clusters, started together, were up. */
  together: Record<string, { wallMs: number; cpuMsEach: number }>
}

export interface BenchOptions {
  runs: number
  together: number[]
  idleSeconds: number
  onProgress: (line: string) => void
}

/** Measures a provider: cold starts, restores of a four-pod world, ends, memory, idling, several at once. */
export async function benchCluster(provider: Provider, options: BenchOptions): Promise<ClusterBench> {
  const cold: Sample[] = []
  const destroyed: Sample[] = []
  const pss: number[] = []
  let idleCores = 0
  await warmUp(provider, options)
  for (let run = 0; run < options.runs; run++) {
    const { sample, cluster } = await timed((creation) => provider.create(specOf(run), creation))
    cold.push(sample)
    options.onProgress(`cold ${describe(sample)}`)
    if (run === 0) {
      await sleep(5_000)
      idleCores = await measureIdle(cluster, options.idleSeconds)
    }
    pss.push((await cluster.usage()).pssMb)
    destroyed.push(await timedEnd(() => cluster.destroy()))
  }
  const restored = provider.capabilities.snapshots ? await benchRestore(provider, options, destroyed) : undefined
  const together: ClusterBench['together'] = {}
  for (const count of options.together) together[count] = await benchTogether(provider, count, options)
  return {
    cold: summarize(cold),
    ...(restored ? { restored } : {}),
    destroyed: summarize(destroyed),
    pssMb: median(pss),
    idleCores,
    together,
  }
}

interface Sample {
  wallMs: number
  cpuMs: number
  steps?: Record<string, number>
}

type Cluster = Awaited<ReturnType<Provider['create']>>

const owned = { owner: 'this-process' } as const
const worldImages = ['busybox:1.36']

/** The first cluster pays for caches; it is not counted. */
async function warmUp(provider: Provider, options: BenchOptions): Promise<void> {
  options.onProgress('warming up')
  const cluster = await provider.create(specOf(0), owned)
  await cluster.destroy()
}

async function benchRestore(provider: Provider, options: BenchOptions, destroyed: Sample[]): Promise<Measured> {
  const key = `bench-four-pods-${process.pid}`
  const prepared = await provider.create(specOf(0), owned)
  try {
    await bringUpWorld(prepared.kubeconfig)
    await prepared.snapshot(key)
  } finally {
    await prepared.destroy()
  }
  const samples: Sample[] = []
  for (let run = 0; run < options.runs; run++) {
    const { sample, cluster } = await timed((creation) =>
      provider.restore(key, `bench-${process.pid}-r${run}`, creation),
    )
    samples.push(sample)
    options.onProgress(`restored ${describe(sample)}`)
    destroyed.push(await timedEnd(() => cluster.destroy()))
  }
  return summarize(samples)
}

async function benchTogether(
  provider: Provider,
  count: number,
  options: BenchOptions,
): Promise<{ wallMs: number; cpuMsEach: number }> {
  const elapsed = startTimer()
  const clusters = await Promise.all(Array.from({ length: count }, (_, i) => provider.create(specOf(100 + i), owned)))
  const wallMs = Math.round(elapsed())
  const usage = await Promise.all(clusters.map((cluster) => cluster.usage()))
  await Promise.all(clusters.map((cluster) => cluster.destroy()))
  const cpuMsEach = Math.round(usage.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / count)
  options.onProgress(`${count} at once ${(wallMs / 1000).toFixed(1)} s, ${(cpuMsEach / 1000).toFixed(1)} CPU s each`)
  return { wallMs, cpuMsEach }
}

/** What a cluster costs includes what we ourselves spend on it. */
async function timed(
  make: (creation: CreateOptions) => Promise<Cluster>,
): Promise<{ sample: Sample; cluster: Cluster }> {
  const elapsed = startTimer()
  const own = process.cpuUsage()
  const steps: Record<string, number> = {}
  const cluster = await make({ ...owned, onProgress: (step) => (steps[step] ??= Math.round(elapsed())) })
  const wallMs = Math.round(elapsed())
  const ours = process.cpuUsage(own)
  const { cpuMs } = await cluster.usage()
  return { cluster, sample: { wallMs, cpuMs: Math.round(cpuMs + (ours.user + ours.system) / 1000), steps } }
}

async function timedEnd(end: () => Promise<void>): Promise<Sample> {
  const elapsed = startTimer()
  const own = process.cpuUsage()
  await end()
  const ours = process.cpuUsage(own)
  return { wallMs: Math.round(elapsed()), cpuMs: Math.round((ours.user + ours.system) / 1000) }
}

async function measureIdle(cluster: Cluster, seconds: number): Promise<number> {
  const before = await cluster.usage()
  const elapsed = startTimer()
  await sleep(seconds * 1000)
  const after = await cluster.usage()
  return Number(((after.cpuMs - before.cpuMs) / elapsed()).toFixed(3))
}

function specOf(number: number): ClusterSpec {
  return {
    name: `bench-${process.pid}-${number}`,
    kubernetes: '1.35',
    nodes: [{ name: 'control-plane', labels: {}, taints: [], capacity: {} }],
    addons: [],
    images: worldImages,
  }
}

async function bringUpWorld(kubeconfig: string): Promise<void> {
  using client = await KubeClient.fromKubeconfig(kubeconfig)
  await untilServed(() => client.apply(fourPods), 'the world to be accepted', 15_000)
  await waitForAll(client, '/api/v1/namespaces/default/pods', {
    what: 'the four pods to be Ready',
    timeoutMs: 60_000,
    atLeast: 4,
    isDone: isPodSettled,
  })
}

const fourPods: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas: 4,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: 'web',
            image: 'busybox:1.36',
            command: [
              'sh',
              '-c',
              'mkdir -p /tmp/www && echo ok >/tmp/www/index.html && exec httpd -f -p 8080 -h /tmp/www',
            ],
            readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
}

function summarize(samples: Sample[]): Measured {
  const walls = samples.map((s) => s.wallMs).toSorted((a, b) => a - b)
  return {
    wallMs: { min: walls[0] ?? 0, median: median(walls), max: walls.at(-1) ?? 0 },
    cpuMs: median(samples.map((s) => s.cpuMs)),
    runs: samples.length,
    ...medianSteps(samples),
  }
}

function medianSteps(samples: Sample[]): { steps?: Record<string, number> } {
  const names = Object.keys(samples[0]?.steps ?? {})
  if (names.length === 0) return {}
  const reached = (name: string): number => median(samples.flatMap(({ steps }) => steps?.[name] ?? []))
  return { steps: Object.fromEntries(names.map((name) => [name, reached(name)])) }
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle] ?? 0, sorted[middle] ?? 0]
  return Math.round((low + high) / 2)
}

function describe(sample: Sample): string {
  return `${(sample.wallMs / 1000).toFixed(2)} s, ${(sample.cpuMs / 1000).toFixed(2)} CPU s`
}
