import { writeFile } from 'node:fs/promises'
import { stringify } from 'yaml'
import { KubeError, type KubeClient } from '../base/kube-client.ts'
import type { AgentPermissions } from '../task/permissions.ts'

/** Who the agent is in the cluster: an ordinary on-call operator, not something of ours. */
export const identity = {
  name: 'oncall',
  namespace: 'default',
  user: 'system:serviceaccount:default:oncall',
} as const

/** Selectors of what minting makes and revoking removes, for the judgement of changes. */
export function identityObjects(permissions: AgentPermissions): string[] {
  return [
    `serviceaccount/${identity.name} -n ${identity.namespace}`,
    `clusterrole/${identity.name}`,
    `clusterrolebinding/${identity.name}`,
    ...Object.keys(permissions.namespaces).flatMap((ns) => [
      `role/${identity.name} -n ${ns}`,
      `rolebinding/${identity.name} -n ${ns}`,
    ]),
  ]
}

/** Makes the agent's ServiceAccount with the task's permissions and writes a kubeconfig with a short-lived token. */
export async function mintIdentity(
  client: KubeClient,
  permissions: AgentPermissions,
  { kubeconfig, lifetimeSeconds, signal }: { kubeconfig: string; lifetimeSeconds: number; signal?: AbortSignal },
): Promise<void> {
  const until = signal === undefined ? {} : { signal }
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: identity.name } }
  await client.create(`/api/v1/namespaces/${identity.namespace}/serviceaccounts`, account, until)
  await Promise.all([
    bind(client, 'cluster', permissions.cluster, until),
    ...Object.entries(permissions.namespaces).map(([namespace, rules]) => bind(client, { namespace }, rules, until)),
  ])
  const answer = await client.create<{ status: { token: string } }>(
    `/api/v1/namespaces/${identity.namespace}/serviceaccounts/${identity.name}/token`,
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: Math.max(600, Math.ceil(lifetimeSeconds)) },
    },
    until,
  )
  await writeFile(kubeconfig, kubeconfigOf(client, answer.status.token), { mode: 0o600 })
}

/**
 * Takes the agent's power away, bindings first: the server may still know a token for some seconds after its account is
 * gone, but without bindings it can do nothing.
 */
export async function revokeIdentity(
  client: KubeClient,
  permissions: AgentPermissions,
  signal?: AbortSignal,
): Promise<void> {
  const until = signal === undefined ? {} : { signal }
  const namespaces = Object.keys(permissions.namespaces)
  const rbac = '/apis/rbac.authorization.k8s.io/v1'
  await Promise.all([
    remove(client, `${rbac}/clusterrolebindings/${identity.name}`, until),
    ...namespaces.map((ns) => remove(client, `${rbac}/namespaces/${ns}/rolebindings/${identity.name}`, until)),
  ])
  await Promise.all([
    remove(client, `${rbac}/clusterroles/${identity.name}`, until),
    ...namespaces.map((ns) => remove(client, `${rbac}/namespaces/${ns}/roles/${identity.name}`, until)),
    remove(client, `/api/v1/namespaces/${identity.namespace}/serviceaccounts/${identity.name}`, until),
  ])
}

async function bind(
  client: KubeClient,
  where: 'cluster' | { namespace: string },
  rules: unknown[],
  until: { signal?: AbortSignal },
): Promise<void> {
  if (rules.length === 0) return
  const isCluster = where === 'cluster'
  const base = isCluster
    ? '/apis/rbac.authorization.k8s.io/v1'
    : `/apis/rbac.authorization.k8s.io/v1/namespaces/${where.namespace}`
  const [roles, bindings, roleKind, bindingKind] = isCluster
    ? ['clusterroles', 'clusterrolebindings', 'ClusterRole', 'ClusterRoleBinding']
    : ['roles', 'rolebindings', 'Role', 'RoleBinding']
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  const metadata = { name: identity.name }
  await client.create(`${base}/${roles}`, { apiVersion, kind: roleKind, metadata, rules }, until)
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: roleKind, name: identity.name }
  const subjects = [{ kind: 'ServiceAccount', name: identity.name, namespace: identity.namespace }]
  await client.create(`${base}/${bindings}`, { apiVersion, kind: bindingKind, metadata, roleRef, subjects }, until)
}

async function remove(client: KubeClient, path: string, until: { signal?: AbortSignal }): Promise<void> {
  try {
    await client.delete(path, until)
  } catch (error) {
    if (!(error instanceof KubeError && error.status === 404)) throw error
  }
}

/** A kubeconfig with a token. */
export function kubeconfigOf(client: KubeClient, token: string, namespace?: string): string {
  const { server, ca } = client.access
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'cluster',
    contexts: [
      {
        name: 'cluster',
        context: { cluster: 'cluster', user: identity.name, ...(namespace === undefined ? {} : { namespace }) },
      },
    ],
    clusters: [
      {
        name: 'cluster',
        cluster: {
          server,
          ...(ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
        },
      },
    ],
    users: [{ name: identity.name, user: { token } }],
  })
}
