import { notMet, type Verdict, type VerifyContext } from '../verifier.ts'
import type { NetworkFailure } from './failure.ts'
import type { HttpAnswer } from './parse-http.ts'
import type { HttpRequest } from './request-from-container.ts'

/** A Service of the cluster that a URL speaks of. */
export interface ServiceAddress {
  name: string
  namespace: string
}

/** The Service that a host name means for those in a namespace: `orders`, `orders.shop`, `orders.shop.svc.cluster.local`. */
export function serviceOf(hostname: string, namespace: string): ServiceAddress | undefined {
  const found = /^([a-z0-9-]+)(?:\.([a-z0-9-]+)(?:\.svc(?:\.cluster\.local)?)?)?\.?$/i.exec(hostname)
  if (!found?.[1] || /^\d+$/.test(found[1])) return undefined
  return { name: found[1], namespace: found[2] ?? namespace }
}

/**
 * Makes a request through the API server's Service proxy: it picks a ready endpoint and connects from the control
 * plane. No cluster DNS, no kube-proxy and no pod's network policy is between.
 */
export async function requestThroughApi(
  context: VerifyContext,
  service: ServiceAddress,
  request: HttpRequest,
): Promise<HttpAnswer | NetworkFailure | Verdict> {
  const url = new URL(request.url)
  const root = `/api/v1/namespaces/${service.namespace}/services`
  const found = await context.client.find(`${root}/${service.name}`, { signal: context.signal })
  if (!found) return notMet(`there is no service/${service.name} in namespace ${service.namespace}`)
  const isTls = url.protocol === 'https:'
  const target = `${isTls ? 'https:' : ''}${service.name}:${url.port || (isTls ? '443' : '80')}`
  const answer = await context.client.requestAnswer(
    request.method,
    `${root}/${target}/proxy${url.pathname}${url.search}`,
    {
      headers: request.headers,
      accept: '*/*',
      timeoutMs: request.timeoutMs,
      signal: context.signal,
      ...(request.body === undefined ? {} : { body: request.body, contentType: 'text/plain' }),
    },
  )
  const refusal = ownRefusal(answer.status, answer.text)
  if (refusal !== undefined) return { failed: kindOf(refusal), text: refusal }
  const headers = Object.fromEntries(
    Object.entries(answer.headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
  )
  return { status: answer.status, headers, body: answer.text }
}

/** What the API server says itself, when it does not pass on what the Service said. */
function ownRefusal(status: number, text: string): string | undefined {
  if (status < 400 || !text.startsWith('{')) return undefined
  try {
    const body = JSON.parse(text) as { kind?: string; apiVersion?: string; message?: string }
    return body.kind === 'Status' && body.apiVersion === 'v1' ? (body.message ?? 'refused') : undefined
  } catch {
    return undefined
  }
}

function kindOf(refusal: string): NetworkFailure['failed'] {
  if (/connection refused/.test(refusal)) return 'refused'
  if (/no endpoints|no service port|EOF/.test(refusal)) return 'other'
  return /timeout|deadline/.test(refusal) ? 'timeout' : 'other'
}
