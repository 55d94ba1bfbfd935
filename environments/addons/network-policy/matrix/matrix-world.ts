import type { KubeClient, KubeObject } from '../../../../harness/base/kube-client.ts'
import { until } from '../../../../harness/base/retry.ts'
import { applyInOrder } from './kube-steps.ts'

/** Three namespaces with pods that listen on 8080 and 8081 (HTTP) and 9000 (HTTP over TCP, echo over UDP). */
export interface MatrixWorld {
  pods: Record<string, { ip: string; node: string }>
  services: Record<string, string>
  nodes: Record<'first' | 'second', { name: string; ip: string; podRange: string }>
}

export const worldImages: string[] = ['kubemend/echo:1', 'kubemend/toolbox:1']

interface PodPlan {
  labels: Record<string, string>
  node: 'first' | 'second'
  /** What db calls http is what the others call admin. */
  http: number
}

const plans: Record<string, PodPlan> = {
  'shop/web': { labels: { app: 'web', tier: 'front' }, node: 'first', http: 8080 },
  'shop/cache': { labels: { app: 'cache', tier: 'back' }, node: 'first', http: 8080 },
  'shop/db': { labels: { app: 'db' }, node: 'second', http: 8081 },
  'ops/agent': { labels: { app: 'agent' }, node: 'second', http: 8080 },
  'ops/web': { labels: { app: 'web' }, node: 'first', http: 8080 },
  'lab/guest': { labels: { app: 'guest' }, node: 'second', http: 8080 },
}

const services: string[] = ['shop/web', 'shop/db', 'ops/web']

export const podKeys: string[] = Object.keys(plans)

/** Builds the world and answers its addresses once every pod is Ready. */
export async function buildWorld(client: KubeClient): Promise<MatrixWorld> {
  const nodes = await readNodes(client)
  await applyInOrder(client, [
    ...['shop', 'ops', 'lab'].map((name) => namespace(name)),
    ...services.map(service),
    ...Object.entries(plans).map(([key, plan]) => pod(key, plan, nodes[plan.node].name)),
  ])
  const pods = await Promise.all(podKeys.map(async (key) => [key, await readyPod(client, key)] as const))
  const addresses = await Promise.all(
    services.map(async (key) => {
      const [ns = '', name = ''] = key.split('/')
      const found = await client.get<KubeObject & { spec: { clusterIP: string } }>(
        `/api/v1/namespaces/${ns}/services/${name}`,
      )
      return [key, found.spec.clusterIP] as const
    }),
  )
  return { pods: Object.fromEntries(pods), services: Object.fromEntries(addresses), nodes }
}

/** Waits for a pod of the world and answers where it is. */
export async function readyPod(client: KubeClient, key: string): Promise<{ ip: string; node: string }> {
  const [ns = '', name = ''] = key.split('/')
  return until(
    async () => {
      const found = await client.find<Pod>(`/api/v1/namespaces/${ns}/pods/${name}`)
      const isReady = found?.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True')
      return isReady && found?.status?.podIP ? { ip: found.status.podIP, node: found.spec.nodeName } : undefined
    },
    { what: `pod ${key} to be Ready`, timeoutMs: 90_000, intervalMs: 200 },
  )
}

/** A pod that serves on all ports, with a second container whose shell tries connections. */
export function pod(key: string, plan: PodPlan, nodeName: string): KubeObject {
  const [namespaceName = '', name = ''] = key.split('/')
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: namespaceName, labels: plan.labels },
    spec: {
      nodeName,
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'server',
          image: 'kubemend/echo:1',
          imagePullPolicy: 'IfNotPresent',
          args: ['--port=8080,8081,9000', '--udp-port=9000', '--tcp-port=9001', `--name=${key}`],
          readinessProbe: { httpGet: { path: '/readyz', port: 8080 }, periodSeconds: 1 },
          ports: [
            { name: 'http', containerPort: plan.http },
            { name: 'admin', containerPort: plan.http === 8080 ? 8081 : 8080 },
            { name: 'datagram', containerPort: 9000, protocol: 'UDP' },
          ],
        },
        { name: 'shell', image: 'kubemend/toolbox:1', imagePullPolicy: 'IfNotPresent' },
      ],
    },
  }
}

function namespace(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { team: name } } }
}

/** The one of shop/web is on a node port as well. */
function service(key: string): KubeObject {
  const [namespaceName = '', name = ''] = key.split('/')
  const isPublic = key === 'shop/web'
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: namespaceName },
    spec: {
      type: isPublic ? 'NodePort' : 'ClusterIP',
      selector: { app: name },
      ports: [{ port: 80, targetPort: 8080, ...(isPublic ? { nodePort: 30780 } : {}) }],
    },
  }
}

async function readNodes(client: KubeClient): Promise<MatrixWorld['nodes']> {
  const found = await client.list<Node>('/api/v1/nodes')
  const nodes = found.map((node) => ({
    name: node.metadata.name,
    ip: node.status.addresses.find((address) => address.type === 'InternalIP')?.address ?? '',
    podRange: node.spec.podCIDR,
  }))
  const [first, second = first] = nodes
  if (!first || !second) throw new Error('the cluster has no nodes')
  return { first, second }
}

interface Pod extends KubeObject {
  spec: { nodeName: string }
  status?: { podIP?: string; conditions?: { type: string; status: string }[] }
}

interface Node extends KubeObject {
  spec: { podCIDR: string }
  status: { addresses: { type: string; address: string }[] }
}
