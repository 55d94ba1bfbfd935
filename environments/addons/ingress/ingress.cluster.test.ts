import { afterAll, beforeAll, expect, test } from 'vitest'
import { mustRun } from '../../../harness/base/command.ts'
import { KubeClient, type KubeObject } from '../../../harness/base/kube-client.ts'
import { until } from '../../../harness/base/retry.ts'
import { findKubectl } from '../../smoke/find-kubectl.ts'
import { openTestCluster, type TestCluster } from '../test-cluster.ts'

let testCluster: TestCluster
let client: KubeClient
let nodeIp: string

beforeAll(async () => {
  const images = ['kubemend/echo:1', 'kubemend/toolbox:1']
  testCluster = await openTestCluster('ingress', { addons: ['ingress'], images, nodeCount: 1 })
  client = await KubeClient.fromKubeconfig(testCluster.cluster.kubeconfig)
  const [node] = await client.list<KubeObject & { status: { addresses: { type: string; address: string }[] } }>(
    '/api/v1/nodes',
  )
  nodeIp = node?.status.addresses.find(({ type }) => type === 'InternalIP')?.address ?? ''
  await Promise.all([...['red', 'blue'].map(deploy), deployClient()])
})

afterAll(async () => {
  client?.[Symbol.dispose]()
  await testCluster?.end()
})

const ingresses = '/apis/networking.k8s.io/v1/namespaces/default/ingresses'

test('hosts and paths lead to their services, from outside through a node', async () => {
  await createIngress('colours', {
    rules: [
      { host: 'red.test', http: { paths: [to('red')] } },
      { host: 'blue.test', http: { paths: [to('blue'), to('red', '/red')] } },
    ],
  })
  await answers('red.test', '/', 'red')
  await answers('blue.test', '/', 'blue')
  await answers('blue.test', '/red/deeper', 'red')
  expect(await fromOutside('other.test', '/')).toContain('404')
})

test('an exact path matches itself alone', async () => {
  await createIngress('exact', { rules: [{ host: 'exact.test', http: { paths: [to('red', '/only', 'Exact')] } }] })
  await answers('exact.test', '/only', 'red')
  expect(await fromOutside('exact.test', '/only/deeper')).toContain('404')
})

test('a pod inside reaches it through its service', async () => {
  await createIngress('inner', {
    ingressClassName: 'contour',
    rules: [{ host: 'inner.test', http: { paths: [to('blue')] } }],
  })
  await answers('inner.test', '/', 'blue')
  const reply = await execInClient('curl -si -H "Host: inner.test" http://envoy.projectcontour/')
  expect(reply).toContain('"blue"')
})

test('TLS ends there, with the certificate that the Ingress names', async () => {
  const { cert, key } = await makeCertificate('safe.test')
  await client.create('/api/v1/namespaces/default/secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'safe' },
    type: 'kubernetes.io/tls',
    stringData: { 'tls.crt': cert, 'tls.key': key },
  })
  await createIngress('safe', {
    tls: [{ hosts: ['safe.test'], secretName: 'safe' }],
    rules: [{ host: 'safe.test', http: { paths: [to('red')] } }],
  })
  const file = `/tmp/safe-${process.pid}.crt`
  const curl = `curl -sSi --max-time 5 --resolve safe.test:30443:${nodeIp} --cacert ${file} https://safe.test:30443/`
  const reply = await until(
    async () => {
      const result = await testCluster.cluster.exec('control-plane', ['sh', '-c', `cat >${file} && ${curl}`], {
        stdin: cert,
      })
      return result.exitCode === 0 ? result.stdout : undefined
    },
    { what: 'TLS to work', timeoutMs: 30_000, intervalMs: 200 },
  )
  expect(reply).toContain('"red"')
})

test('an Ingress of another class is left alone', async () => {
  await createIngress('foreign', {
    ingressClassName: 'other',
    rules: [{ host: 'foreign.test', http: { paths: [to('red')] } }],
  })
  await createIngress('ours', { rules: [{ host: 'ours.test', http: { paths: [to('red')] } }] })
  await answers('ours.test', '/', 'red')
  expect(await fromOutside('foreign.test', '/')).toContain('404')
})

test('an HTTPProxy works too, and says whether it is valid', async () => {
  const proxies = '/apis/projectcontour.io/v1/namespaces/default/httpproxies'
  await client.create(proxies, {
    apiVersion: 'projectcontour.io/v1',
    kind: 'HTTPProxy',
    metadata: { name: 'proxy' },
    spec: {
      virtualhost: { fqdn: 'proxy.test' },
      routes: [{ conditions: [{ prefix: '/' }], services: [{ name: 'blue', port: 80 }] }],
    },
  })
  await answers('proxy.test', '/', 'blue')
  const found = await client.get<KubeObject & { status?: { currentStatus?: string } }>(`${proxies}/proxy`)
  expect(found.status?.currentStatus).toBe('valid')
})

test('the status of an Ingress names where it can be reached', async () => {
  const found = await until(
    async () => {
      const ingress = await client.get<KubeObject & { status?: { loadBalancer?: { ingress?: unknown[] } } }>(
        `${ingresses}/ours`,
      )
      return ingress.status?.loadBalancer?.ingress
    },
    { what: 'a status', timeoutMs: 20_000 },
  )
  expect(found).toEqual([{ hostname: 'localhost' }])
})

function to(name: string, at = '/', pathType = 'Prefix'): Record<string, unknown> {
  return { path: at, pathType, backend: { service: { name, port: { number: 80 } } } }
}

async function createIngress(name: string, spec: Record<string, unknown>): Promise<void> {
  await client.create(ingresses, { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name }, spec })
}

/** Waits until a request to a host gets its answer from a server. */
async function answers(host: string, at: string, server: string): Promise<void> {
  await until(async () => (await fromOutside(host, at)).includes(`"${server}"`), {
    what: `${host}${at} to be answered by ${server}`,
    timeoutMs: 30_000,
    intervalMs: 200,
  })
}

/** A request from outside the pod network, to a node's port. */
async function fromOutside(host: string, at: string): Promise<string> {
  const curl = ['curl', '-si', '--max-time', '5', '-H', `Host: ${host}`, `http://${nodeIp}:30080${at}`]
  return (await testCluster.cluster.exec('control-plane', curl)).stdout
}

async function deploy(name: string): Promise<void> {
  const container = {
    name: 'server',
    image: 'kubemend/echo:1',
    imagePullPolicy: 'IfNotPresent',
    args: [`--name=${name}`],
    readinessProbe: { httpGet: { path: '/readyz', port: 8080 }, periodSeconds: 1 },
  }
  await startPod(name, { containers: [container] })
  await client.create('/api/v1/namespaces/default/services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
  })
}

async function deployClient(): Promise<void> {
  await startPod('client', {
    containers: [{ name: 'main', image: 'kubemend/toolbox:1', imagePullPolicy: 'IfNotPresent' }],
  })
}

async function startPod(name: string, spec: Record<string, unknown>): Promise<void> {
  const pods = '/api/v1/namespaces/default/pods'
  await client.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: { terminationGracePeriodSeconds: 0, ...spec },
  })
  await until(
    async () => {
      const pod = await client.get<KubeObject & { status: { conditions?: { type: string; status: string }[] } }>(
        `${pods}/${name}`,
      )
      return pod.status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True')
    },
    { what: `pod ${name} to be Ready`, timeoutMs: 60_000, intervalMs: 200 },
  )
}

async function execInClient(script: string): Promise<string> {
  const kubectl = await findKubectl('1.35')
  const kubeconfig = `--kubeconfig=${testCluster.cluster.kubeconfig}`
  return (await mustRun([kubectl, kubeconfig, 'exec', 'client', '--', 'sh', '-c', script], { timeoutMs: 20_000 }))
    .stdout
}

/** A certificate that vouches for itself, and its key. */
async function makeCertificate(host: string): Promise<{ cert: string; key: string }> {
  const request = `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=${host}`
  const files = `-addext subjectAltName=DNS:${host} -keyout /tmp/tls.key -out /tmp/tls.crt`
  await execInClient(`${request} ${files} 2>/tmp/said || { cat /tmp/said >&2; exit 1; }`)
  return { cert: await execInClient('cat /tmp/tls.crt'), key: await execInClient('cat /tmp/tls.key') }
}
