import { z } from 'zod'
import type { KubeObject } from '../../harness/base/kube-client.ts'
import { closest } from '../../harness/base/closest.ts'
import { fieldOf, isObject, listAt, textAt } from '../../harness/state/json.ts'
import { findObject } from '../objects/find-object.ts'
import { nameParam, namespaceParam, workloadParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier, type VerifyContext } from '../verifier.ts'
import { findWorkload, isReady, selectorText } from '../workloads/find-pods.ts'
import { troubleOf } from '../workloads/pod-trouble.ts'

/** A Service leads to ready pods, and to the right ones. */
export const serviceEndpoints: Verifier = defineVerifier({
  name: 'service-endpoints',
  summary: 'A Service has ready endpoints, and all of them belong to the workload that it should lead to.',
  params: z.strictObject({
    namespace: namespaceParam,
    name: nameParam('Service'),
    to: workloadParam(
      'The workload that all endpoints must belong to, and all of whose ready pods must be endpoints.',
    ).optional(),
    count: z.int().min(0).optional().meta({ description: 'How many ready endpoints; at least one unless told.' }),
  }),
  example: 'service-endpoints: { namespace: shop, name: orders, to: deployment/orders, count: 2 }',
  details:
    'Endpoints are ready when their pods are. Whether something listens on the target port is not seen here: ask with ' +
    '`http-answers` or `tcp-connects`. Say `to`, or else a Service that was pointed at another workload is as good.',
  async verify({ namespace, name, to, count }, context) {
    const service = await findObject(context, `service/${name}`, namespace)
    if (isVerdict(service)) return service
    const here = `service/${name}`
    const endpoints = await readyEndpoints(context, namespace, name)
    const evidence = { ready: endpoints.map(({ pod, address }) => pod ?? address) }
    if (endpoints.length === 0 && count !== 0) {
      return notMet(`${here} has no endpoints: ${await whyNone(context, service)}`, evidence)
    }
    if (count !== undefined && endpoints.length !== count)
      return notMet(`${here} has ${endpoints.length} ready endpoints, not ${count}`, evidence)
    if (to === undefined) return met(`${here} has ${endpoints.length} ready endpoints`, evidence)
    const workload = await findWorkload(context, to, namespace)
    if (isVerdict(workload)) return workload
    const own = new Set(workload.pods.map((pod) => pod.metadata.name))
    const stranger = endpoints.find(({ pod }) => pod === undefined || !own.has(pod))
    if (stranger) {
      const what = stranger.pod === undefined ? stranger.address : `pod/${stranger.pod}`
      return notMet(`${here} leads to ${what}, which is none of ${to}'s pods`, evidence)
    }
    const left = workload.pods.find((pod) => isReady(pod) && !endpoints.some((one) => one.pod === pod.metadata.name))
    if (left)
      return notMet(`${here} does not lead to pod/${left.metadata.name}, which is a ready pod of ${to}`, evidence)
    return met(`${here} has ${endpoints.length} ready endpoints, all of ${to}`, evidence)
  },
})

interface Endpoint {
  pod: string | undefined
  address: string
}

async function readyEndpoints(context: VerifyContext, namespace: string, service: string): Promise<Endpoint[]> {
  const slices = await context.client.list(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, {
    query: { labelSelector: `kubernetes.io/service-name=${service}` },
    signal: context.signal,
  })
  const all = slices
    .flatMap((slice) => listAt(slice, 'endpoints'))
    .flatMap((endpoint): Endpoint[] => {
      if (fieldOf(endpoint, 'conditions', 'ready') === false) return []
      const pod = textAt(endpoint, 'targetRef', 'kind') === 'Pod' ? textAt(endpoint, 'targetRef', 'name') : undefined
      return [{ pod, address: String(listAt(endpoint, 'addresses')[0]) }]
    })
  return [...new Map(all.map((endpoint) => [endpoint.address, endpoint])).values()]
}

/** Compares what the Service selects with the pods that are there. */
async function whyNone(context: VerifyContext, service: KubeObject): Promise<string> {
  const selector = fieldOf(service, 'spec', 'selector')
  if (!isObject(selector) || Object.keys(selector).length === 0) return 'it has no selector'
  const path = `/api/v1/namespaces/${service.metadata.namespace}/pods`
  const pods = await context.client.list(path, { signal: context.signal })
  const text = selectorText(selector)
  const chosen = pods.filter((pod) => isSelected(pod, selector))
  if (chosen.length === 0) return `its selector ${text} matches no pod${nearMiss(selector, pods)}`
  const troubled = chosen.find((pod) => troubleOf(pod) !== undefined)
  if (troubled) return `pod/${troubled.metadata.name}, which it selects, ${troubleOf(troubled)}`
  return `its ports fit none of the pods that it selects`
}

function isSelected(pod: KubeObject, selector: Record<string, unknown>): boolean {
  return Object.entries(selector).every(([key, value]) => pod.metadata.labels?.[key] === value)
}

/** Pods that have the selector's labels with other values, the likeliest typo first, for the reader who looks for it. */
function nearMiss(selector: Record<string, unknown>, pods: readonly KubeObject[]): string {
  const seen = Object.entries(selector).flatMap(([key, value]) => {
    const values = [...new Set(pods.flatMap((pod) => pod.metadata.labels?.[key] ?? []))].filter((one) => one !== value)
    const likely = closest(String(value), values)
    return likely === undefined ? values.slice(0, 3).map((one) => `${key}=${one}`) : [`${key}=${likely}`]
  })
  return seen.length === 0 ? '' : `; pods with ${seen.join(', ')} exist`
}
