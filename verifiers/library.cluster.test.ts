import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sleep } from '../harness/base/clock.ts'
import { mustRun } from '../harness/base/command.ts'
import { KubeClient } from '../harness/base/kube-client.ts'
import { packageRoot } from '../harness/base/package-root.ts'
import { until } from '../harness/base/retry.ts'
import { diffStates } from '../harness/state/diff-states.ts'
import { printDifference } from '../harness/state/difference.ts'
import { takeSnapshot } from '../harness/state/take-snapshot.ts'
import { createClusterWorld, ordersPolicy, widgetKind, widgets } from './cluster-world.ts'
import { verifiers } from './library.ts'
import { createLiveContext } from './live-context.ts'
import type { Verdict, VerifyContext } from './verifier.ts'

const existing = process.env['KUBEMEND_TEST_CLUSTER']
const clusterName = existing ?? `verifiers-${process.pid}`
const addons = ['network-policy', 'metrics-server', 'storage', 'ingress'].flatMap((name) => ['--addon', name])
const images = ['kubemend/echo:1', 'busybox:1.36', 'python:3.12'].flatMap((name) => ['--image', name])

let client: KubeClient
let context: VerifyContext

beforeAll(async () => {
  if (existing === undefined) await kubemend('cluster', 'up', clusterName, ...images, ...addons)
  const kubeconfig = (await kubemend('cluster', 'kubeconfig', clusterName)).trim()
  client = await KubeClient.fromKubeconfig(kubeconfig)
  await client.apply(widgetKind)
  for (const object of createClusterWorld()) await client.apply(object)
  await makeWidgets()
  const { signal } = new AbortController()
  context = createLiveContext({ client, signal })
  for (const from of ['deployment/guest', 'deployment/web']) {
    const verdict = await settle('http-answers', { ...shop, from, url: 'http://orders/' }, 'met', /./)
    expect(verdict.status, verdict.because).toBe('met')
  }
  await client.apply(ordersPolicy)
})

afterAll(async () => {
  client?.[Symbol.dispose]()
  if (existing === undefined) await kubemend('cluster', 'down', clusterName)
})

type Case = [name: string, params: Record<string, unknown>, status: Verdict['status'], because: RegExp]

const shop = { namespace: 'shop' }
const fromWeb = { ...shop, from: 'deployment/web' }
const fromPython = { ...shop, from: 'deployment/python' }
const reporter = { as: 'system:serviceaccount:shop:reporter' }

/** What the world is like; what is not so yet is asked again. */
const cases: Case[] = [
  ['deployment-available', { ...shop, name: 'orders', replicas: 2 }, 'met', /2 of 2 available/],
  ['deployment-available', { ...shop, name: 'orders', replicas: 3 }, 'not-met', /asks for 2 replicas, not 3/],
  [
    'deployment-available',
    { ...shop, name: 'broken' },
    'not-met',
    /0 of 1 available: pod\/broken-\S+ does not start: main ErrImageNeverPull/,
  ],
  ['deployment-available', { ...shop, name: 'unready' }, 'not-met', /main does not pass its readiness probe/],
  ['statefulset-available', { ...shop, name: 'db' }, 'met', /1 of 1 available/],
  ['statefulset-available', { ...shop, name: 'stuck' }, 'not-met', /pod\/stuck-0 does not start/],
  ['daemonset-available', { ...shop, name: 'agent', nodes: 1 }, 'met', /available on 1 of 1 nodes/],
  ['daemonset-available', { ...shop, name: 'nowhere' }, 'not-met', /belongs on no node/],
  ['job-completed', { ...shop, name: 'done' }, 'met', /completed at/],
  ['job-completed', { ...shop, name: 'failing' }, 'not-met', /failed: BackoffLimitExceeded/],
  ['cronjob-runs', { ...shop, name: 'off' }, 'not-met', /is suspended/],
  [
    'pod-scheduled-on',
    { ...shop, workload: 'deployment/orders', labels: { 'kubernetes.io/os': 'linux' } },
    'met',
    /all 2 pods/,
  ],
  [
    'pod-scheduled-on',
    { ...shop, workload: 'deployment/orders', labels: { disk: 'ssd' } },
    'not-met',
    /not labelled disk=ssd/,
  ],
  ['pod-scheduled-on', { ...shop, workload: 'pod/homeless' }, 'not-met', /is not scheduled \(0\/1 nodes/],
  ['hpa-scaling', { ...shop, name: 'blind' }, 'not-met', /AbleToScale is False/],
  ['service-endpoints', { ...shop, name: 'orders', to: 'deployment/orders', count: 2 }, 'met', /2 ready endpoints/],
  ['service-endpoints', { ...shop, name: 'orders', to: 'deployment/web' }, 'not-met', /none of deployment\/web's pods/],
  [
    'service-endpoints',
    { ...shop, name: 'lost' },
    'not-met',
    /^service\/lost has no endpoints: its selector app=order matches no pod; pods with .*app=orders/,
  ],
  ['service-endpoints', { ...shop, name: 'silent' }, 'not-met', /which it selects, runs but is not ready/],
  ['http-answers', { ...fromWeb, url: 'http://orders/', body: 'order ok', times: 3 }, 'met', /as it should be 3 times/],
  [
    'http-answers',
    { ...fromPython, url: 'http://orders/status/503', status: 503, body: '503' },
    'met',
    /as it should be/,
  ],
  ['http-answers', { ...fromWeb, url: 'http://orders/status/503' }, 'not-met', /the status is 503/],
  ['http-answers', { ...fromWeb, url: 'http://lost/' }, 'not-met', /the connection is refused/],
  ['http-answers', { ...fromWeb, url: 'http://nowhere/' }, 'not-met', /the name does not resolve/],
  ['http-answers', { ...shop, from: 'deployment/broken', url: 'http://orders/' }, 'not-met', /has no running pod/],
  [
    'http-answers',
    { ...shop, from: 'deployment/guest', url: 'http://orders/', timeout: 2 },
    'not-met',
    /no answer in time/,
  ],
  ['http-answers', { ...shop, url: 'http://orders/', body: 'order ok' }, 'met', /the API server asks/],
  ['http-answers', { ...shop, url: 'http://lost/' }, 'not-met', /no endpoints available/],
  ['http-answers', { ...shop, from: 'deployment/orders', url: 'http://orders/' }, 'unknown', /its image has none of/],
  [
    'http-refused',
    { ...shop, from: 'deployment/guest', url: 'http://orders/', timeout: 1 },
    'met',
    /no answer in time/,
  ],
  ['http-refused', { ...fromWeb, url: 'http://orders/' }, 'not-met', /answered with 200/],
  ['tcp-connects', { ...fromWeb, host: 'orders', port: 80 }, 'met', /connects to orders:80/],
  ['tcp-connects', { ...fromPython, host: 'lost', port: 80 }, 'not-met', /the connection is refused/],
  ['tcp-refused', { ...shop, from: 'deployment/guest', host: 'orders', port: 80, timeout: 1 }, 'met', /cannot connect/],
  ['tcp-refused', { ...fromPython, host: 'orders', port: 80 }, 'not-met', /connects to orders:80/],
  ['tcp-refused', { ...fromWeb, host: 'nowhere', port: 80 }, 'not-met', /could not even try/],
  ['dns-resolves', { ...fromWeb, name: 'orders' }, 'met', /resolves to 10\./],
  ['dns-resolves', { ...fromPython, name: 'orders.shop.svc.cluster.local' }, 'met', /resolves to 10\./],
  ['dns-resolves', { ...fromPython, name: 'nowhere' }, 'not-met', /does not resolve/],
  ['dns-resolves', { ...fromWeb, name: 'orders', address: '10.9.9.9' }, 'not-met', /not to 10\.9\.9\.9/],
  ['network-path', { ...fromWeb, to: 'deployment/orders', port: 8080, allowed: true }, 'met', /connects to/],
  [
    'network-path',
    { ...shop, from: 'deployment/guest', to: 'deployment/orders', port: 8080, allowed: false },
    'met',
    /cannot connect/,
  ],
  [
    'network-path',
    { ...shop, from: 'deployment/guest', to: 'deployment/orders', port: 8080, allowed: true },
    'not-met',
    /no answer in time/,
  ],
  [
    'network-path',
    { ...fromPython, to: 'deployment/orders', port: 8080, allowed: false },
    'not-met',
    /connects, and should not/,
  ],
  ['network-path', { ...fromWeb, to: 'deployment/broken', port: 8080, allowed: false }, 'not-met', /nothing to reach/],
  [
    'ingress-routes',
    { ...shop, name: 'orders', host: 'shop.example', body: 'order ok' },
    'met',
    /ingress\/orders routes it/,
  ],
  ['ingress-routes', { ...shop, name: 'lost', host: 'lost.example' }, 'not-met', /the status is 503/],
  ['ingress-routes', { ...shop, name: 'orders', host: 'other.example' }, 'not-met', /has rules for shop\.example/],
  ['env-is', { ...shop, workload: 'statefulset/db', name: 'MODE', equals: 'live' }, 'met', /is as it should be/],
  ['env-is', { ...shop, workload: 'statefulset/db', name: 'MODE', equals: 'test' }, 'not-met', /is "live", not "test"/],
  [
    'file-content',
    { ...shop, workload: 'statefulset/db', path: '/data/orders', contains: '1001,paid' },
    'met',
    /is as it should be/,
  ],
  ['file-content', { ...shop, workload: 'statefulset/db', path: '/data/none' }, 'not-met', /there is no \/data\/none/],
  ['log-contains', { ...shop, workload: 'statefulset/db', text: 'started', since: 'ever' }, 'met', /logged "started"/],
  [
    'log-contains',
    { ...shop, workload: 'statefulset/db', text: 'panic', since: 'ever' },
    'not-met',
    /no pod of statefulset\/db logged/,
  ],
  ['log-contains', { ...shop, workload: 'deployment/broken', text: 'x' }, 'not-met', /has no log: it does not start/],
  [
    'can-i',
    {
      ...reporter,
      allow: ['get,list pods -n shop', 'get pods/log -n shop'],
      deny: ['get secrets -n shop', 'list pods'],
    },
    'met',
    /may do all/,
  ],
  ['can-i', { ...reporter, allow: ['delete pods -n shop'] }, 'not-met', /may not delete pods in namespace shop/],
  ['can-i', { ...reporter, deny: ['get pod/x -n shop'] }, 'not-met', /may get pods x in namespace shop/],
  [
    'can-i',
    { as: 'system:serviceaccount:shop:nobody', allow: ['get pods -n shop'] },
    'not-met',
    /there is no serviceaccount/,
  ],
  ['pvc-bound', { ...shop, name: 'data-db-0', capacity: '1Mi' }, 'met', /is bound to pv\//],
  ['pvc-bound', { ...shop, name: 'waiting' }, 'not-met', /is Pending: .*storageclass/i],
  [
    'field-equals',
    { ...shop, object: 'deploy/orders', path: 'spec.template.spec.containers[*].image', equals: 'kubemend/echo:1' },
    'met',
    /containers\[0\]\.image/,
  ],
  [
    'field-equals',
    { ...shop, object: 'configmap/settings', path: 'data.MODE', 'one-of': ['test', 'dev'] },
    'not-met',
    /"live", none of/,
  ],
  [
    'field-equals',
    { ...shop, object: 'widget.example.com/good', path: 'spec.size', equals: 1 },
    'met',
    /spec\.size: 1/,
  ],
  ['object-exists', { ...shop, object: 'configmap/settings' }, 'met', /exists/],
  ['object-exists', { ...shop, object: 'secret/none' }, 'not-met', /there is no secret\/none/],
  ['object-absent', { ...shop, object: 'secret/none' }, 'met', /there is no secret\/none/],
  ['object-absent', { ...shop, object: 'svc/lost' }, 'not-met', /exists/],
  ['condition-is', { ...shop, object: 'widget.example.com/good', condition: 'Ready' }, 'met', /Ready is True/],
  [
    'condition-is',
    { ...shop, object: 'widget.example.com/bad', condition: 'Ready' },
    'not-met',
    /Ready is False, not True: no parts/,
  ],
  ['events-absent', { ...shop, reason: 'Nonsense' }, 'met', /no such event/],
  [
    'events-absent',
    { ...shop, reason: 'FailedScheduling', about: 'pod/homeless' },
    'not-met',
    /^pod\/homeless: FailedScheduling/,
  ],
  ['quota-fits', { ...shop, name: 'roomy', room: { pods: 5 }, hard: { pods: 50 } }, 'met', /is kept/],
  [
    'quota-fits',
    { namespace: 'vault', name: 'tight', room: { pods: 1 } },
    'not-met',
    /no room for pods 1: 0 of 0 used/,
  ],
  [
    'data-kept',
    { ...shop, workload: 'statefulset/db', run: ['cat', '/data/orders'], equals: '1001,paid' },
    'met',
    /answers what it must/,
  ],
  [
    'data-kept',
    { ...shop, workload: 'statefulset/db', run: ['cat', '/data/none'], equals: 'x' },
    'not-met',
    /fails with 1: .*No such file/,
  ],
  ['hpa-scaling', { ...shop, name: 'web', min: 1, max: 2 }, 'met', /reads its metrics/],
  ['cronjob-runs', { ...shop, name: 'tick' }, 'met', /job\/tick-\d+ of cronjob\/tick is complete/],
]

describe('on a real cluster', () => {
  test('each check sees what is so and what is not', { timeout: 240_000 }, async () => {
    const deadline = Date.now() + 120_000
    let open = cases
    let wrong: string[] = []
    while (open.length > 0 && Date.now() < deadline) {
      wrong = []
      const again: Case[] = []
      await fewAtOnce(open, async (one) => {
        const [name, params, status, because] = one
        const verdict = await ask(name, params)
        if (verdict.status === status && because.test(verdict.because)) return
        again.push(one)
        wrong.push(`${name} ${JSON.stringify(params)} is ${verdict.status}: ${verdict.because}`)
      })
      open = again
      if (open.length > 0) await sleep(1000)
    }
    expect(wrong).toEqual([])
  })

  test('nothing that a check does stays in the cluster', async () => {
    const before = await takeSnapshot(client)
    await fewAtOnce(cases, ([name, params]) => ask(name, params))
    const after = await takeSnapshot(client)
    const ours = diffStates(before, after).filter(({ object }) => !/^(tick|web)-/.test(object.name))
    expect(ours.map(printDifference)).toEqual([])
  })

  test('protections hold while nothing is harmed, and tell what was', { timeout: 120_000 }, async () => {
    const withBaseline = { ...context, baseline: await takeSnapshot(client) }
    const kept: [string, Record<string, unknown>, RegExp][] = [
      [
        'identity-kept',
        { objects: ['configmap/settings -n shop', 'statefulset/* -n shop'] },
        /configmap\/settings -n shop was deleted and made anew/,
      ],
      [
        'replicas-kept',
        { objects: ['deployment/* -n shop'] },
        /deployment\/orders -n shop asks for 1 replicas, and did for 2/,
      ],
      ['no-restarts', { ...shop, workload: 'statefulset/db' }, /pod\/db-0 is gone/],
      ['pods-not-moved', { ...shop, workload: 'deployment/orders' }, /has 1 pods on .*, and had 2/],
      [
        'disruption-below',
        { ...shop, workload: 'deployment/orders', unavailable: 0 },
        /1 of 2 pods of deployment\/orders are away/,
      ],
    ]
    for (const [name, params] of kept) {
      const verdict = await ask(name, params, withBaseline)
      expect(`${name} ${verdict.status}: ${verdict.because}`).toMatch(/ met: /)
    }
    await client.delete('/api/v1/namespaces/shop/configmaps/settings')
    const again = createClusterWorld().find(({ kind }) => kind === 'ConfigMap')
    if (again) await client.apply(again)
    await client.patch('/apis/apps/v1/namespaces/shop/deployments/orders', { spec: { replicas: 1 } })
    await client.delete('/api/v1/namespaces/shop/pods/db-0')
    for (const [name, params, because] of kept) {
      const verdict = await settle(name, params, 'not-met', because, withBaseline)
      expect(verdict.because).toMatch(because)
    }
    const kin = await ask('identity-kept', { objects: ['service/orders -n shop'] }, withBaseline)
    expect(kin.status).toBe('met')
  })

  test('what cannot be looked at is unknown', async () => {
    using nobody = new KubeClient({ server: 'http://127.0.0.1:1' })
    const away = { ...context, client: nobody }
    await expect(ask('deployment-available', { ...shop, name: 'orders' }, away)).rejects.toThrow('ECONNREFUSED')
    expect((await ask('identity-kept', { objects: ['service/orders -n shop'] })).status).toBe('unknown')
    expect((await ask('script', { file: 'check.sh' })).status).toBe('unknown')
  })
})

function ask(name: string, params: Record<string, unknown>, as: VerifyContext = context): Promise<Verdict> {
  const verifier = verifiers[name]
  if (!verifier) throw new Error(`there is no verifier ${name}`)
  return verifier.verify(verifier.params.parse(params), as)
}

/** Four at a time: each question may be a process, and the clusters' machine has few cores. */
async function fewAtOnce<T>(all: readonly T[], run: (one: T) => Promise<unknown>): Promise<void> {
  const queue = all.values()
  const work = async (): Promise<void> => {
    for (const one of queue) await run(one)
  }
  await Promise.all([work(), work(), work(), work()])
}

/** Asks until the answer is the wanted one, or for long enough. */
async function settle(
  name: string,
  params: Record<string, unknown>,
  status: Verdict['status'],
  because: RegExp,
  as: VerifyContext = context,
): Promise<Verdict> {
  let last: Verdict | undefined
  const isSo = async (): Promise<boolean> => {
    last = await ask(name, params, as)
    return last.status === status && because.test(last.because)
  }
  await until(isSo, { what: `${name} to be ${status}`, timeoutMs: 90_000, intervalMs: 1000 }).catch(() => undefined)
  return last ?? { status: 'unknown', because: 'never asked' }
}

async function makeWidgets(): Promise<void> {
  for (const widget of widgets) {
    await until(async () => (await client.apply(widget)) !== undefined, {
      what: 'the custom kind to be served',
      timeoutMs: 20_000,
      isTransient: () => true,
    })
    const isGood = widget.metadata.name === 'good'
    const condition = {
      type: 'Ready',
      status: isGood ? 'True' : 'False',
      reason: 'Parts',
      message: isGood ? '' : 'no parts',
    }
    await client.patch(`/apis/example.com/v1/namespaces/shop/widgets/${widget.metadata.name}/status`, {
      status: { conditions: [condition] },
    })
  }
}

async function kubemend(...words: string[]): Promise<string> {
  const result = await mustRun([process.execPath, path.join(packageRoot, 'harness/cli/main.ts'), ...words])
  return result.stdout
}
