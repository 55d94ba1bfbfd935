import { KubeError, type KubeClient, type KubeObject } from '../../../../harness/base/kube-client.ts'
import { until } from '../../../../harness/base/retry.ts'

/** Applies objects: namespaces first, then the rest at once, as soon as each namespace has its service account. */
export async function applyInOrder(client: KubeClient, objects: KubeObject[]): Promise<void> {
  const isFirst = (object: KubeObject): boolean => object.kind === 'Namespace'
  await Promise.all(objects.filter(isFirst).map((object) => client.apply(object)))
  await Promise.all(
    objects
      .filter((object) => !isFirst(object))
      .map((object) =>
        until(() => client.apply(object), {
          what: `${object.kind} ${object.metadata.name} to be accepted`,
          timeoutMs: 15_000,
          isTransient: (error) => error instanceof KubeError && [403, 404].includes(error.status),
        }),
      ),
  )
}

/** Makes the policies of a case the only ones in these namespaces. */
export async function setPolicies(
  client: KubeClient,
  namespaces: string[],
  policies: { in: string; spec: unknown }[],
): Promise<void> {
  const collection = (namespace: string): string => `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`
  await Promise.all(namespaces.map((namespace) => client.delete(collection(namespace))))
  await Promise.all(
    policies.map((policy, i) =>
      client.create(collection(policy.in), {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: `policy-${i}` },
        spec: policy.spec,
      }),
    ),
  )
}
