import { sleep } from '../harness/base/clock.ts'
import { messageOf } from '../harness/base/errors.ts'
import type { Check } from '../harness/task/contract.ts'
import { unknown, type Verdict, type Verifier, type VerifyContext } from './verifier.ts'

/** One check of a contract and what it said last. */
export interface CheckVerdict extends Verdict {
  verifier: string
  /** Where it stands in the contract: `outcome[0]`. */
  at: string
  durationMs: number
}

export interface RunChecksOptions {
  library: Readonly<Record<string, Verifier>>
  /** How long the checks may take to be met together. */
  withinMs: number
  /** How long they must then stay met. */
  stableForMs: number
  intervalMs?: number
}

/**
 * Asks all checks until they are met together, then over the stability window. What a check said the last time it was
 * asked is its verdict; one that was met and did not stay so says that.
 */
export async function runChecks(
  checks: readonly Check[],
  context: VerifyContext,
  options: RunChecksOptions,
): Promise<CheckVerdict[]> {
  const deadline = Date.now() + options.withinMs
  let verdicts = await askAll(checks, context, options.library)
  while (!verdicts.every(isMet) && Date.now() < deadline) {
    await sleep(options.intervalMs ?? 500, context.signal)
    verdicts = await askAll(checks, context, options.library)
  }
  if (!verdicts.every(isMet) || options.stableForMs === 0) return verdicts
  const stableSince = Date.now()
  let unanswered = 0
  while (Date.now() - stableSince < options.stableForMs || unanswered > 0) {
    await sleep(options.intervalMs ?? 500, context.signal)
    verdicts = await askAll(checks, context, options.library)
    // a look that did not come about, for a lost connection, says nothing yet
    const isUnanswered = verdicts.every(({ status }) => status !== 'not-met') && !verdicts.every(isMet)
    unanswered = isUnanswered ? unanswered + 1 : 0
    if (verdicts.every(isMet) || (isUnanswered && unanswered < 3)) continue
    const heldMs = Date.now() - stableSince
    return verdicts.map((v) =>
      isMet(v) ? v : { ...v, because: `it was so, and no longer after ${(heldMs / 1000).toFixed(1)} s: ${v.because}` },
    )
  }
  return verdicts
}

/** Asks every check once, at the same time. */
export function askAll(
  checks: readonly Check[],
  context: VerifyContext,
  library: Readonly<Record<string, Verifier>>,
): Promise<CheckVerdict[]> {
  return Promise.all(checks.map((check) => ask(check, context, library)))
}

function isMet(verdict: Verdict): boolean {
  return verdict.status === 'met'
}

/** A check that breaks is not a check that failed: what it throws is "unknown". */
async function ask(
  check: Check,
  context: VerifyContext,
  library: Readonly<Record<string, Verifier>>,
): Promise<CheckVerdict> {
  const startedAt = Date.now()
  const { verifier, at } = check
  const found = library[verifier]
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(askWithinMs)])
  const verdict: Verdict = found
    ? await found
        .verify(check.params, { ...context, signal })
        .catch((error: unknown) => unknown(`could not be looked at: ${messageOf(error)}`))
    : unknown(`there is no verifier ${verifier}`)
  return { ...verdict, verifier, at, durationMs: Date.now() - startedAt }
}

/** How long one look may take: an API server that accepts connections and does not answer must not hold a trial up. */
const askWithinMs = 120_000
