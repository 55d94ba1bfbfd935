/** What can go wrong with a model, by kind: what is done about it, and whose it is, depends on nothing else. */
export const failureKinds = [
  'rate-limit',
  'overload',
  'quota',
  'auth',
  'no-model',
  'connection',
  'stalled',
  'bad-request',
  'too-long',
  'refusal',
  'malformed',
  'empty',
] as const
export type FailureKind = (typeof failureKinds)[number]

export interface ModelFailure {
  kind: FailureKind
  message: string
  /** How long the provider asks to wait. */
  retryAfterMs?: number
}

/** Kinds that a later try may not meet again. */
export function isTransient(kind: FailureKind): boolean {
  return kind === 'rate-limit' || kind === 'overload' || kind === 'connection' || kind === 'stalled'
}

/** Kinds that say nothing about the agent: its provider, its key or the way there failed. */
export function isProviders(kind: FailureKind): boolean {
  return isTransient(kind) || kind === 'quota' || kind === 'auth' || kind === 'no-model'
}

/** An answer of a provider that is an error, by its status and its own codes. */
export function classifyHttpFailure(answer: {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}): ModelFailure {
  const error = readError(answer.body)
  const message = `${answer.status} ${error.message ?? (answer.body.slice(0, 200) || 'without a body')}`
  const retryAfterMs = readRetryAfter(answer.headers, error)
  return {
    kind: kindOf(answer.status, error),
    message,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
}

/** An error that arrives in the middle of a stream has no status, only the provider's own words. */
export function classifyStreamError(error: unknown): ModelFailure | undefined {
  const read = readError(JSON.stringify(error ?? null))
  if (read.codes.length === 0) return undefined
  return { kind: kindOf(0, read), message: read.message ?? read.codes.join(' ') }
}

interface ProviderError {
  /** What the provider calls it, in whichever fields. */
  codes: string[]
  message: string | undefined
  details: Record<string, unknown>[]
}

function kindOf(status: number, { codes, message = '', details }: ProviderError): FailureKind {
  const says = (...known: string[]): boolean => known.some((code) => codes.includes(code))
  if (status === 402 || says('insufficient_quota', 'billing_error', 'billing_hard_limit_reached')) return 'quota'
  if (isDailyQuota(details)) return 'quota'
  // these two have no code of their own
  if (status === 400 && message.startsWith('Your credit balance is too low')) return 'quota'
  if (/prompt is too long|input token count .* exceeds/.test(message)) return 'too-long'
  if (status === 413 || says('context_length_exceeded', 'request_too_large')) return 'too-long'
  if (status === 429 || says('rate_limit_error', 'rate_limit_exceeded', 'RESOURCE_EXHAUSTED')) return 'rate-limit'
  if (status === 401 || status === 403 || says('authentication_error', 'invalid_api_key', 'API_KEY_INVALID'))
    return 'auth'
  if (status === 404 || says('model_not_found')) return 'no-model'
  if (
    status >= 500 ||
    status === 408 ||
    says('overloaded_error', 'api_error', 'server_error', 'UNAVAILABLE', 'INTERNAL')
  )
    return 'overload'
  return 'bad-request'
}

/** Error bodies of OpenAI, Anthropic and Google, read as far as they go. */
function readError(body: string): ProviderError {
  try {
    const parsed = JSON.parse(body) as unknown
    const outer = (Array.isArray(parsed) ? parsed[0] : parsed) as Record<string, unknown> | null
    const inner = (typeof outer?.['error'] === 'object' ? outer['error'] : outer) as Record<string, unknown> | null
    const details = Array.isArray(inner?.['details']) ? (inner['details'] as Record<string, unknown>[]) : []
    const reasons = details.map((detail) => detail['reason'])
    const codes = [inner?.['type'], inner?.['code'], inner?.['status'], ...reasons].filter(
      (code) => typeof code === 'string',
    )
    const message = typeof inner?.['message'] === 'string' ? inner['message'] : undefined
    return { codes, message, details }
  } catch {
    return { codes: [], message: undefined, details: [] }
  }
}

function isDailyQuota(details: readonly Record<string, unknown>[]): boolean {
  return details
    .flatMap((detail) => (Array.isArray(detail['violations']) ? (detail['violations'] as { quotaId?: string }[]) : []))
    .some(({ quotaId }) => quotaId?.includes('PerDay') === true)
}

/** Retry-After in milliseconds, seconds or as a date; Google's RetryInfo. */
function readRetryAfter(
  headers: Record<string, string | string[] | undefined>,
  { details }: ProviderError,
): number | undefined {
  const header = (name: string): string | undefined => [headers[name]].flat()[0]
  const ms = Number(header('retry-after-ms') ?? Number.NaN)
  if (Number.isFinite(ms)) return ms
  const after = header('retry-after')
  if (after !== undefined) {
    const seconds = Number(after)
    if (Number.isFinite(seconds)) return seconds * 1000
    const date = Date.parse(after)
    if (Number.isFinite(date)) return Math.max(0, date - Date.now())
  }
  const delay = details.map((detail) => detail['retryDelay']).find((value) => typeof value === 'string')
  return delay === undefined ? undefined : Number.parseFloat(delay) * 1000
}
