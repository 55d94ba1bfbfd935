import type { KubeClient } from '../../harness/base/kube-client.ts'

/** The namespaces that hold something of somebody's: all but the system's, and `default` where anything runs in it. */
export async function foreignNamespaces(client: KubeClient): Promise<string[]> {
  const namespaces = (await client.list('/api/v1/namespaces')).map((one) => one.metadata.name)
  const foreign = namespaces.filter((name) => !isSystemNamespace(name) && name !== 'default')
  return (await isInUse(client, 'default')) ? ['default', ...foreign] : foreign
}

/** Whether Kubernetes or its distribution made the namespace for itself. */
export function isSystemNamespace(name: string): boolean {
  return name.startsWith('kube-') || name === 'local-path-storage'
}

async function isInUse(client: KubeClient, namespace: string): Promise<boolean> {
  const collections = ['/api/v1', '/apis/apps/v1', '/apis/batch/v1'].flatMap((root) =>
    (kindsThatRun[root] ?? []).map((plural) => `${root}/namespaces/${namespace}/${plural}`),
  )
  const found = await Promise.all(collections.map((path) => client.list(path)))
  return found.some((items) => items.length > 0)
}

const kindsThatRun: Record<string, string[]> = {
  '/api/v1': ['pods', 'persistentvolumeclaims'],
  '/apis/apps/v1': ['deployments', 'statefulsets', 'daemonsets'],
  '/apis/batch/v1': ['jobs', 'cronjobs'],
}
