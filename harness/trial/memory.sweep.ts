import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { Agent } from '../../agents/agent.ts'
import { connectMcp, textOf } from '../../agents/mcp-client.ts'
import { defaultAuditPolicy } from '../../environments/audit-policy.ts'
import { AuditFile } from '../../environments/fake/audit-file.ts'
import { createFakeProvider } from '../../environments/fake/fake-provider.ts'
import { ensureBinaries } from '../../environments/node/binaries.ts'
import type { Cluster, Provider } from '../../environments/provider.ts'
import { verifiers } from '../../verifiers/library.ts'
import { sleep } from '../base/clock.ts'
import { runCommand } from '../base/command.ts'
import { cacheDir } from '../base/places.ts'
import { KubeClient, type KubeObject } from '../base/kube-client.ts'
import { readRecord } from '../record/reader.ts'
import { JobStore } from '../store/job-store.ts'
import { loadTask } from '../task/load-task.ts'
import { writeSampleTask } from '../task/sample-task.ts'
import { runTrial } from './run.ts'

// node harness/trial/memory.sweep.ts [CHANGES]: how much memory one running trial takes whose cluster changes 100,000 times
// while the agent works. The cluster is a fake one in this process, with a watch and an audit log like a real one's; the
// trial runs in a process of its own, whose greatest resident size is the figure. Exit code 1 beyond 300 MB.
const [changes = '100000', childDir] = process.argv.slice(2)
const limitMb = 300

interface Lent extends Pick<Cluster, 'spec' | 'capabilities'> {
  kubeconfig: string
  auditLog: string
  task: string
}

/** Makes the cluster, breaks it, starts the trial and changes what its pods say of themselves for as long as it takes. */
async function runParent(): Promise<void> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'memory-'))
  try {
    const node = { name: 'node-1', labels: {}, taints: [], capacity: {} }
    const spec = { name: 'memory', kubernetes: '1.35', nodes: [node], addons: [], images: [] }
    const provider = createFakeProvider()
    await provider.create(spec, { owner: 'this-process' })
    await using cluster = provider.clusters.get('memory')!
    const taskDir = await writeSampleTask(path.join(dir, 'checkout'), taskFiles)
    using client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
    for (const file of ['world/00-namespace.yaml', 'world/10-checkout.yaml', 'fault/10-wrong-port.yaml']) {
      const text = await readFile(path.join(taskDir, 'environment', file), 'utf8')
      for (const document of parseAllDocuments(text)) await client.apply(document.toJS() as KubeObject)
    }
    for (let i = 0; i < pods; i++) await client.create('/api/v1/namespaces/shop/pods', podOf(i, 0))
    const { kubeconfig, auditLog = '', capabilities } = cluster
    const lent: Lent = { kubeconfig, auditLog, task: taskDir, spec: cluster.spec, capabilities }
    await writeFile(path.join(dir, 'lent.json'), JSON.stringify(lent))
    const running = runCommand([process.execPath, '--max-semi-space-size=8', import.meta.filename, changes, dir], {
      // as bin/kubemend starts it
      env: { NODE_COMPILE_CACHE: path.join(cacheDir, 'compiled') },
      onLine: (line) => process.stderr.write(`${line}\n`),
    })
    const pod = cluster.store.resource('', 'v1', 'pods')!
    const audit = new AuditFile(cluster.auditLog!, defaultAuditPolicy)
    while (!existsSync(path.join(dir, 'works'))) await sleep(100)
    for (let i = 0; i < Number(changes); i++) {
      const name = `bystander-${i % pods}`
      const before = cluster.store.get(pod, 'shop', name)
      const { status } = podOf(i % pods, i)
      const now = cluster.store.replace(pod, { ...before, status })
      audit.write({
        auditID: randomUUID(),
        requestURI: `/api/v1/namespaces/shop/pods/${name}/status`,
        userAgent: 'kubelet/v1.35.0',
        user: { username: 'system:node:node-1', groups: ['system:nodes', 'system:authenticated'] },
        impersonatedUser: undefined,
        request: { verb: 'patch', group: '', resource: 'pods/status', namespace: 'shop', name },
        apiVersion: 'v1',
        verb: 'patch',
        startedAt: new Date(),
        status: 200,
        requestObject: { status },
        responseObject: now,
      })
      // the trial's watch is to hear of it, and not all at once
      if (i % 100 === 0) await sleep(5)
    }
    await writeFile(path.join(dir, 'changed'), '')
    const { exitCode, stdout } = await running
    const auditMb = Math.round((await stat(cluster.auditLog!)).size / 2 ** 20)
    const said = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as { maxRssMb?: number; outcome?: string }
    process.stdout.write(`${JSON.stringify({ ...said, auditMb })}\n`)
    process.exitCode = exitCode === 0 && said.outcome === 'solved' && (said.maxRssMb ?? 1e9) < limitMb ? 0 : 1
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** One trial on the cluster of the other process. */
async function runChild(dir: string): Promise<void> {
  const lent = JSON.parse(await readFile(path.join(dir, 'lent.json'), 'utf8')) as Lent
  const task = await loadTask(lent.task, { verifiers })
  const identity = { name: task.name, path: task.dir, digest: task.digest }
  const environment = { provider: 'fake', kubernetes: '1.35' }
  const job = await JobStore.create(
    {
      jobName: 'memory',
      jobsDir: dir,
      agents: [{ name: 'patient' }],
      tasks: [identity],
      attempts: 1,
      concurrency: 1,
      environment,
    },
    [],
  )
  const store = await job.newTrial(task.name)
  const agent: Agent = {
    name: 'patient',
    version: '1',
    usesModel: false,
    async run({ mcp }, { signal }) {
      await using client = await connectMcp(mcp, 'patient')
      await writeFile(path.join(dir, 'works'), '')
      // the fake server's discovery is not kubectl's, so paths it is
      const web = '/apis/apps/v1/namespaces/shop/deployments/web'
      const look = async (): Promise<string> =>
        textOf(await client.callTool('kubectl', { args: `get --raw ${web}` }, signal))
      for (; !existsSync(path.join(dir, 'changed')); await sleep(2_000, signal)) await look()
      // it may be some way behind
      const heard = async (): Promise<number> => (await stat(path.join(store.evidenceDir, 'timeline.jsonl'))).size
      for (let before = -1; before !== (await heard()); await sleep(2_000, signal)) before = await heard()
      const stdin = (await look()).replace('"replicas":0', '"replicas":1')
      await client.callTool('kubectl', { args: `replace --raw ${web} -f -`, stdin }, signal)
      await client.callTool('submit', { summary: 'scaled' }, signal)
      return { reason: 'submitted' }
    },
  }
  const cluster = {
    name: 'memory',
    ...lent,
    brokenBecause: () => Promise.resolve(undefined),
    destroy: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  } as unknown as Cluster
  const facts = await runTrial({
    id: randomUUID(),
    planned: { task: identity, agent: { name: agent.name }, attempt: 1 },
    placed: { trialName: store.name, trialsDir: job.dir, jobId: job.stored.id, environment },
    task,
    agent,
    provider: { name: 'fake' } as Provider,
    store,
    verifiers,
    programs: { kubectl: path.join((await ensureBinaries('1.35')).bin, 'kubectl'), portal: '' },
    budget: { timeMs: 900_000, toolCalls: 1000 },
    tools: 'kubectl',
    kubemend: 'sweep',
    takeCluster: () => Promise.resolve(cluster),
    onPhase: (phase) => process.stderr.write(`${phase}: ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MB\n`),
  })
  let entries = 0
  for await (const event of readRecord(store.record)) if (event.type === 'state-change') entries++
  const maxRssMb = Math.round(process.resourceUsage().maxRSS / 1024)
  const { outcome, because, toolCalls } = facts
  process.stdout.write(`${JSON.stringify({ maxRssMb, entries, outcome, because, toolCalls })}\n`)
}

const pods = 200

/** A pod as long as a usual one, whose status says something else each time. */
function podOf(i: number, round: number): KubeObject {
  const container = (n: number): Record<string, unknown> => ({
    name: `c${n}`,
    image: `registry.example/shop/checkout:1.${n}`,
    env: Array.from({ length: 20 }, (_, j) => ({ name: `VARIABLE_${j}`, value: `some value ${i} ${j}` })),
  })
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `bystander-${i}`, namespace: 'shop', labels: { app: 'bystander' } },
    spec: { nodeName: 'node-1', containers: [container(1), container(2)] },
    status: {
      phase: 'Running',
      conditions: ['Ready', 'Initialized', 'PodScheduled'].map((type) => ({
        type,
        status: 'True',
        message: `looked at ${round} times`,
      })),
      containerStatuses: [1, 2].map((n) => ({
        name: `c${n}`,
        ready: true,
        restartCount: 0,
        image: container(n)['image'],
      })),
    },
  }
}

const deployment = (replicas: number): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "busybox:1.36" }] }
`

const taskFiles = {
  'environment/cluster.yaml': undefined,
  'environment/world/10-checkout.yaml': deployment(1),
  'environment/fault/10-wrong-port.yaml': deployment(0),
  'solution/solve.sh': '#!/bin/bash\nkubectl scale deployment/web -n shop --replicas=1\n',
  'tests/contract.yaml': `outcome:
  - deployment-available: { namespace: shop, name: web, replicas: 1 }
within: 30s
may-change:
  - deployment/web -n shop: [spec.replicas]
`,
}

if (childDir === undefined) await runParent()
else await runChild(childDir)
