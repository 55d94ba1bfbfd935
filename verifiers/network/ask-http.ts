import { enterContainer } from '../containers/enter-container.ts'
import { isVerdict, unknown, type Verdict, type VerifyContext } from '../verifier.ts'
import { isFailure, type NetworkFailure } from './failure.ts'
import type { HttpAnswer } from './parse-http.ts'
import { requestFromContainer, type HttpRequest } from './request-from-container.ts'
import { requestThroughApi, serviceOf } from './request-through-api.ts'

/** A request as contracts write it, and who makes it. */
export interface HttpQuestion {
  /** The workload that asks; the API server when there is none. */
  from?: string | undefined
  namespace: string
  container?: string | undefined
  url: string
  method?: string
  headers?: Readonly<Record<string, string>>
  send?: string | undefined
  insecure?: boolean
  'ca-file'?: string | undefined
  /** Seconds. */
  timeout: number
}

/** Makes a request from where the question says, as often as wanted, until one fails. */
export async function askHttp(
  context: VerifyContext,
  question: HttpQuestion,
  times = 1,
): Promise<(HttpAnswer | NetworkFailure)[] | Verdict> {
  const once = await wayOf(context, question)
  if (isVerdict(once)) return once
  const answers: (HttpAnswer | NetworkFailure)[] = []
  for (let i = 0; i < times; i++) {
    const answer = await once()
    if (isVerdict(answer)) return answer
    answers.push(answer)
    if (isFailure(answer)) break
  }
  return answers
}

/** Who asks, as the beginning of a sentence that goes on with the URL. */
export function askerOf({ from, method }: Pick<HttpQuestion, 'from' | 'method'>): string {
  return `${from ?? 'the API server'} asks for${method === undefined || method === 'GET' ? '' : ` ${method}`}`
}

/** An answer as evidence: its status and the beginning of its body. */
export function evidenceOf(answer: HttpAnswer | NetworkFailure | undefined): Record<string, unknown> {
  if (answer === undefined) return {}
  if (isFailure(answer)) return { failed: answer.failed, said: answer.text }
  return { status: answer.status, ...(answer.body === undefined ? {} : { body: answer.body.slice(0, 500) }) }
}

async function wayOf(
  context: VerifyContext,
  question: HttpQuestion,
): Promise<(() => Promise<HttpAnswer | NetworkFailure | Verdict>) | Verdict> {
  const { from, namespace, container, url } = question
  const request: HttpRequest = {
    url,
    method: question.method ?? 'GET',
    headers: question.headers ?? {},
    body: question.send,
    timeoutMs: question.timeout * 1000,
    isVerified: url.startsWith('https:') && !question.insecure,
    caFile: question['ca-file'],
  }
  if (from !== undefined) {
    const entered = await enterContainer(context, { workload: from, namespace, container })
    return isVerdict(entered) ? entered : () => requestFromContainer(entered, request)
  }
  const service = serviceOf(new URL(url).hostname, namespace)
  if (!service) return unknown(`${url} is no Service of the cluster: say from which workload it is to be asked`)
  return () => requestThroughApi(context, service, request)
}
