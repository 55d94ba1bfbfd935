import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ensureBinaries } from '../../environments/node/binaries.ts'
import { createNodeProvider } from '../../environments/node/node-provider.ts'
import type { Cluster } from '../../environments/provider.ts'
import { sleep, startTimer } from '../base/clock.ts'
import { mustRun } from '../base/command.ts'
import { KubeClient, type KubeObject } from '../base/kube-client.ts'
import { packageRoot } from '../base/package-root.ts'
import { until } from '../base/retry.ts'
import { AuditJoin, parseAuditLine } from '../record/audit.ts'
import type { GatewayEvent } from '../record/gateway-event.ts'
import { createGateway, type Gateway, type GatewayOptions } from './create-gateway.ts'

const agentUser = 'system:serviceaccount:shop:operator'
const image = 'busybox:1.37'

let dir: string
let cluster: Cluster
let admin: KubeClient
let kubectl: string
let kubeconfig: string
const gateways: Gateway[] = []
let events: GatewayEvent[] = []

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'gateway-cluster-'))
  kubectl = path.join((await ensureBinaries('1.35')).bin, 'kubectl')
  cluster = await createNodeProvider().create(
    {
      name: `gateway-test-${process.pid}`,
      kubernetes: '1.35',
      nodes: [{ name: 'control-plane', labels: {}, taints: [], capacity: {} }],
      addons: [],
      images: [image],
    },
    { owner: 'this-process' },
  )
  admin = await KubeClient.fromKubeconfig(cluster.kubeconfig)
  for (const object of world) await admin.apply(object)
  kubeconfig = await mintKubeconfig('operator')
  await until(
    async () => {
      const pods = await admin.list('/api/v1/namespaces/shop/pods')
      return pods.length >= 2 && pods.every((pod) => (pod['status'] as { phase?: string }).phase === 'Running')
    },
    { what: 'the pods of shop', timeoutMs: 60_000 },
  )
})

afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.close()))
  admin?.[Symbol.dispose]()
  await cluster?.destroy()
  await rm(dir, { recursive: true, force: true })
})

beforeEach(() => {
  events = []
})

describe('on a real cluster, kubectl', () => {
  test('runs commands in containers: output, input and exit code', async () => {
    const { kubectlText, kubectlCall } = await connect()
    expect(await kubectlText('exec -n shop talker -- sh -c "echo out; echo err >&2; exit 3"')).toBe(
      'out\nstderr:\nerr\ncommand terminated with exit code 3\n[exit code 3]\n',
    )
    const piped = await kubectlCall({ args: 'exec -i -n shop talker -- tr a-z A-Z', stdin: 'through both pipes' })
    expect(textOf(piped)).toBe('THROUGH BOTH PIPES')
    const binary = await kubectlText('exec -n shop talker -- sh -c "head -c 100000 /bin/busybox"')
    expect(binary).toBe('[an ELF program, 100,000 bytes, not shown]\n')
  })

  test('reads logs, follows them to the deadline, and cuts 100 MB', async () => {
    const { kubectlText } = await connect({ limits: { followMs: 2_000 } })
    expect(await kubectlText('logs -n shop talker --tail=1')).toMatch(/^talking \d+\n$/)
    expect(await kubectlText('logs -n shop talker -f')).toMatch(/talking \d+\n\[ended by the gateway after 2 s/)
    const flood = 'exec -n shop talker -- sh -c "yes a line of output that is long enough | head -c 100000000"'
    const cut = await kubectlText(flood)
    expect(cut.length).toBeLessThan(34_000)
    expect(cut).toContain('99,968,')
  })

  test('applies, rolls out, waits, describes', async () => {
    const { kubectlText } = await connect()
    expect(await kubectlText('set env deploy/web -n shop MODE=fixed')).toContain('env updated')
    expect(await kubectlText('rollout status deploy/web -n shop')).toContain('successfully rolled out')
    const manifest = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'shop' } })
    expect(await kubectlText(`apply -f - <<EOF\n${manifest}\nEOF`)).toBe('configmap/a created\n')
    expect(await kubectlText('wait --for=delete cm/a -n shop --timeout=1s')).toContain('timed out')
    expect(await kubectlText('describe pod talker -n shop')).toMatch(/^Events:/m)
    expect(await kubectlText('run once --rm -i --restart=Never -n shop --image=' + image + ' -- echo hello')).toContain(
      'hello',
    )
  })

  test('is who the agent is, and nobody else', async () => {
    const { kubectlText } = await connect()
    expect(await kubectlText('auth whoami')).toContain(agentUser)
    expect(await kubectlText('get secrets -n kube-system')).toContain('Forbidden')
    expect(await kubectlText('get pods -n shop --as=system:admin')).toMatch(/^refused/)
    const minted = await kubectlText('create token operator -n shop')
    expect(minted).toContain('[withheld by the gateway]')
    const token = await readToken()
    expect(JSON.stringify(events)).not.toContain(token)
  })
})

test('every request of the agent in the audit log belongs to the call that made it, overlapping or not', async () => {
  const { kubectlText } = await connect()
  const join = new AuditJoin([agentUser])
  const already = new Set((await auditLines()).map(({ auditID }) => auditID))
  const names = Array.from({ length: 12 }, (_, i) => `joined-${i}`)
  await Promise.all(names.map((name) => kubectlText(`create configmap ${name} -n shop --from-literal=a=b`)))
  await Promise.all([kubectlText('exec -n shop talker -- true'), kubectlText('logs -n shop talker --tail=1')])
  const requests = events.filter((event) => event.type === 'api-request')
  for (const request of requests) join.sent(request)
  await until(
    async () => {
      const ids = new Set((await auditLines()).map(({ auditID }) => auditID))
      return requests.every(({ auditId }) => ids.has(auditId))
    },
    { what: 'the audit log', timeoutMs: 10_000 },
  )
  const audited = (await auditLines()).filter(({ auditID }) => !already.has(auditID)).flatMap((line) => join.seen(line))
  expect(join.unexplained()).toEqual([])
  const callOf = (words: string): string | undefined =>
    events.flatMap((event) =>
      event.type === 'tool-call-started' && event.arguments['args'] === words ? [event.call] : [],
    )[0]
  for (const name of names) {
    const creations = audited.filter(({ verb, object }) => verb === 'create' && object?.name === name)
    expect(creations.map(({ call }) => call)).toEqual([callOf(`create configmap ${name} -n shop --from-literal=a=b`)])
  }
  const exec = audited.find(({ object }) => object?.subresource === 'exec')
  expect(exec?.call).toBe(callOf('exec -n shop talker -- true'))
  expect(audited.map(({ auditId }) => auditId).toSorted()).toEqual(requests.map(({ auditId }) => auditId).toSorted())
})

test('after the end nothing gets through, not even what was running', async () => {
  const { gateway, kubectlText } = await connect()
  const following = kubectlText('logs -n shop talker -f')
  await sleep(1000)
  await gateway.end('revoked')
  expect(await following).toMatch(/cancelled|talking/)
  expect(await kubectlText('get pods -n shop')).toBe('the trial is over: revoked')
})

describe('people’s own MCP servers repair through the gateway', () => {
  test.each([
    [
      'kubernetes-mcp-server/bin/index.js',
      'resources_create_or_update',
      (value: string) => ({ resource: JSON.stringify(configMap('foreign', { value })) }),
    ],
    [
      'mcp-server-kubernetes/dist/index.js',
      'kubectl_apply',
      (value: string) => ({ manifest: JSON.stringify(configMap('foreign', { value })), namespace: 'shop' }),
    ],
  ])('%s', async (program, tool, args) => {
    const argv = [process.execPath, path.join(packageRoot, 'node_modules', program)]
    const { client } = await connect({ mcpServer: { argv } })
    const result = await client.callTool({ name: tool, arguments: args(program) })
    expect(textOf(result as CallToolResult)).toBeTruthy()
    const made = await admin.get('/api/v1/namespaces/shop/configmaps/foreign')
    expect(made['data']).toEqual({ value: program })
    const write = events.find((event) => event.type === 'api-request' && event.method !== 'GET')
    expect(write).toMatchObject({ call: 'call-1', path: expect.stringContaining('/configmaps') })
  })
})

test('a call costs no more than kubectl itself', async () => {
  const { kubectlCall } = await connect()
  const home = path.join(dir, 'plain-home')
  const env = { KUBECONFIG: kubeconfig, HOME: home, PATH: '/bin' }
  const plain = (): Promise<unknown> => mustRun([kubectl, 'get', 'pods', '-n', 'shop'], { env, inheritEnv: false })
  const ours = (): Promise<unknown> => kubectlCall({ args: 'get pods -n shop' })
  for (let i = 0; i < 3; i++) await Promise.all([plain(), ours()])
  const ratios: number[] = []
  const times: { plain: number; ours: number }[] = []
  for (let i = 0; i < 40; i++) {
    const pair = { plain: 0, ours: 0 }
    for (const which of i % 2 === 0 ? (['plain', 'ours'] as const) : (['ours', 'plain'] as const)) {
      const elapsed = startTimer()
      await (which === 'plain' ? plain() : ours())
      pair[which] = elapsed()
    }
    times.push(pair)
    ratios.push(pair.ours / pair.plain)
  }
  const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!
  const report = {
    plainMs: Math.round(median(times.map((pair) => pair.plain))),
    oursMs: Math.round(median(times.map((pair) => pair.ours))),
    ratio: Math.round(median(ratios) * 1000) / 1000,
  }
  process.stderr.write(`get pods, 40 pairs: ${JSON.stringify(report)}\n`)
  expect(report.ratio, JSON.stringify(report)).toBeLessThanOrEqual(1.1)
})

interface Connected {
  gateway: Gateway
  client: Client
  kubectlCall: (args: Record<string, unknown>) => Promise<CallToolResult>
  kubectlText: (args: string) => Promise<string>
}

async function connect(options: Partial<GatewayOptions> = {}): Promise<Connected> {
  const gateway = await createGateway({
    tools: 'kubectl',
    kubectl,
    recorder: (event) => events.push(event),
    ...options,
  })
  gateways.push(gateway)
  await gateway.handOver(kubeconfig)
  const { url, token } = await gateway.listen()
  const client = new Client({ name: 'test', version: '1' })
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }))
  const kubectlCall = async (args: Record<string, unknown>): Promise<CallToolResult> =>
    (await client.callTool({ name: 'kubectl', arguments: args })) as CallToolResult
  return { gateway, client, kubectlCall, kubectlText: async (args) => textOf(await kubectlCall({ args })) }
}

function textOf(result: CallToolResult): string {
  return result.content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

async function auditLines(): Promise<NonNullable<ReturnType<typeof parseAuditLine>>[]> {
  const text = await readFile(cluster.auditLog!, 'utf8')
  return text.split('\n').flatMap((line) => parseAuditLine(line) ?? [])
}

async function readToken(): Promise<string> {
  return (JSON.parse(await readFile(kubeconfig, 'utf8')) as { users: { user: { token: string } }[] }).users[0]!.user
    .token
}

async function mintKubeconfig(account: string): Promise<string> {
  const { status } = await admin.create<{ status: { token: string } }>(
    `/api/v1/namespaces/shop/serviceaccounts/${account}/token`,
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  )
  const file = path.join(dir, 'agent-kubeconfig')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'c',
        cluster: {
          server: admin.access.server,
          'certificate-authority-data': Buffer.from(admin.access.ca ?? '').toString('base64'),
        },
      },
    ],
    users: [{ name: 'agent', user: { token: status.token } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'agent' } }],
    'current-context': 'c',
  }
  await writeFile(file, JSON.stringify(config), { mode: 0o600 })
  return file
}

function configMap(name: string, data: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' }, data }
}

const container = (command: string): object => ({
  name: 'main',
  image,
  imagePullPolicy: 'IfNotPresent',
  command: ['sh', '-c', command],
})

const world: KubeObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'operator', namespace: 'shop' } },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'operator', namespace: 'shop' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
    subjects: [{ kind: 'ServiceAccount', name: 'operator', namespace: 'shop' }],
  },
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'talker', namespace: 'shop' },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [container('i=0; while true; do i=$((i+1)); echo talking $i; sleep 0.2; done')],
    },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { terminationGracePeriodSeconds: 0, containers: [container('exec sleep 100000')] },
      },
    },
  },
]
