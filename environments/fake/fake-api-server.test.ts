import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KubeClient, type KubeObject, type WatchEvent } from '../../harness/base/kube-client.ts'
import type { ClusterSpec } from '../provider.ts'
import type { FakeCluster } from './fake-cluster.ts'
import { createFakeProvider } from './fake-provider.ts'

const spec: ClusterSpec = {
  name: 'api',
  kubernetes: '1.35',
  nodes: [
    { name: 'control-plane', labels: {}, taints: [], capacity: {} },
    { name: 'worker-1', labels: {}, taints: [], capacity: {} },
  ],
  addons: [],
  images: [],
}
const maps = '/api/v1/namespaces/default/configmaps'
const pods = '/api/v1/namespaces/default/pods'
const deployments = '/apis/apps/v1/namespaces/default/deployments'

const configMap = (name: string, data: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
})

const deployment = (name: string, replicas: number, image = 'nginx'): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image }] } },
  },
})

describe('the fake API server', () => {
  const provider = createFakeProvider({ hasImage: (image) => image !== 'missing' })
  let cluster: FakeCluster
  let client: KubeClient

  beforeAll(async () => {
    cluster = (await provider.create(spec, { owner: 'this-process' })) as FakeCluster
    client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
  })

  afterAll(async () => {
    client[Symbol.dispose]()
    await cluster.destroy()
  })

  it('serves discovery, versions and health', async () => {
    const resources = await client.resources()
    expect(resources).toContainEqual(
      expect.objectContaining({ group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments' }),
    )
    expect(await client.requestText('GET', '/readyz')).toBe('ok')
    expect(await client.get<{ gitVersion: string }>('/version')).toMatchObject({ gitVersion: 'v1.35.0-fake' })
  })

  it('gives identities, versions and generations, and refuses what is stale or twice', async () => {
    const made = await client.create(maps, configMap('a', { x: '1' }))
    expect(made.metadata).toMatchObject({ name: 'a', namespace: 'default', generation: 1 })
    expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/)
    await expect(client.create(maps, configMap('a', {}))).rejects.toMatchObject({
      status: 409,
      reason: 'AlreadyExists',
    })
    const changed = await client.patch(`${maps}/a`, { data: { x: '2' } })
    expect(changed.metadata.uid).toBe(made.metadata.uid)
    expect(changed.metadata.generation).toBe(2)
    await expect(client.replace(`${maps}/a`, made)).rejects.toMatchObject({ status: 409, reason: 'Conflict' })
    const labelled = await client.patch(`${maps}/a`, { metadata: { labels: { l: '1' } } })
    expect(labelled.metadata.generation).toBe(2)
    expect(Number(labelled.metadata.resourceVersion)).toBeGreaterThan(Number(changed.metadata.resourceVersion))
    await expect(client.get(`${maps}/b`)).rejects.toMatchObject({ status: 404 })
  })

  it('lists in pages, by labels and by fields', async () => {
    for (const n of [1, 2, 3]) {
      const object = configMap(`page-${n}`, {})
      await client.create(maps, { ...object, metadata: { ...object.metadata, labels: { page: String(n) } } })
    }
    const names = async (query: Record<string, string | number>): Promise<string[]> =>
      (await client.list(maps, { query })).map((item) => item.metadata.name)
    expect(await names({ labelSelector: 'page', limit: 2 })).toEqual(['page-1', 'page-2', 'page-3'])
    expect(await names({ labelSelector: 'page in (1,3),page!=3' })).toEqual(['page-1'])
    expect(await names({ labelSelector: 'page notin (1),page' })).toEqual(['page-2', 'page-3'])
    expect(await names({ fieldSelector: 'metadata.name=page-2' })).toEqual(['page-2'])
  })

  it('tells a watch what happened since a version, in order', async () => {
    const made = await client.create(maps, configMap('watched', { n: '0' }))
    await client.patch(`${maps}/watched`, { data: { n: '1' } })
    const seen: WatchEvent[] = []
    const abort = new AbortController()
    const query = { resourceVersion: made.metadata.resourceVersion!, fieldSelector: 'metadata.name=watched' }
    const watching = (async () => {
      for await (const event of client.watch(maps, { query, signal: abort.signal })) {
        seen.push(event)
        if (event.type === 'DELETED') return
      }
    })()
    await client.delete(`${maps}/watched`)
    await watching
    expect(seen.map((event) => event.type)).toEqual(['MODIFIED', 'DELETED'])
    const first = client.watch(maps, { query: { fieldSelector: 'metadata.name=a' }, signal: abort.signal })
    expect((await first.next()).value).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'a' } } })
    abort.abort()
  })

  it('applies server-side: owners, what they left out, and conflicts', async () => {
    const apply = (manager: string, data: Record<string, string>, force = false): Promise<KubeObject> =>
      client.patch(`${maps}/shared`, configMap('shared', data), {
        contentType: 'application/apply-patch+yaml',
        query: { fieldManager: manager, force },
      })
    await apply('alice', { a: '1', 'b.with/dots': '1' })
    await apply('bob', { c: '1' })
    await expect(apply('bob', { a: '2', c: '1' })).rejects.toThrow(/conflict with "alice": \.data\.a/)
    await apply('bob', { a: '2' }, true)
    expect((await apply('alice', {}))['data']).toEqual({ a: '2' })
    expect((await apply('bob', { a: '2' })).metadata.resourceVersion).toBe(
      (await apply('bob', { a: '2' })).metadata.resourceVersion,
    )
  })

  it('understands merge, strategic merge and JSON patches', async () => {
    await client.create(deployments, deployment('patched', 1))
    const at = `${deployments}/patched`
    await client.patch(
      at,
      {
        spec: {
          template: {
            spec: {
              containers: [
                { name: 'main', image: 'nginx:2' },
                { name: 'side', image: 'busybox' },
              ],
            },
          },
        },
      },
      { contentType: 'application/strategic-merge-patch+json' },
    )
    await client.patch(at, [{ op: 'replace', path: '/spec/template/spec/containers/1/image', value: 'busybox:2' }], {
      contentType: 'application/json-patch+json',
    })
    await client.patch(at, { metadata: { annotations: { note: 'x' } } })
    const { spec: after, metadata } = await client.get<KubeObject & { spec: { template: { spec: unknown } } }>(at)
    expect(after.template.spec).toEqual({
      containers: [
        { name: 'main', image: 'nginx:2' },
        { name: 'side', image: 'busybox:2' },
      ],
    })
    expect(metadata.annotations).toEqual({ note: 'x' })
    await expect(
      client.patch(at, [{ op: 'remove', path: '/spec/nothing' }], { contentType: 'application/json-patch+json' }),
    ).rejects.toMatchObject({ status: 422 })
    await client.delete(at)
  })

  it('brings deployments to their pods, and their status to what is', async () => {
    await client.apply(deployment('web', 2))
    expect((await client.get(`${deployments}/web`))['status']).toMatchObject({ readyReplicas: 2, updatedReplicas: 2 })
    const before = await client.list(pods, { query: { labelSelector: 'app=web' } })
    await client.patch(`${deployments}/web/scale`, { spec: { replicas: 3 } })
    const after = await client.list(pods, { query: { labelSelector: 'app=web' } })
    expect(after.length).toBe(3)
    expect(after.map((pod) => pod.metadata.uid)).toEqual(expect.arrayContaining(before.map((pod) => pod.metadata.uid)))
    await client.apply(deployment('web', 3, 'missing'))
    const broken = await client.get<KubeObject & { status: Record<string, unknown> }>(`${deployments}/web`)
    expect(broken.status).toMatchObject({ readyReplicas: 0, unavailableReplicas: 3 })
    const [waiting] = await client.list(pods, { query: { labelSelector: 'app=web' } })
    expect(JSON.stringify(waiting?.['status'])).toContain('ErrImagePull')
    await client.delete(`${deployments}/web`)
    expect(await client.list(pods, { query: { labelSelector: 'app=web' } })).toEqual([])
  })

  it('replaces a lost pod of a set by another', async () => {
    await client.apply(deployment('kept', 1))
    const [pod] = await client.list(pods, { query: { labelSelector: 'app=kept' } })
    await client.delete(`${pods}/${pod?.metadata.name}`)
    const [next] = await client.list(pods, { query: { labelSelector: 'app=kept' } })
    expect(next?.metadata.uid).not.toBe(pod?.metadata.uid)
    await client.delete(`${deployments}/kept`)
  })

  it('keeps what finalizers hold, and takes a namespace down with all that is in it', async () => {
    await client.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'inner' } })
    const inner = '/api/v1/namespaces/inner/configmaps'
    const held = configMap('held', {})
    held.metadata.finalizers = ['example.com/hold']
    await client.create(inner, held)
    await client.create(inner, configMap('free', {}))
    await client.delete('/api/v1/namespaces/inner')
    expect((await client.get(`${inner}/held`)).metadata.deletionTimestamp).toBeDefined()
    expect(await client.find(`${inner}/free`)).toBeUndefined()
    await expect(client.create(inner, configMap('late', {}))).rejects.toMatchObject({ status: 403 })
    await client.patch(`${inner}/held`, { metadata: { finalizers: null } })
    expect(await client.find('/api/v1/namespaces/inner')).toBeUndefined()
  })

  it('serves custom resources from their definition on, and writes their status apart', async () => {
    await client.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'gadgets.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { kind: 'Gadget', plural: 'gadgets' },
        versions: [{ name: 'v1', served: true, storage: true, subresources: { status: {} } }],
      },
    })
    const gadget = { apiVersion: 'example.com/v1', kind: 'Gadget', metadata: { name: 'g' }, spec: { size: 1 } }
    await client.apply(gadget)
    const at = '/apis/example.com/v1/namespaces/default/gadgets/g'
    await client.patch(at, { status: { seen: true } })
    expect((await client.get(at))['status']).toBeUndefined()
    await client.patch(`${at}/status`, { status: { seen: true }, spec: { size: 9 } })
    expect(await client.get(at)).toMatchObject({ spec: { size: 1 }, status: { seen: true } })
  })

  it('knows who asks, what they may, and when their account is gone', async () => {
    const accounts = '/api/v1/namespaces/default/serviceaccounts'
    await client.create(accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'oncall' } })
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default'
    await client.create(`${rbac}/roles`, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'reader' },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch'] }],
    })
    await client.create(`${rbac}/rolebindings`, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'reader' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'ServiceAccount', name: 'oncall', namespace: 'default' }],
    })
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 600 } }
    const { status } = await client.create<{ status: { token: string } }>(`${accounts}/oncall/token`, request)
    using caller = new KubeClient({ server: client.access.server, token: status.token })
    expect(await caller.find(`${maps}/a`)).toBeDefined()
    await expect(caller.list('/api/v1/namespaces/kube-system/configmaps')).rejects.toMatchObject({ status: 403 })
    await expect(caller.delete(`${maps}/a`)).rejects.toThrow(
      /User "system:serviceaccount:default:oncall" cannot delete/,
    )
    const who = await caller.create('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'SelfSubjectReview',
    })
    expect(who['status']).toMatchObject({ userInfo: { username: 'system:serviceaccount:default:oncall' } })
    await client.delete(`${accounts}/oncall`)
    await expect(caller.find(`${maps}/a`)).rejects.toMatchObject({ status: 401 })
  })

  it('writes an audit log with the IDs that callers give, and no value of a Secret', async () => {
    await client.create(
      '/api/v1/namespaces/default/secrets',
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { p: 'very-secret' } },
      { headers: { 'Audit-ID': 'my-own-id' } },
    )
    const lines = (await readFile(cluster.auditLog!, 'utf8')).trim().split('\n')
    const event = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .find((e) => e['auditID'] === 'my-own-id')
    expect(event).toMatchObject({
      level: 'Metadata',
      verb: 'create',
      user: { username: 'kubernetes-admin' },
      objectRef: { resource: 'secrets', namespace: 'default', name: 's' },
      responseStatus: { code: 201 },
    })
    expect(JSON.stringify(event)).not.toContain(Buffer.from('very-secret').toString('base64'))
  })

  it('is as slow and as faulty as a test wants it', async () => {
    cluster.faults.delayMs = 120
    const begun = performance.now()
    await client.get(`${maps}/a`)
    expect(performance.now() - begun).toBeGreaterThan(100)
    delete cluster.faults.delayMs
    cluster.faults.refuse = ({ method }) => (method === 'PATCH' ? { status: 503, message: 'etcd is away' } : undefined)
    await expect(client.patch(`${maps}/a`, {})).rejects.toThrow(/etcd is away/)
    delete cluster.faults.refuse
    expect(await client.find(`${maps}/a`)).toBeDefined()
  })
})

describe('a fake provider', () => {
  it('fails at the step that a test names, and leaves nothing behind', async () => {
    for (const failAt of ['claimed', 'nodes Ready'] as const) {
      const provider = createFakeProvider({ failAt })
      await expect(provider.create(spec, { owner: 'this-process' })).rejects.toMatchObject({ code: 'fake-fault' })
      expect(await provider.list()).toEqual([])
    }
  })

  it('runs commands on nodes by what a test answers for them', async () => {
    const provider = createFakeProvider({
      exec: async (node, argv) => ({ stdout: `${node}: ${argv.join(' ')}\n`, exitCode: 0 }),
    })
    expect(provider.capabilities.nodeExec).toBe(true)
    await using cluster = await provider.create({ ...spec, name: 'exec' }, { owner: 'this-process' })
    expect(await cluster.exec('worker-1', ['uname', '-r'])).toMatchObject({
      exitCode: 0,
      stdout: 'worker-1: uname -r\n',
    })
  })

  it('collects its objects and its audit log', async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'fake-'))
    try {
      await using cluster = await createFakeProvider().create({ ...spec, name: 'logs' }, { owner: 'this-process' })
      await cluster.collectLogs(dir)
      expect(await readFile(path.join(dir, 'objects.json'), 'utf8')).toContain('control-plane')
    } finally {
      await rm(dir, { recursive: true })
    }
  })
})
