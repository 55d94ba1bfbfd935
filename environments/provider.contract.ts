import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTimer } from '../harness/base/clock.ts'
import { KubemendError } from '../harness/base/errors.ts'
import { KubeClient, KubeError, type KubeObject } from '../harness/base/kube-client.ts'
import { packageRoot } from '../harness/base/package-root.ts'
import { until } from '../harness/base/retry.ts'
import type { Cluster, ClusterSpec, CreateOptions, Provider } from './provider.ts'

/** A provider and what the contract must know besides to put it to the test. */
export interface ProviderUnderTest {
  provider: Provider
  /** A module of this repository that makes the provider for another process: its file, and the function it exports. */
  factory: { file: string; name: string }
  /** Its clusters end with the process that made them, so that no other process can come by one. */
  livesInProcess?: boolean
  /** Its clusters are only lent: they were there before, and still answer when they were given back. */
  isLent?: boolean
  /** An image that nodes may have, which waits for ever when it runs `sleep`. */
  image: string
  /** An image archive that no node has from the start, and its name. */
  archive?: () => Promise<{ file: string; image: string }>
  /** Ends a component of a cluster; answers the word that `brokenBecause` must have in it. */
  breakComponent: (cluster: Cluster) => Promise<string>
}

/** Everything callers may rely on, whoever makes the cluster. */
export function describeProvider(name: string, make: () => ProviderUnderTest): void {
  const { provider, factory, image, archive, breakComponent, livesInProcess, isLent } = make()
  const { capabilities } = provider
  const prefix = `smoke-${name}-${process.pid}`
  const mine: CreateOptions = { owner: 'this-process' }
  const made: Cluster[] = []

  async function create(spec: ClusterSpec, options: CreateOptions = mine): Promise<Cluster> {
    const cluster = await provider.create(spec, options)
    made.push(cluster)
    return cluster
  }

  async function names(): Promise<string[]> {
    return (await provider.list()).map((summary) => summary.name)
  }

  afterAll(async () => {
    for (const cluster of made) await cluster.destroy()
    for (const summary of await provider.list()) {
      if (summary.name.startsWith(prefix)) await (await provider.attach(summary.name)).destroy()
    }
  })

  describe(`provider ${name}: a cluster`, () => {
    const spec: ClusterSpec = {
      name: `${prefix}-one`,
      kubernetes: capabilities.kubernetesVersions[0] ?? '',
      nodes: [
        { name: 'first', labels: { 'example.com/rack': 'a' }, taints: [], capacity: {} },
        ...(capabilities.multipleNodes
          ? [
              {
                name: 'second',
                labels: { 'example.com/rack': 'b' },
                taints: [{ key: 'example.com/only', value: 'special', effect: 'NoSchedule' as const }],
                capacity: { 'example.com/gpu': '3' },
              },
            ]
          : []),
      ],
      addons: [],
      images: [image],
      auditPolicy: {
        apiVersion: 'audit.k8s.io/v1',
        kind: 'Policy',
        omitStages: ['RequestReceived'],
        rules: [
          { level: 'Request', resources: [{ group: '', resources: ['configmaps'] }], namespaces: ['default'] },
          { level: 'None' },
        ],
      },
    }
    let cluster: Cluster
    let client: KubeClient
    const progress: string[] = []

    beforeAll(async () => {
      cluster = await create(spec, { ...mine, onProgress: (line) => progress.push(line) })
      client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
    }, 300_000)

    afterAll(() => client?.[Symbol.dispose]())

    it('is handed over with every node Ready and everything in kube-system settled', async () => {
      const nodes = await client.list('/api/v1/nodes')
      expect(nodes.map((node) => node.metadata.name).toSorted()).toEqual(spec.nodes.map((n) => n.name).toSorted())
      for (const node of nodes) expect(isTrue(node, 'Ready'), node.metadata.name).toBe(true)
      for (const pod of await client.list('/api/v1/namespaces/kube-system/pods')) {
        expect(isTrue(pod, 'Ready'), pod.metadata.name).toBe(true)
      }
      expect(progress.length).toBeGreaterThan(1)
    })

    it('has the labels, taints and capacity of its spec', async (test) => {
      for (const wanted of spec.nodes) {
        const node = await client.get<NodeObject>(`/api/v1/nodes/${wanted.name}`)
        expect(node.metadata.labels).toMatchObject({ 'kubernetes.io/hostname': wanted.name, ...wanted.labels })
        const taints = (node.spec.taints ?? []).filter((taint) => taint.key.startsWith('example.com/'))
        expect(taints).toEqual(wanted.taints)
        if (!capabilities.nodeCapacity) continue
        expect(node.status.capacity).toMatchObject(wanted.capacity)
        expect(node.status.allocatable).toMatchObject(wanted.capacity)
      }
      if (!capabilities.multipleNodes) test.skip(`${name} makes one node only`)
    })

    it("gives an admin's kubeconfig with a server on loopback, readable by its owner only", async () => {
      const text = await readFile(cluster.kubeconfig, 'utf8')
      expect(text).toMatch(/server: https?:\/\/127\.0\.0\.1:\d+/)
      const review = await client.create<KubeObject & { status: { allowed: boolean } }>(
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes: { verb: '*', group: '*', resource: '*' } },
        },
      )
      expect(review.status.allowed).toBe(true)
      const { stat } = await import('node:fs/promises')
      expect(((await stat(cluster.kubeconfig)).mode & 0o077).toString(8)).toBe('0')
    })

    it('serves the Kubernetes version of its spec', async () => {
      const { gitVersion } = await client.get<{ gitVersion: string }>('/version')
      expect(gitVersion.startsWith(`v${spec.kubernetes}.`)).toBe(true)
    })

    it('runs commands on a node, with input, output and exit code', async (ctx) => {
      ctx.skip(!capabilities.nodeExec, `${name} runs no commands on nodes`)
      for (const node of spec.nodes) {
        const result = await cluster.exec(node.name, ['sh', '-c', 'cat; echo "$WORD" >&2; exit 5'], {
          stdin: 'in',
          env: { WORD: 'err' },
        })
        expect(result).toMatchObject({ exitCode: 5, stdout: 'in', stderr: 'err\n' })
      }
      expect((await cluster.exec('first', ['sh', '-c', 'echo far'])).stdout).toBe('far\n')
      const elapsed = startTimer()
      const tooLong = await cluster.exec('first', ['sh', '-c', 'sleep 31; true'], { timeoutMs: 300 })
      expect(tooLong.isTimedOut).toBe(true)
      expect(elapsed()).toBeLessThan(10_000)
      const left = await cluster.exec('first', ['sh', '-c', 'ps -eo args | grep -c "[s]leep 31"'])
      expect(left.stdout).toBe('0\n')
    })

    it('names the nodes there are when asked for another', async () => {
      await expect(cluster.exec('third', ['true'])).rejects.toMatchObject({ name: 'KubemendError' })
      await expect(cluster.exec('third', ['true'])).rejects.toThrow(/third/)
    })

    it('loads an image onto every node', { timeout: 180_000 }, async (ctx) => {
      ctx.skip(!capabilities.loadImage || !archive, `${name} loads no images`)
      const { file, image: loaded } = await archive!()
      await cluster.loadImage(file)
      for (const node of spec.nodes) {
        const pod = `loaded-${node.name}`
        await client.create('/api/v1/namespaces/default/pods', sleepingPod(pod, loaded, node.name))
        await untilReady(client, 'default', [pod])
        await client.delete(`/api/v1/namespaces/default/pods/${pod}`, { query: { gracePeriodSeconds: 0 } })
      }
    })

    it('refuses an archive that holds no image', async (ctx) => {
      ctx.skip(!capabilities.loadImage, `${name} loads no images`)
      const dir = await mkdtemp(path.join(os.tmpdir(), 'contract-'))
      try {
        await expect(cluster.loadImage(path.join(dir, 'missing.tar'))).rejects.toThrow(/missing\.tar/)
        await expect(cluster.loadImage(path.join(packageRoot, 'package.json'))).rejects.toThrow(/package\.json/)
      } finally {
        await rm(dir, { recursive: true })
      }
    })

    it('writes the audit log that its policy asks for, and no more', async (ctx) => {
      ctx.skip(!capabilities.auditLog, `${name} writes no audit log`)
      const map = (namespace: string) => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'audited', namespace },
        data: { word: `spoken-in-${namespace}` },
      })
      await client.create('/api/v1/namespaces/kube-public/configmaps', map('kube-public'))
      await client.create('/api/v1/namespaces/default/configmaps', map('default'))
      await client.list('/api/v1/namespaces/default/secrets')
      const text = await until(
        async () => {
          const log = await readFile(cluster.auditLog ?? '', 'utf8')
          return log.includes('spoken-in-default') && log
        },
        { what: 'the request in the audit log', timeoutMs: 10_000 },
      )
      const events = text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, never>)
      expect(text).not.toContain('spoken-in-kube-public')
      expect(new Set(events.map((event) => event['level']))).toEqual(new Set(['Request']))
      expect(events.filter((event) => event['verb'] === 'create').at(-1)).toMatchObject({
        objectRef: { resource: 'configmaps', namespace: 'default', name: 'audited' },
        requestObject: { data: { word: 'spoken-in-default' } },
        responseStatus: { code: 201 },
      })
    })

    it('is listed, and found again by its name', async () => {
      const summary = (await provider.list()).find((s) => s.name === spec.name)
      expect(summary).toMatchObject({
        name: spec.name,
        provider: provider.name,
        kubernetes: spec.kubernetes,
        nodes: spec.nodes.map((node) => node.name),
        state: 'running',
        owner: 'this-process',
        kubeconfig: cluster.kubeconfig,
      })
      expect(Math.abs(Date.parse(summary!.createdAt) - Date.now())).toBeLessThan(10 * 60_000)
      const again = await provider.attach(spec.name)
      expect([again.name, again.kubeconfig, again.auditLog]).toEqual([
        cluster.name,
        cluster.kubeconfig,
        cluster.auditLog,
      ])
      await expect(provider.attach(`${prefix}-nobody`)).rejects.toBeInstanceOf(KubemendError)
    })

    it('keeps its name to itself', async () => {
      await expect(provider.create(spec, mine)).rejects.toThrow(new RegExp(spec.name))
      expect(await client.requestText('GET', '/readyz')).toBe('ok')
    })

    it('is not taken for a leftover while its owner lives', async () => {
      await provider.removeLeftovers()
      expect(await client.requestText('GET', '/readyz')).toBe('ok')
    })

    it('collects logs and state into a folder', async () => {
      const dir = await mkdtemp(path.join(os.tmpdir(), 'contract-'))
      try {
        await cluster.collectLogs(path.join(dir, 'logs'))
        expect((await readdir(path.join(dir, 'logs'), { recursive: true })).length).toBeGreaterThan(0)
      } finally {
        await rm(dir, { recursive: true })
      }
    })

    it('tells what it has used', async () => {
      const usage = await cluster.usage()
      for (const value of Object.values(usage)) expect(value).toBeGreaterThanOrEqual(0)
    })

    it('says which component has ended', async () => {
      expect(await cluster.brokenBecause()).toBeUndefined()
      const word = await breakComponent(cluster)
      const because = await until(() => cluster.brokenBecause(), { what: 'the cluster to notice', timeoutMs: 10_000 })
      expect(because).toContain(word)
    })

    it('is gone when it is destroyed, however often', { timeout: 60_000 }, async () => {
      await cluster.destroy()
      expect(await names()).not.toContain(spec.name)
      if (!isLent) await expect(client.requestText('GET', '/readyz', { timeoutMs: 3000 })).rejects.toThrow()
      await expect(readFile(cluster.kubeconfig)).rejects.toThrow()
      await cluster.destroy()
      await expect(provider.attach(spec.name)).rejects.toBeInstanceOf(KubemendError)
    })
  })

  describe(`provider ${name}: specs that cannot be`, () => {
    const good = plainSpec(`${prefix}-bad`, provider, image)
    const node = good.nodes[0]!
    const bad: [string, ClusterSpec, RegExp][] = [
      ['a name with capitals', { ...good, name: 'Not_A_Name' }, /Not_A_Name/],
      ['a name that leads out of its folder', { ...good, name: '../up' }, /\.\.\/up/],
      ['no nodes', { ...good, nodes: [] }, /nodes/],
      ['a node name with a blank', { ...good, nodes: [{ ...node, name: 'a b' }] }, /a b/],
      ['two nodes of one name', { ...good, nodes: [node, node] }, /twice/],
      ['a version that is not known', { ...good, kubernetes: '1.2' }, /1\.2/],
      ['an add-on that is not known', { ...good, addons: ['teleport' as never] }, /teleport/],
      ['an image that cannot be had', { ...good, images: ['kubemend/no-such-image:9'] }, /kubemend\/no-such-image:9/],
    ]
    for (const [what, spec, said] of bad) {
      it(`${what} is refused at once, by name, and leaves nothing behind`, { timeout: 30_000 }, async () => {
        const before = await names()
        const elapsed = startTimer()
        const refusal = await provider.create(spec, mine).then(
          async (cluster) => {
            await cluster.destroy()
            return undefined
          },
          (error: unknown) => error,
        )
        expect(refusal).toBeInstanceOf(KubemendError)
        expect((refusal as KubemendError).message).toMatch(said)
        expect(elapsed()).toBeLessThan(10_000)
        expect(await names()).toEqual(before)
      })
    }
  })

  describe(`provider ${name}: interruptions`, () => {
    it('an abort at any step leaves nothing behind', { timeout: 300_000 }, async () => {
      const steps: string[] = []
      const whole = await create(plainSpec(`${prefix}-whole`, provider, image), {
        ...mine,
        onProgress: (line) => steps.push(line),
      })
      await whole.destroy()
      for (const at of new Set([0, Math.floor(steps.length / 2), steps.length - 1])) {
        const abort = new AbortController()
        const spec = plainSpec(`${prefix}-abort-${at}`, provider, image)
        let seen = 0
        const reason = new Error(`aborted at ${steps[at]}`)
        const creating = provider.create(spec, {
          ...mine,
          signal: abort.signal,
          onProgress: () => seen++ === at && abort.abort(reason),
        })
        await expect(creating).rejects.toThrow(/abort/)
        expect(await names()).not.toContain(spec.name)
      }
      // others on this machine may leave what they like
      expect((await provider.removeLeftovers()).filter((line) => line.includes(prefix))).toEqual([])
    })

    it('an abort before the start starts nothing', async () => {
      const spec = plainSpec(`${prefix}-never`, provider, image)
      await expect(provider.create(spec, { ...mine, signal: AbortSignal.abort() })).rejects.toThrow()
      expect(await names()).not.toContain(spec.name)
    })

    it('what a dead owner left is found and removed', { timeout: 120_000 }, async () => {
      const spec = plainSpec(`${prefix}-orphan`, provider, image)
      const child = await createInChild(factory, spec, { owner: 'this-process', until: 'up' })
      child.kill()
      await child.ended
      const removed = await provider.removeLeftovers()
      expect(removed.join('\n')).toContain(spec.name)
      expect(await names()).not.toContain(spec.name)
      if (isLent) return
      using client = new KubeClient({ server: child.server, isInsecure: true })
      await expect(client.requestText('GET', '/readyz', { timeoutMs: 3000 })).rejects.not.toBeInstanceOf(KubeError)
    })

    it(
      'a half-made cluster of a dead maker is removed, even one that nobody was to own',
      { timeout: 120_000 },
      async () => {
        const spec = plainSpec(`${prefix}-half`, provider, image)
        const child = await createInChild(factory, spec, { owner: 'nobody', until: 'half' })
        child.kill()
        await child.ended
        expect((await provider.removeLeftovers()).join('\n')).toContain(spec.name)
        expect(await names()).not.toContain(spec.name)
      },
    )

    it("nobody's cluster outlives its maker and serves whoever attaches", { timeout: 120_000 }, async (ctx) => {
      ctx.skip(livesInProcess ?? false, `clusters of ${name} live in its process`)
      const spec = plainSpec(`${prefix}-nobodys`, provider, image)
      const child = await createInChild(factory, spec, { owner: 'nobody', until: 'up' })
      child.kill()
      await child.ended
      await provider.removeLeftovers()
      expect((await provider.list()).find((s) => s.name === spec.name)).toMatchObject({
        owner: 'nobody',
        state: 'running',
      })
      const cluster = await provider.attach(spec.name)
      made.push(cluster)
      using client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
      expect(await client.requestText('GET', '/readyz')).toBe('ok')
      expect(await cluster.brokenBecause()).toBeUndefined()
      await cluster.destroy()
      expect(await names()).not.toContain(spec.name)
    })
  })

  describe(`provider ${name}: several at once`, () => {
    it('clusters made together do not see each other', { timeout: 300_000 }, async () => {
      const clusters = await Promise.all(
        ['left', 'right'].map((side) => create(plainSpec(`${prefix}-${side}`, provider, image))),
      )
      const clients = await Promise.all(clusters.map((cluster) => KubeClient.fromKubeconfig(cluster.kubeconfig)))
      try {
        const [left, right] = clients as [KubeClient, KubeClient]
        const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'mark' } }
        await left.create('/api/v1/namespaces/default/configmaps', body)
        expect(await right.find('/api/v1/namespaces/default/configmaps/mark')).toBeUndefined()
        await clusters[0]!.destroy()
        expect(await right.requestText('GET', '/readyz')).toBe('ok')
        expect(await clusters[1]!.brokenBecause()).toBeUndefined()
      } finally {
        for (const client of clients) client[Symbol.dispose]()
        for (const cluster of clusters) await cluster.destroy()
      }
    })

    it('one name asked for twice at once is given once', { timeout: 120_000 }, async () => {
      const spec = plainSpec(`${prefix}-race`, provider, image)
      const settled = await Promise.allSettled([provider.create(spec, mine), provider.create(spec, mine)])
      const won = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
      made.push(...won)
      expect(won.length).toBe(1)
      using client = await KubeClient.fromKubeconfig(won[0]!.kubeconfig)
      expect(await client.requestText('GET', '/readyz')).toBe('ok')
      await won[0]!.destroy()
    })
  })

  if (!capabilities.snapshots) {
    it(`provider ${name}: snapshots`, (ctx) => ctx.skip(`${name} takes no snapshots`))
    return
  }

  describe(`provider ${name}: snapshots`, () => {
    const key = `${prefix}-key`
    const world = '/api/v1/namespaces/world'
    let before: Story
    let token: string
    let said: string | undefined

    beforeAll(async () => {
      expect(await provider.hasSnapshot(key)).toBe(false)
      const cluster = await create(plainSpec(`${prefix}-prepared`, provider, image))
      using client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
      await buildWorld(client, image)
      token = await mintToken(client)
      before = await tellStory(client)
      if (capabilities.nodeExec) said = await firstLine(client)
      await cluster.snapshot(key)
      await cluster.destroy()
    }, 300_000)

    it('a snapshot is kept under its key', async () => {
      expect(await provider.hasSnapshot(key)).toBe(true)
      expect(await provider.hasSnapshot(`${key}-other`)).toBe(false)
      await expect(provider.restore(`${key}-other`, `${prefix}-none`, mine)).rejects.toThrow(/-other/)
      expect(await names()).not.toContain(`${prefix}-none`)
    })

    it('two clusters restored at once are as the first one was, and apart', { timeout: 300_000 }, async () => {
      const restored = await Promise.all(['a', 'b'].map((side) => provider.restore(key, `${prefix}-${side}`, mine)))
      made.push(...restored)
      for (const cluster of restored) {
        using client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
        const after = await tellStory(client)
        expect(after.pods).toEqual(before.pods)
        expect(after.objects).toEqual(before.objects)
        if (capabilities.nodeExec) expect(await firstLine(client)).toBe(said)
        expect(await cluster.brokenBecause()).toBeUndefined()
        expect((await provider.list()).find((s) => s.name === cluster.name)).toMatchObject({ state: 'running' })
        const { server, ca } = client.access
        using asBefore = new KubeClient({ server, ...(ca ? { ca } : {}), token })
        await expect(asBefore.list(`${world}/pods`)).rejects.toMatchObject({ status: 403 })
      }
      const [a, b] = await Promise.all(restored.map((cluster) => KubeClient.fromKubeconfig(cluster.kubeconfig)))
      await a!.create(`${world}/configmaps`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'mark' } })
      expect(await b!.find(`${world}/configmaps/mark`)).toBeUndefined()
      for (const cluster of restored) await cluster.destroy()
    })

    it(
      'a restored cluster goes on working, and nothing in it tells that it was restored',
      { timeout: 300_000 },
      async () => {
        const cluster = await provider.restore(key, `${prefix}-again`, mine)
        made.push(cluster)
        using client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
        for (const pod of await client.list<PodObject>(`${world}/pods`)) {
          expect(isTrue(pod, 'Ready'), pod.metadata.name).toBe(true)
          for (const status of pod.status.containerStatuses) expect(status.restartCount, pod.metadata.name).toBe(0)
        }
        const telling = /Unhealthy|BackOff|Failed|NodeNotReady|SandboxChanged|Killing|Rebooted|Evicted|TaintManager/
        const events = await client.list('/api/v1/events')
        const bad = events.filter((event) => event['type'] === 'Warning' || telling.test(String(event['reason'])))
        expect(bad.map((event) => `${String(event['reason'])}: ${String(event['message'])}`)).toEqual([])
        await client.patch('/apis/apps/v1/namespaces/world/deployments/web/scale', { spec: { replicas: 3 } })
        await until(
          async () => (await client.list(`${world}/pods`)).filter((pod) => isTrue(pod, 'Ready')).length === 4,
          { what: 'another pod', timeoutMs: 60_000, isTransient: (error) => error instanceof KubeError },
        )
        await cluster.destroy()
      },
    )
  })
}

interface NodeObject extends KubeObject {
  spec: { taints?: { key: string }[] }
  status: { capacity: Record<string, string>; allocatable: Record<string, string> }
}

interface PodObject extends KubeObject {
  spec: { nodeName: string }
  status: { podIP: string; containerStatuses: { restartCount: number }[] }
}

/** What must be the same in a restored cluster. */
interface Story {
  /** By name: uid, node and address. */
  pods: Record<string, unknown>
  /** By kind and name: uid and spec. */
  objects: Record<string, unknown>
}

function plainSpec(name: string, provider: Provider, image: string): ClusterSpec {
  return {
    name,
    kubernetes: provider.capabilities.kubernetesVersions[0] ?? '',
    nodes: [{ name: 'only', labels: {}, taints: [], capacity: {} }],
    addons: [],
    images: [image],
  }
}

function sleepingPod(name: string, image: string, node?: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: {
      ...(node === undefined ? {} : { nodeName: node, tolerations: [{ operator: 'Exists' }] }),
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'main', image, imagePullPolicy: 'Never', command: ['sleep', '100000'] }],
    },
  }
}

async function buildWorld(client: KubeClient, image: string): Promise<void> {
  await client.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'world' } })
  const { spec } = sleepingPod('web', image)
  await client.create('/apis/apps/v1/namespaces/world/deployments', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec },
    },
  })
  await client.create('/api/v1/namespaces/world/services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  })
  await client.create('/api/v1/namespaces/world/secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'password' },
    stringData: { p: 'word' },
  })
  await until(() => client.find('/api/v1/namespaces/world/serviceaccounts/default'), {
    what: 'the service account',
    timeoutMs: 30_000,
  })
  const bare = sleepingPod('bare', image)
  const [container] = (bare['spec'] as { containers: { command: string[] }[] }).containers
  container!.command = ['sh', '-c', 'echo here I am; exec sleep 100000']
  await client.create('/api/v1/namespaces/world/pods', bare)
  await untilReady(client, 'world', ['bare'])
  await until(
    async () => (await client.list('/api/v1/namespaces/world/pods')).filter((p) => isTrue(p, 'Ready')).length === 3,
    {
      what: 'the pods of the world',
      timeoutMs: 60_000,
    },
  )
}

async function tellStory(client: KubeClient): Promise<Story> {
  const pods = await client.list<PodObject>('/api/v1/namespaces/world/pods')
  const objects: Story['objects'] = {}
  for (const at of [
    '/api/v1/namespaces/world/services',
    '/api/v1/namespaces/world/secrets',
    '/apis/apps/v1/namespaces/world/deployments',
    '/apis/apps/v1/namespaces/world/replicasets',
    '/api/v1/namespaces/world/serviceaccounts',
  ]) {
    for (const { kind, metadata, spec, data } of await client.list(at)) {
      objects[`${kind} ${metadata.name}`] = { uid: metadata.uid, createdAt: metadata.creationTimestamp, spec, data }
    }
  }
  return {
    pods: Object.fromEntries(
      pods.map(({ metadata, spec, status }) => [
        metadata.name,
        { uid: metadata.uid, createdAt: metadata.creationTimestamp, node: spec.nodeName, ip: status.podIP },
      ]),
    ),
    objects,
  }
}

/** What a pod said first, and when. */
function firstLine(client: KubeClient): Promise<string> {
  return until(
    async () => {
      const log = await client.requestText('GET', '/api/v1/namespaces/world/pods/bare/log?timestamps=true')
      return log.split('\n')[0] || undefined
    },
    { what: 'the first line of a log', timeoutMs: 30_000 },
  )
}

async function mintToken(client: KubeClient): Promise<string> {
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }
  const tokens = '/api/v1/namespaces/world/serviceaccounts/default/token'
  return (await client.create<{ status: { token: string } }>(tokens, request)).status.token
}

async function untilReady(client: KubeClient, namespace: string, pods: string[]): Promise<void> {
  for (const pod of pods) {
    await until(async () => isTrue(await client.get(`/api/v1/namespaces/${namespace}/pods/${pod}`), 'Ready'), {
      what: `pod ${pod} to be Ready`,
      timeoutMs: 60_000,
    })
  }
}

function isTrue(object: KubeObject, type: string): boolean {
  const { conditions = [] } = (object['status'] ?? {}) as { conditions?: { type: string; status: string }[] }
  return conditions.some((condition) => condition.type === type && condition.status === 'True')
}

/** Really another process: it makes the cluster, says so, and waits to be killed. */
async function createInChild(
  factory: ProviderUnderTest['factory'],
  spec: ClusterSpec,
  options: { owner: CreateOptions['owner']; until: 'up' | 'half' },
): Promise<{ server: string; kill: () => void; ended: Promise<void> }> {
  const script = path.join(packageRoot, 'environments/provider-child.ts')
  const child = spawn(process.execPath, [script, factory.file, factory.name, JSON.stringify({ spec, ...options })], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()))
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  for await (const line of createInterface({ input: child.stdout })) {
    return { server: line, ended, kill: () => child.kill('SIGKILL') }
  }
  throw new Error(`the other process made no cluster: ${said}`)
}
