import { inShort } from '../expected-text.ts'
import type { HttpAnswer } from './parse-http.ts'

/** How an answer must be. */
export interface ExpectedAnswer {
  status?: number | number[] | undefined
  body?: string | undefined
  'body-matches'?: string | undefined
  'body-lacks'?: string | undefined
  header?: Record<string, string> | undefined
}

/** What is wrong with an answer; `unseen` when the program that asked does not show enough of it. */
export function answerMismatch(answer: HttpAnswer, wanted: ExpectedAnswer): string | undefined {
  const { status, body, headers } = answer
  const statuses = [wanted.status ?? []].flat()
  const isStatus = statuses.length === 0 ? status >= 200 && status < 300 : statuses.includes(status)
  const seen = body === undefined || body.trim() === '' ? '' : ` (${inShort(body)})`
  if (!isStatus) return `the status is ${status}${seen}, not ${statuses.join(' or ') || 'one of 2xx'}`
  for (const [name, value] of Object.entries(wanted.header ?? {})) {
    const got = headers[name.toLowerCase()]
    if (got !== value) return `the header ${name} is ${got ?? 'missing'}, not ${value}`
  }
  const { body: holds, 'body-matches': matches, 'body-lacks': lacks } = wanted
  if (holds === undefined && matches === undefined && lacks === undefined) return undefined
  if (body === undefined) return unseen
  if (holds !== undefined && !body.includes(holds))
    return `the answer does not hold ${inShort(holds)}: ${inShort(body)}`
  if (matches !== undefined && !new RegExp(matches, 'm').test(body))
    return `the answer does not match /${matches}/: ${inShort(body)}`
  return lacks !== undefined && body.includes(lacks) ? `the answer holds ${inShort(lacks)}` : undefined
}

/** busybox's wget shows no body beside a status other than 2xx. */
export const unseen = 'the program that asked shows no body beside this status'
