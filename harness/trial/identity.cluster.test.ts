import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ensureBinaries } from '../../environments/node/binaries.ts'
import { createNodeProvider } from '../../environments/node/node-provider.ts'
import type { Cluster } from '../../environments/provider.ts'
import { runCommand } from '../base/command.ts'
import { collectionPath, groupVersion, KubeClient } from '../base/kube-client.ts'
import { until } from '../base/retry.ts'
import { createGateway } from '../gateway/create-gateway.ts'
import { readAuditLog } from '../state/audit-event.ts'
import { loadTask } from '../task/load-task.ts'
import { writeSampleTask } from '../task/sample-task.ts'
import type { Task } from '../task/task.ts'
import { identity, mintIdentity, revokeIdentity } from './identity.ts'

let dir: string
let task: Task
let cluster: Cluster
let admin: KubeClient
let kubeconfig: string
let agent: KubeClient

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'identity-'))
  task = await loadTask(await writeSampleTask(path.join(dir, 'checkout')))
  const node = { name: 'node-1', labels: {}, taints: [], capacity: {} }
  const spec = { name: `identity-${process.pid}`, kubernetes: '1.35', nodes: [node], addons: [], images: [] }
  cluster = await createNodeProvider().create(spec, { owner: 'this-process' })
  admin = await KubeClient.fromKubeconfig(cluster.kubeconfig)
  for (const name of ['shop', 'vault']) {
    await admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    await admin.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key', namespace: name } })
  }
  kubeconfig = path.join(dir, 'agent')
  await mintIdentity(admin, task.permissions, { kubeconfig, lifetimeSeconds: 600 })
  agent = await KubeClient.fromKubeconfig(kubeconfig)
})
afterAll(async () => {
  agent?.[Symbol.dispose]()
  admin?.[Symbol.dispose]()
  await cluster?.destroy()
  await rm(dir, { recursive: true, force: true })
})

it('sees nothing in the cluster that is ours or named after us', async () => {
  const seen: string[] = []
  for (const resource of await agent.resources()) {
    if (!resource.verbs.includes('list')) continue
    const all = collectionPath(resource)
    const namespaces = (await agent.list('/api/v1/namespaces')).map(({ metadata }) => metadata.name)
    const inEach = namespaces.map((name) => all.replace(/\/([^/]+)$/, `/namespaces/${name}/$1`))
    for (const place of resource.isNamespaced ? [all, ...inEach] : [all]) {
      const { status, text } = await agent.requestAnswer('GET', place)
      if (status === 200) seen.push(`${groupVersion(resource)} ${text}`)
    }
  }
  const kinds = seen.map((text) => /"kind":"(\w+)List"/.exec(text)?.[1])
  expect(kinds).toEqual(expect.arrayContaining(['Node', 'Namespace', 'Secret', 'Pod', 'Event', 'Deployment']))
  expect(seen.filter((text) => /kubemend|harbor|harness|gateway|baseline|oracle/i.test(text))).toEqual([])
})

it('edits in its namespaces, and has no way to more', async () => {
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'note' } }
  const role = (namespace: string) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'more', namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: identity.name, namespace: identity.namespace }],
  })
  const token = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }
  const tried = [
    ['POST', '/api/v1/namespaces/shop/configmaps', configMap],
    ['GET', '/api/v1/namespaces/shop/secrets/key'],
    ['GET', '/api/v1/nodes/node-1'],
    ['GET', '/api/v1/namespaces/vault/secrets/key'],
    ['GET', '/api/v1/namespaces/kube-system/secrets'],
    ['POST', '/api/v1/namespaces/vault/configmaps', configMap],
    ['POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings', role('shop')],
    ['POST', '/api/v1/namespaces/shop/serviceaccounts/default/token', token],
    ['POST', '/api/v1/namespaces/default/serviceaccounts/oncall/token', token],
    ['DELETE', '/api/v1/namespaces/shop'],
  ] as const
  const answers = tried.map(([method, place, body]) => agent.requestAnswer(method, place, body ? { body } : {}))
  const statuses = (await Promise.all(answers)).map(({ status }) => status)
  expect(statuses).toEqual([201, 200, 200, 403, 403, 403, 403, 403, 403, 403])
})

it('can do nothing after it was revoked, not even by processes that were left running with its token', async () => {
  const kubectl = path.join((await ensureBinaries('1.35')).bin, 'kubectl')
  await using gateway = await createGateway({ tools: 'kubectl', kubectl, kubeconfig, recorder: () => undefined })
  const over = new AbortController()
  const env = { PATH: process.env['PATH'] ?? '', HOME: dir }
  /** Goes on for ever; the second kubeconfig is more than any agent ever holds: the token itself. */
  const linger = (name: string, config: string): Promise<unknown> =>
    runCommand(
      [
        'bash',
        '-c',
        `for ((i = 0; ; i++)); do
  if "$0" create configmap ${name}-$i -n shop --kubeconfig "$1"; then echo yes; else echo no; fi >>"$2"
done`,
        kubectl,
        config,
        path.join(dir, name),
      ],
      { env, inheritEnv: false, signal: over.signal, maxBytes: 1000 },
    )
  const said = (name: string): Promise<string> => readFile(path.join(dir, name), 'utf8').catch(() => '')
  const says = (name: string, pattern: RegExp): Promise<unknown> =>
    until(async () => pattern.test(await said(name)), { what: `${name}: ${String(pattern)}`, timeoutMs: 60_000 })
  const lent = path.join(dir, 'lent')
  const served = gateway.serve({
    name: 'script',
    description: 'A script that leaves a process behind',
    arguments: {},
    async run(way) {
      await writeFile(lent, way.kubeconfig)
      await says('relayed', /yes/)
      return { text: 'done' }
    },
  })
  await until(async () => (await readFile(lent, 'utf8').catch(() => '')) !== '', { what: 'the way', timeoutMs: 20_000 })
  const lingering = [linger('relayed', lent), linger('direct', kubeconfig)]
  await Promise.all([says('direct', /yes/), served])

  await gateway.end('the trial is over')
  await revokeIdentity(admin, task.permissions)

  const made = async (): Promise<string[]> =>
    (await admin.list('/api/v1/namespaces/shop/configmaps')).map(({ metadata }) => metadata.name).toSorted()
  const before = await made()
  const events = async () => readAuditLog(await readFile(cluster.auditLog ?? '', 'utf8'))
  const already = (await events()).length
  await Promise.all(['relayed', 'direct'].map((name) => says(name, /(no\n){3}$/)))
  // the server knows the token no more
  await until(async () => (await agent.requestAnswer('GET', '/api')).status === 401, {
    what: 'the token to be unknown',
    timeoutMs: 60_000,
  })
  over.abort()
  await Promise.all(lingering)
  expect(await made()).toEqual(before)
  const late = (await events()).slice(already).filter(({ user }) => user.username === identity.user)
  expect(late.filter(({ verb, responseStatus }) => verb === 'create' && (responseStatus?.code ?? 0) < 400)).toEqual([])
  expect(await said('relayed')).not.toMatch(/no\n(.*\n)*yes/)
  expect(await said('direct')).not.toMatch(/no\n(.*\n)*yes/)
})
