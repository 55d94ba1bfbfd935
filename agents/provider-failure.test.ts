import { expect, it } from 'vitest'
import { classifyHttpFailure, classifyStreamError } from './provider-failure.ts'

const classify = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  classifyHttpFailure({ status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) })

it.each([
  [429, { error: { type: 'requests', code: 'rate_limit_exceeded' } }, 'rate-limit'],
  [429, { error: { type: 'insufficient_quota', code: 'insufficient_quota' } }, 'quota'],
  [402, { type: 'error', error: { type: 'billing_error' } }, 'quota'],
  [400, { error: { type: 'invalid_request_error', message: 'Your credit balance is too low to ...' } }, 'quota'],
  [529, { error: { type: 'overloaded_error' } }, 'overload'],
  [502, '<html>bad gateway</html>', 'overload'],
  [401, { error: { type: 'authentication_error' } }, 'auth'],
  [400, { error: { status: 'INVALID_ARGUMENT', details: [{ reason: 'API_KEY_INVALID' }] } }, 'auth'],
  [404, { error: { code: 'model_not_found' } }, 'no-model'],
  [400, { error: { code: 'context_length_exceeded' } }, 'too-long'],
  [400, { error: { type: 'invalid_request_error', message: 'prompt is too long: 2 > 1' } }, 'too-long'],
  [400, { error: { message: 'no such field' } }, 'bad-request'],
] as const)('reads %i %j as %s', (status, body, kind) => {
  expect(classify(status, body).kind).toBe(kind)
})

it('reads how long to wait in every way that providers say it', () => {
  const date = new Date(Date.now() + 30_000).toUTCString()
  expect(classify(429, '', { 'retry-after-ms': '250', 'retry-after': '1' }).retryAfterMs).toBe(250)
  expect(classify(429, '', { 'retry-after': '7' }).retryAfterMs).toBe(7000)
  expect(classify(429, '', { 'retry-after': date }).retryAfterMs).toBeGreaterThan(20_000)
  expect(classify(429, { error: { details: [{ retryDelay: '3.5s' }] } }).retryAfterMs).toBe(3500)
  expect(classify(429, '').retryAfterMs).toBeUndefined()
})

it('reads errors in the middle of a stream by their own words', () => {
  expect(classifyStreamError({ type: 'overloaded_error', message: 'Overloaded' })?.kind).toBe('overload')
  expect(classifyStreamError(new Error('socket hang up'))).toBeUndefined()
})
