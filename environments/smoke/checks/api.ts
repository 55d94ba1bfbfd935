import assert from 'node:assert/strict'
import type { KubeObject } from '../../../harness/base/kube-client.ts'
import type { SmokeTheme } from '../check.ts'
import { configMap, podManifest, secret, service } from '../pods.ts'

export const api: SmokeTheme = {
  theme: 'api',
  checks: [
    {
      name: 'server-side apply refuses to take over a field that another manages',
      async run(ctx) {
        const apply = (manager: string, data: Record<string, string>, force = false) =>
          ctx.client.patch(ctx.path('configmaps', 'shared'), configMap('shared', data), {
            contentType: 'application/apply-patch+yaml',
            query: { fieldManager: manager, force },
          })
        await apply('alice', { a: '1', b: '1' })
        await apply('bob', { c: '1' })
        const conflict = await ctx.refusal(apply('bob', { a: '2', c: '1' }))
        assert.equal(conflict.status, 409)
        assert.match(conflict.message, /conflict with "alice": \.data\.a/)
        await apply('bob', { a: '2' }, true)
        const after = await apply('alice', { b: '1' })
        assert.deepEqual(after['data'], { a: '2', b: '1' })
      },
    },
    {
      name: 'an update from an old resource version is a conflict',
      async run(ctx) {
        const first = await ctx.create(configMap('versioned', { a: '1' }))
        await ctx.client.patch(ctx.path('configmaps', 'versioned'), { data: { a: '2' } })
        const refusal = await ctx.refusal(
          ctx.client.replace(ctx.path('configmaps', 'versioned'), { ...first, data: { a: '3' } }),
        )
        assert.equal(refusal.status, 409)
      },
    },
    {
      name: 'a watch from a resource version shows everything since, in order',
      async run(ctx) {
        const made = await ctx.create(configMap('watched', { n: '0' }))
        const from = made.metadata.resourceVersion!
        for (let n = 1; n <= 3; n++)
          await ctx.client.patch(ctx.path('configmaps', 'watched'), { data: { n: String(n) } })
        await ctx.client.delete(ctx.path('configmaps', 'watched'))
        const seen: string[] = []
        const query = { resourceVersion: from, timeoutSeconds: 20, fieldSelector: 'metadata.name=watched' }
        for await (const event of ctx.client.watch(ctx.path('configmaps'), { query, signal: ctx.signal })) {
          seen.push(`${event.type} ${(event.object['data'] as { n: string }).n}`)
          if (event.type === 'DELETED') break
        }
        assert.deepEqual(seen, ['MODIFIED 1', 'MODIFIED 2', 'MODIFIED 3', 'DELETED 3'])
      },
    },
    {
      name: 'bookmarks tell a quiet watch how far it is, and initial events end with one',
      async run(ctx) {
        await ctx.create(configMap('there', {}))
        const query = {
          sendInitialEvents: true,
          allowWatchBookmarks: true,
          resourceVersionMatch: 'NotOlderThan',
          timeoutSeconds: 20,
        }
        const kinds: string[] = []
        for await (const event of ctx.client.watch(ctx.path('configmaps'), { query, signal: ctx.signal })) {
          kinds.push(event.type)
          if (event.type === 'BOOKMARK') break
        }
        assert.equal(kinds.at(-1), 'BOOKMARK')
        assert.ok(kinds.filter((k) => k === 'ADDED').length >= 2)
      },
    },
    {
      name: 'lists come in pages, by labels and by fields',
      async run(ctx) {
        for (let n = 0; n < 5; n++) {
          await ctx.create({
            ...configMap(`part-${n}`, {}),
            metadata: { name: `part-${n}`, labels: { odd: String(n % 2) } },
          })
        }
        const list = (query: Record<string, string | number>) =>
          ctx.client.get<KubeObject & { items: KubeObject[] }>(ctx.path('configmaps'), { query })
        const page = await list({ limit: 2 })
        assert.equal(page.items.length, 2)
        const rest = await list({ limit: 100, continue: String(page.metadata['continue']) })
        assert.equal(rest.items.length, 4)
        assert.equal((await list({ labelSelector: 'odd=1' })).items.length, 2)
        assert.equal((await list({ labelSelector: 'odd,odd notin (1)' })).items.length, 3)
        assert.equal((await list({ fieldSelector: 'metadata.name=part-3' })).items.length, 1)
      },
    },
    {
      name: 'a dry run changes nothing but is judged in full',
      async run(ctx) {
        const query = { dryRun: 'All' }
        const made = await ctx.client.create(ctx.path('pods'), podManifest('imagined'), { query })
        assert.equal((made['spec'] as { serviceAccountName: string }).serviceAccountName, 'default')
        assert.equal(await ctx.client.find(ctx.path('pods', 'imagined')), undefined)
      },
    },
    {
      name: 'generateName makes names',
      async run(ctx) {
        const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'made-' } }
        const names = await Promise.all(
          [1, 2, 3].map(async () => (await ctx.client.create(ctx.path('configmaps'), body)).metadata.name),
        )
        assert.equal(new Set(names).size, 3)
        assert.ok(names.every((name) => /^made-\w{5}$/.test(name)))
      },
    },
    {
      name: 'a finalizer keeps an object until it is taken off',
      async run(ctx) {
        const held = configMap('held', {})
        held.metadata.finalizers = ['example.com/hold']
        await ctx.create(held)
        const path = ctx.path('configmaps', 'held')
        await ctx.client.delete(path)
        assert.ok((await ctx.client.get(path)).metadata.deletionTimestamp)
        await ctx.client.patch(path, { metadata: { finalizers: null } })
        await ctx.waitGone(path)
      },
    },
    {
      name: 'a namespace goes with everything in it, after what holds it',
      async run(ctx) {
        const name = `${ctx.namespace.slice(0, 50)}-inner`
        const at = `/api/v1/namespaces/${name}`
        await ctx.client.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
        ctx.removeAfterwards(at)
        const held = configMap('held', {})
        held.metadata.finalizers = ['example.com/hold']
        await ctx.client.create(`${at}/configmaps`, held)
        await ctx.client.create(`${at}/secrets`, secret('gone', {}))
        await ctx.client.create(`${at}/services`, service('gone', 'gone'))
        await ctx.client.delete(at)
        await ctx.wait(at, 'to say what it waits for', (n) => JSON.stringify(n['status']).includes('example.com/hold'))
        await ctx.client.patch(`${at}/configmaps/held`, { metadata: { finalizers: null } })
        await ctx.waitGone(at)
      },
    },
    {
      name: 'what belongs to an owner goes with it',
      async run(ctx) {
        const owner = await ctx.create(configMap('owner', {}))
        const owned = configMap('owned', {})
        owned.metadata.ownerReferences = [
          { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid! },
        ]
        await ctx.create(owned)
        await ctx.client.delete(ctx.path('configmaps', 'owner'))
        await ctx.waitGone(ctx.path('configmaps', 'owned'))
      },
    },
    {
      name: 'events tell the story of a pod',
      async run(ctx) {
        await ctx.readyPod('story')
        const wanted = ['Scheduled', 'Pulled', 'Created', 'Started']
        await ctx.waitForList(
          ctx.path('events'),
          wanted.join(', '),
          (events) => wanted.every((reason) => events.some((e) => e['reason'] === reason)),
          { fieldSelector: 'involvedObject.name=story' },
        )
      },
    },
    {
      name: 'the patches of all four kinds do what they say',
      async run(ctx) {
        await ctx.create({ ...podManifest('target'), metadata: { name: 'target', labels: { a: '1', b: '1' } } })
        const path = ctx.path('pods', 'target')
        await ctx.client.patch(path, { metadata: { labels: { a: null, c: '3' } } })
        await ctx.client.patch(path, [{ op: 'add', path: '/metadata/labels/d', value: '4' }], {
          contentType: 'application/json-patch+json',
        })
        const tolerations = [{ key: 'example.com/new', operator: 'Exists' }]
        const before = (await ctx.client.get(path))['spec'] as { tolerations: unknown[] }
        await ctx.client.patch(
          path,
          { spec: { tolerations: [...before.tolerations, ...tolerations] } },
          { contentType: 'application/strategic-merge-patch+json' },
        )
        const after = await ctx.client.get(path)
        assert.deepEqual(after.metadata.labels, { b: '1', c: '3', d: '4' })
        assert.equal((after['spec'] as { tolerations: unknown[] }).tolerations.length, before.tolerations.length + 1)
        assert.match(
          (await ctx.refusal(ctx.client.patch(path, { spec: { nodeName: 'other' } }))).message,
          /pod updates may not change fields/,
        )
      },
    },
    {
      name: 'the server tells its version, its health and its schema',
      async run(ctx) {
        const version = await ctx.client.get<{ gitVersion: string; minor: string }>('/version')
        assert.match(version.gitVersion, new RegExp(`^v${ctx.cluster.spec.kubernetes.replace('.', '\\.')}\\.\\d+`))
        for (const path of ['/readyz', '/livez', '/healthz'])
          assert.equal(await ctx.client.requestText('GET', path), 'ok')
        const schema = await ctx.client.get<{ paths: Record<string, unknown> }>('/openapi/v3')
        assert.ok('apis/apps/v1' in schema.paths)
      },
    },
    {
      name: 'tables for people have the columns kubectl shows',
      async run(ctx) {
        await ctx.readyPod('row')
        const table = await ctx.client.get<
          KubeObject & { columnDefinitions: { name: string }[]; rows: { cells: unknown[] }[] }
        >(ctx.path('pods'), {
          accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
        })
        assert.deepEqual(
          table.columnDefinitions.slice(0, 4).map((c) => c.name),
          ['Name', 'Ready', 'Status', 'Restarts'],
        )
        assert.deepEqual(table.rows[0]!.cells.slice(0, 3), ['row', '1/1', 'Running'])
      },
    },
    {
      name: 'leases can be taken and kept',
      async run(ctx) {
        const spec = {
          holderIdentity: 'me',
          leaseDurationSeconds: 15,
          renewTime: new Date().toISOString().replace('Z', '000Z'),
        }
        await ctx.create({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'lock' }, spec })
        const lease = await ctx.client.get(ctx.path('coordination.k8s.io/v1/leases', 'lock'))
        assert.equal((lease['spec'] as { holderIdentity: string }).holderIdentity, 'me')
        for (const node of ctx.nodes) {
          const heartbeat = await ctx.client.get(
            `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${node.name}`,
          )
          const age = Date.now() - Date.parse((heartbeat['spec'] as { renewTime: string }).renewTime)
          assert.ok(age < 40_000, `${node.name} was last heard of ${age} ms ago`)
        }
      },
    },
    {
      name: 'pods can be reached through the API server',
      async run(ctx) {
        await ctx.readyPod('web', {
          script: 'mkdir /tmp/w; echo proxied >/tmp/w/index.html; exec httpd -f -p 8080 -h /tmp/w',
          container: { readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 } },
          labels: { app: 'web' },
        })
        await ctx.apply(service('web', 'web'))
        const read = (path: string) => ctx.client.requestText('GET', path)
        assert.equal((await read(ctx.path('pods', 'web:8080', 'proxy/'))).trim(), 'proxied')
        await ctx.until(
          'the service',
          async () => (await read(ctx.path('services', 'web:80', 'proxy/'))).trim() === 'proxied',
        )
      },
    },
  ],
}
