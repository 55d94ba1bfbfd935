import { X509Certificate } from 'node:crypto'
import { parse, stringify } from 'yaml'
import { readAccess, type KubeClient, type KubeObject } from '../../base/kube-client.ts'
import { until } from '../../base/retry.ts'
import type { ForeignPlan } from '../../harbor/foreign-plan.ts'

/** Gives a cluster the names that tasks know from the distribution it stands in for. */
export async function adaptCluster(client: KubeClient, foreign: ForeignPlan, signal: AbortSignal): Promise<void> {
  const { cluster, addons } = foreign
  await client.apply(adminAccount)
  await client.apply(adminBinding)
  await client.apply(adminToken)
  const [server] = cluster.nodes
  if (server) await labelServer(client, server.name)
  if (cluster.distribution === 'k3s' && addons.includes('storage')) await renameStorageClass(client)
  if (cluster.distribution === 'k3s' && addons.includes('ingress')) await answerForTraefik(client, signal)
}

/** The kubeconfig that the distribution would leave for its admin, with an identity that is the task's and not ours. */
export async function foreignAdminKubeconfig(client: KubeClient, foreign: ForeignPlan): Promise<string> {
  const { cluster } = foreign
  const secret = await until(
    async () => {
      const found = await client.find<KubeObject & { data?: Record<string, string> }>(
        `/api/v1/namespaces/kube-system/secrets/${adminToken.metadata.name}`,
      )
      return found?.data?.['token'] === undefined ? undefined : found.data
    },
    { what: "the token of the cluster's admin", timeoutMs: 30_000, intervalMs: 100 },
  )
  const host = cluster.distribution === 'k3s' ? '127.0.0.1' : cluster.service
  const names = {
    k3s: { cluster: 'default', user: 'default', context: 'default' },
    kind: { cluster: 'kind', user: 'kubernetes-admin', context: 'kubernetes-admin@kind' },
    k0s: { cluster: 'local', user: 'user', context: 'Default' },
  }[cluster.distribution]
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: names.cluster,
        cluster: { 'certificate-authority-data': secret['ca.crt'], server: `https://${host}:${cluster.port}` },
      },
    ],
    contexts: [{ name: names.context, context: { cluster: names.cluster, user: names.user } }],
    'current-context': names.context,
    preferences: {},
    users: [{ name: names.user, user: { token: Buffer.from(secret['token'] ?? '', 'base64').toString() } }],
  })
}

/** A kubeconfig as a task's services wrote it, with the API server where it is on this machine. */
export function rewriteKubeconfig(text: string, server: string): string | { problem: string } {
  let document: unknown
  try {
    document = parse(text)
  } catch {
    return { problem: 'it is not YAML' }
  }
  const config = document as { clusters?: { cluster?: Record<string, unknown> }[]; users?: unknown } | null
  if (!Array.isArray(config?.clusters) || config.clusters.length === 0) return { problem: 'it names no cluster' }
  for (const { cluster } of config.clusters) {
    if (cluster === undefined) return { problem: 'one of its clusters is empty' }
    cluster['server'] = server
    delete cluster['tls-server-name']
  }
  return stringify(config)
}

const adminName = 'cluster-admin-access'

const adminAccount: KubeObject = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: adminName, namespace: 'kube-system' },
}

const adminBinding: KubeObject = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: adminName },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ kind: 'ServiceAccount', name: adminName, namespace: 'kube-system' }],
}

const adminToken: KubeObject = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name: adminName,
    namespace: 'kube-system',
    annotations: { 'kubernetes.io/service-account.name': adminName },
  },
  type: 'kubernetes.io/service-account-token',
}

async function labelServer(client: KubeClient, name: string): Promise<void> {
  const labels = { 'node-role.kubernetes.io/control-plane': 'true' }
  await client.patch(`/api/v1/nodes/${name}`, { metadata: { labels } })
}

/** k3s calls its class local-path. */
async function renameStorageClass(client: KubeClient): Promise<void> {
  const classes = '/apis/storage.k8s.io/v1/storageclasses'
  const standard = await client.find(`${classes}/standard`)
  if (!standard) return
  const { metadata, ...rest } = standard
  await client.delete(`${classes}/standard`)
  await client.apply({ ...rest, metadata: { name: 'local-path', annotations: metadata.annotations ?? {} } })
}

/** k3s has Traefik under a class and a service of that name: ours listens to both. */
async function answerForTraefik(client: KubeClient, signal: AbortSignal): Promise<void> {
  await client.apply({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'traefik' },
    spec: { controller: 'traefik.io/ingress-controller' },
  })
  await client.apply({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'traefik', namespace: 'kube-system' },
    spec: { type: 'ExternalName', externalName: 'envoy.projectcontour.svc.cluster.local' },
  })
  const place = '/apis/apps/v1/namespaces/projectcontour/deployments/contour'
  interface Contour extends KubeObject {
    spec: { template: { spec: { containers: { name: string; args?: string[] }[] } } }
    status?: { observedGeneration?: number; updatedReplicas?: number; readyReplicas?: number; replicas?: number }
  }
  const contour = await client.request<Contour>('GET', place)
  const [container] = contour.spec.template.spec.containers
  if (!container) return
  const args = [...(container.args ?? []), '--ingress-class-name=contour,traefik']
  await client.patch(
    place,
    { spec: { template: { spec: { containers: [{ name: container.name, args }] } } } },
    { contentType: 'application/strategic-merge-patch+json' },
  )
  await until(
    async () => {
      const { metadata, status } = await client.request<Contour>('GET', place)
      const isSeen = status?.observedGeneration === metadata['generation']
      return isSeen && status?.updatedReplicas === 1 && status.readyReplicas === 1 && status.replicas === 1
    },
    { what: 'the ingress controller to answer for traefik', timeoutMs: 120_000, intervalMs: 300, signal },
  )
}

/**
 * The name under which the API server knows a kubeconfig's user, asked as the admin, so that nothing is ever done in the
 * agent's name but by the agent; undefined when it knows nobody.
 */
export async function whoIs(admin: KubeClient, kubeconfig: string): Promise<string | undefined> {
  const { token, cert } = await readAccess(kubeconfig)
  if (token === undefined)
    return cert === undefined ? undefined : /^CN=(.+)$/m.exec(new X509Certificate(cert).subject)?.[1]
  const { status } = await admin.create<{ status?: { authenticated?: boolean; user?: { username?: string } } }>(
    '/apis/authentication.k8s.io/v1/tokenreviews',
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } },
  )
  return status?.authenticated ? status.user?.username : undefined
}
