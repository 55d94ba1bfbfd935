import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { KubeError, type KubeClient } from '../base/kube-client.ts'
import { kubeconfigOf } from './identity.ts'

const rbac = '/apis/rbac.authorization.k8s.io/v1'

/**
 * An account that may look at everything in one namespace but its Secrets, and change nothing: for agents that answer in
 * one message and may look before they do. Disposing of it takes its power away.
 */
export async function mintLooking(
  client: KubeClient,
  options: { task: string; namespace: string | undefined; kubeconfig: string; lifetimeSeconds: number },
): Promise<AsyncDisposable> {
  const { namespace } = options
  const name = `oncall-${createHash('sha256').update(options.task).digest('hex').slice(0, 10)}`
  const made: string[] = []
  const create = async (path: string, object: object): Promise<void> => {
    await client.create(path, object)
    made.push(`${path}/${name}`)
  }
  const accounts = '/api/v1/namespaces/default/serviceaccounts'
  await create(accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } })
  const subjects = [{ kind: 'ServiceAccount', name, namespace: 'default' }]
  const binding = (kind: string, role: string): object => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind,
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects,
  })
  await create(`${rbac}/clusterroles`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name },
    rules: [
      {
        apiGroups: ['rbac.authorization.k8s.io'],
        resources: ['roles', 'rolebindings', 'clusterroles'],
        verbs: ['get', 'list'],
      },
    ],
  })
  await create(`${rbac}/clusterrolebindings`, binding('ClusterRoleBinding', name))
  if (namespace !== undefined)
    await create(`${rbac}/namespaces/${namespace}/rolebindings`, binding('RoleBinding', 'view'))
  const answer = await client.create<{ status: { token: string } }>(`${accounts}/${name}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: Math.max(600, Math.ceil(options.lifetimeSeconds)) },
  })
  await writeFile(options.kubeconfig, kubeconfigOf(client, answer.status.token), { mode: 0o600 })
  return {
    async [Symbol.asyncDispose]() {
      for (const path of made.toReversed()) {
        await client.delete(path).catch((error: unknown) => {
          if (!(error instanceof KubeError && error.status === 404)) throw error
        })
      }
    },
  }
}
