import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sleep } from '../../../../harness/base/clock.ts'
import type { KubeObject } from '../../../../harness/base/kube-client.ts'
import { until } from '../../../../harness/base/retry.ts'
import { openTestCluster, type TestCluster } from '../../test-cluster.ts'
import { matrixCases } from './matrix-cases.ts'
import { MatrixRun } from './matrix-run.ts'
import { pod, worldImages } from './matrix-world.ts'

let testCluster: TestCluster
let run: MatrixRun

beforeAll(async () => {
  testCluster = await openTestCluster('network-policy', {
    addons: ['network-policy'],
    images: worldImages,
    nodeCount: 2,
  })
  run = await MatrixRun.start(testCluster.cluster)
})

afterAll(async () => {
  run?.[Symbol.dispose]()
  await testCluster?.end()
})

describe('with policies as written', () => {
  test.each(matrixCases)('$name', async ({ policies, open = [], shut = [] }) => {
    await run.setPolicies(policies)
    expect(await run.unexpected(open, shut)).toEqual([])
  })
})

const denyAll = { in: 'shop', spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] } }

describe('while things change', () => {
  test('a connection that is open when a policy comes is cut, and goes on when it goes', async () => {
    await run.setPolicies([])
    const { ip } = run.world.pods['ops/agent']!
    // prints the time of each answer to a line sent over one TCP connection
    const talk = `exec 3<>/dev/tcp/${ip}/9001; SECONDS=0; while [ $SECONDS -lt 10 ]; do echo ping >&3; read -r -t 20 line <&3 || break; echo $EPOCHREALTIME; sleep 0.05; done`
    const answers = run.shell('shop/web').run(`bash -c '${talk}'`)
    await sleep(1500)
    const deniedAt = Date.now()
    await run.setPolicies([denyAll])
    await sleep(3500)
    const allowedAt = Date.now()
    await run.setPolicies([])
    const times = (await answers).map((line) => Number(line) * 1000)
    const between = times.filter((time) => time > deniedAt + 1500 && time < allowedAt)
    expect(times.filter((time) => time < deniedAt).length, 'answers before').toBeGreaterThan(5)
    expect(between, 'answers while denied').toEqual([])
    expect(times.filter((time) => time > allowedAt).length, 'answers after').toBeGreaterThan(5)
  })

  test('a pod that gets another label falls under another policy at once', async () => {
    await run.setPolicies([
      {
        in: 'shop',
        spec: {
          podSelector: { matchLabels: { app: 'web' } },
          ingress: [{ from: [{ podSelector: { matchLabels: { role: 'friend' } } }] }],
        },
      },
    ])
    expect(await run.unexpected([], ['shop/cache > shop/web:8080'])).toEqual([])
    await label('/api/v1/namespaces/shop/pods/cache', { role: 'friend' })
    expect(await run.unexpected(['shop/cache > shop/web:8080'], ['shop/db > shop/web:8080'])).toEqual([])
    await label('/api/v1/namespaces/shop/pods/cache', { role: null })
    expect(await run.unexpected([], ['shop/cache > shop/web:8080'])).toEqual([])
  })

  test('a namespace that gets another label is another peer at once', async () => {
    await run.setPolicies([
      {
        in: 'shop',
        spec: { podSelector: {}, ingress: [{ from: [{ namespaceSelector: { matchLabels: { trusted: 'yes' } } }] }] },
      },
    ])
    expect(await run.unexpected([], ['ops/agent > shop/web:8080'])).toEqual([])
    await label('/api/v1/namespaces/ops', { trusted: 'yes' })
    expect(await run.unexpected(['ops/agent > shop/web:8080'], ['lab/guest > shop/web:8080'])).toEqual([])
    await label('/api/v1/namespaces/ops', { trusted: null })
    expect(await run.unexpected([], ['ops/agent > shop/web:8080'])).toEqual([])
  })

  test('a pod made anew under the same rules is reached at its new address', async () => {
    await run.setPolicies([
      {
        in: 'shop',
        spec: {
          podSelector: { matchLabels: { app: 'cache' } },
          ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }] }],
        },
      },
    ])
    const before = run.world.pods['shop/cache']!.ip
    await run.client.delete('/api/v1/namespaces/shop/pods/cache', { query: { gracePeriodSeconds: 0 } })
    const plan = { labels: { app: 'cache', tier: 'back' }, node: 'first', http: 8080 } as const
    await until(
      () => run.client.create('/api/v1/namespaces/shop/pods', pod('shop/cache', plan, run.world.nodes.first.name)),
      {
        what: 'the pod to be gone',
        timeoutMs: 30_000,
        isTransient: () => true,
      },
    )
    await run.reopen('shop/cache')
    expect(run.world.pods['shop/cache']!.ip).not.toBe(before)
    expect(
      await run.unexpected(
        ['shop/web > shop/cache:8080'],
        ['ops/agent > shop/cache:8080', 'shop/db > shop/cache:8080'],
      ),
    ).toEqual([])
  })

  test('probes of the kubelet pass whatever is denied', async () => {
    await run.setPolicies([denyAll])
    expect(await run.unexpected([], ['ops/agent > shop/web:8080'])).toEqual([])
    await sleep(4000)
    for (const name of ['web', 'cache', 'db']) {
      const found = await run.client.get<Pod>(`/api/v1/namespaces/shop/pods/${name}`)
      expect(found.status.conditions.find((c) => c.type === 'Ready')?.status, name).toBe('True')
    }
  })
})

describe('in a pod’s first second', () => {
  // tries every 20 ms from the first moment on, and says how often and when it came through
  const hurry = (ip: string): string =>
    `s=\${EPOCHREALTIME/./}; end=$((s + 3000000)); n=0; while t=\${EPOCHREALTIME/./}; [ $t -lt $end ]; do timeout 0.2 bash -c 'exec 3<>/dev/tcp/${ip}/8080' 2>/dev/null && { n=$((n + 1)); [ $n = 1 ] && echo first $(( (t - s) / 1000 )); }; sleep 0.02; done; echo total $n`

  test('nothing leaves a pod that a policy keeps in', async () => {
    await run.setPolicies([denyAll])
    expect(await run.unexpected([], ['shop/web > ops/agent:8080'])).toEqual([])
    const targets = [run.world.pods['ops/agent']!.ip, run.world.pods['ops/web']!.ip]
    const logs = await Promise.all(targets.map((ip, i) => firstSeconds('shop', `hasty-${i}`, hurry(ip))))
    expect(logs).toEqual(['total 0', 'total 0'])
  })

  test('a pod that nothing keeps in gets out from the start', async () => {
    await run.setPolicies([])
    const log = await firstSeconds('lab', 'free', hurry(run.world.pods['ops/agent']!.ip))
    const first = Number(/first (\d+)/.exec(log)?.[1])
    expect(first).toBeLessThan(1500)
  })

  test('nothing enters a pod that a policy closes', async () => {
    await run.setPolicies([denyAll])
    expect(await run.unexpected([], ['ops/web > shop/web:8080'])).toEqual([])
    // the next addresses of the node, tried before they belong to anyone
    const next = nextAddresses(run.world, 'first', 6)
    const knock = next.map(
      (ip) =>
        `(SECONDS=0; while [ $SECONDS -lt 5 ]; do timeout 0.1 bash -c 'exec 3<>/dev/tcp/${ip}/8080' && echo in ${ip}; sleep 0.02; done) &`,
    )
    const knocking = run.shell('ops/web').run(`{ ${knock.join(' ')} wait; }`)
    const plan = { labels: { app: 'late' }, node: 'first', http: 8080 } as const
    await run.client.create('/api/v1/namespaces/shop/pods', pod('shop/late', plan, run.world.nodes.first.name))
    const found = await until(
      async () => (await run.client.get<Pod>('/api/v1/namespaces/shop/pods/late')).status.podIP,
      {
        what: 'the pod to have an address',
        timeoutMs: 30_000,
      },
    )
    expect(next).toContain(found)
    expect(await knocking).toEqual([])
  })
})

async function label(path: string, labels: Record<string, string | null>): Promise<void> {
  await run.client.patch(path, { metadata: { labels } })
}

/** Runs a script as a new pod's first and only process and answers its log. */
async function firstSeconds(namespace: string, name: string, script: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/pods`
  await run.client.create(path, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      nodeName: run.world.nodes.first.name,
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 0,
      containers: [
        { name: 'main', image: 'kubemend/toolbox:1', imagePullPolicy: 'IfNotPresent', command: ['bash', '-c', script] },
      ],
    },
  })
  await until(async () => (await run.client.get<Pod>(`${path}/${name}`)).status.phase === 'Succeeded', {
    what: `pod ${name} to end`,
    timeoutMs: 40_000,
  })
  return (await run.client.requestText('GET', `${path}/${name}/log`)).trim()
}

/** The addresses that host-local allocation gives next, after the highest one given so far. */
function nextAddresses(world: MatrixRun['world'], node: 'first' | 'second', count: number): string[] {
  const prefix = world.nodes[node].podRange.replace(/\.\d+\/\d+$/, '.')
  const used = Object.values(world.pods).filter((p) => p.node === world.nodes[node].name)
  const last = Math.max(...used.map((p) => Number(p.ip.split('.')[3])))
  return Array.from({ length: count }, (_, i) => `${prefix}${last + 1 + i}`)
}

interface Pod extends KubeObject {
  status: { phase?: string; podIP?: string; conditions: { type: string; status: string }[] }
}
