import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import https from 'node:https'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createNodeProvider } from '../../environments/node/node-provider.ts'
import type { Cluster } from '../../environments/provider.ts'
import { KubeClient, type KubeObject } from '../base/kube-client.ts'
import { until } from '../base/retry.ts'
import { AuditWatch } from './audit-watch.ts'
import { readRecord } from './reader.ts'
import { Recorder } from './recorder.ts'
import { TimelineWriter } from './timeline-writer.ts'
import { Timeline } from './timeline.ts'
import { verifyRecord } from './verify-record.ts'
import { watchState } from './watch-state.ts'

const problems = await createNodeProvider().problems()
const clusterTest = problems.length === 0 ? test : test.skip
if (problems[0]) test.skip(`a node cluster: ${problems[0].what}`, () => undefined)

let dir: string
let cluster: Cluster
let admin: KubeClient
beforeAll(async () => {
  if (problems.length > 0) return
  dir = await mkdtemp(path.join(os.tmpdir(), 'evidence-'))
  const node = { name: 'control-plane', labels: {}, taints: [], capacity: {} }
  const spec = { name: `evidence-${process.pid}`, kubernetes: '1.35', nodes: [node], addons: [], images: [] }
  cluster = await createNodeProvider().create(spec, { owner: 'this-process' })
  admin = await KubeClient.fromKubeconfig(cluster.kubeconfig)
  await admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
})
afterAll(async () => {
  admin?.[Symbol.dispose]()
  await cluster?.destroy()
  if (dir) await rm(dir, { recursive: true, force: true })
})

const configMap = (data: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'shop' },
  data,
})
const settings = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'settings' }

clusterTest('a real cluster is watched: objects, their changes and their controllers', async () => {
  const here = path.join(dir, 'watch')
  using recorder = new Recorder({ dir: here, trial: 't', task: 't', agent: 'a', kubemend: '0' })
  using writer = new TimelineWriter({ dir: here, recorder })
  await admin.apply(configMap({ mode: 'fast' }))
  const watch = await watchState({ access: admin.access, namespaces: ['shop'], sink: writer, watchSeconds: 3 })
  expect(watch.kinds).toEqual(
    expect.arrayContaining(['v1 Pod', 'apps/v1 Deployment', 'v1 Node', 'v1 Secret', 'v1 Event']),
  )
  const entries = recorder.count
  writer.mark('call-1', 'start')
  await admin.apply(configMap({ mode: 'slow' }))
  await admin.apply({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nothing:1' }] } },
    },
  })
  await until(() => Promise.resolve(recorder.count > entries + 6), { what: 'changes in the record', timeoutMs: 30_000 })
  await new Promise((resolve) => setTimeout(resolve, 7000))
  writer.mark('call-2', 'start')
  await admin.delete('/api/v1/namespaces/shop/configmaps/settings')
  await until(
    async () => {
      await using timeline = await Timeline.open(writer.file)
      return (await timeline.stateAt(settings, Infinity)) === undefined
    },
    { what: 'the deletion', timeoutMs: 20_000 },
  )
  await watch.stop()
  await using timeline = await Timeline.open(writer.file)
  const changes: string[] = []
  for await (const { change, object } of timeline.changesBetween(timeline.beforeCall(1), timeline.beforeCall(2)))
    changes.push(`${change} ${object.kind} ${object.name.replace(/-[0-9a-f]{6,}.*/, '-…')}`)
  expect(changes).toEqual(
    expect.arrayContaining([
      'modified ConfigMap settings',
      'added Deployment web',
      'added ReplicaSet web-…',
      'added Pod web-…',
    ]),
  )
  expect((await timeline.stateAt(settings, timeline.beforeCall(1)))?.['data']).toEqual({ mode: 'fast' })
  expect((await timeline.stateAt(settings, timeline.afterCall(1)))?.['data']).toEqual({ mode: 'slow' })
  expect(await timeline.stateAt(settings, timeline.afterCall(2))).toBeUndefined()
  recorder.end()
  expect(await verifyRecord(here, { expectedHead: recorder.head })).toMatchObject({ isWhole: true })
})

clusterTest("a real audit log is joined to calls, and a request by the agent's token alone is a finding", async () => {
  const here = path.join(dir, 'audit')
  using recorder = new Recorder({ dir: here, trial: 't', task: 't', agent: 'a', kubemend: '0' })
  const account = '/api/v1/namespaces/shop/serviceaccounts'
  await admin.create(account, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'operator' } })
  const { status } = await admin.create<KubeObject & { status: { token: string } }>(`${account}/operator/token`, {
    spec: {},
  })
  const agentUser = 'system:serviceaccount:shop:operator'
  await using watch = new AuditWatch({ file: cluster.auditLog ?? '', agentUsers: [agentUser], recorder })
  const ask = async (uri: string, auditId?: string): Promise<number> => {
    const headers = {
      authorization: `Bearer ${status.token}`,
      ...(auditId === undefined ? {} : { 'audit-id': auditId }),
    }
    const request = https.get(`${admin.access.server}${uri}`, { ca: admin.access.ca, headers })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    response.resume()
    return response.statusCode ?? 0
  }
  const sent = Array.from({ length: 20 }, (_, i) => ({ auditId: randomUUID(), call: `call-${1 + (i % 2)}` }))
  await Promise.all(
    sent.map(async (request) => {
      await ask('/api/v1/namespaces/shop/pods', request.auditId)
      watch.sent(request)
    }),
  )
  await ask('/api/v1/namespaces/shop/secrets')
  const summary = await watch.finish()
  expect(summary).toMatchObject({ explained: 20, unlogged: [], unreadable: 0 })
  expect(summary.unexplained).toMatchObject([{ verb: 'list', uri: '/api/v1/namespaces/shop/secrets', status: 403 }])
  recorder.end()
  const joined = []
  for await (const event of readRecord(recorder.file))
    if (event.type === 'audited-request' && event.call) joined.push({ auditId: event.auditId, call: event.call })
  const byId = (a: { auditId: string }, b: { auditId: string }): number => (a.auditId < b.auditId ? -1 : 1)
  expect(joined.toSorted(byId)).toEqual(sent.toSorted(byId))
})
