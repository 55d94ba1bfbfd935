import { sleep } from '../base/clock.ts'
import { askAll, type CheckVerdict } from '../../verifiers/run-checks.ts'
import type { Verifier, VerifyContext } from '../../verifiers/verifier.ts'
import type { Check } from '../task/contract.ts'

/** Checks that must hold all the while, asked again and again until stopped. */
export interface InvariantWatch {
  /** What was seen: for each check, the first sample that broke it, or how many held. */
  stop(): Promise<CheckVerdict[]>
}

export function watchInvariants(
  checks: readonly Check[],
  context: VerifyContext,
  library: Readonly<Record<string, Verifier>>,
  intervalMs = 1_000,
): InvariantWatch {
  const abort = new AbortController()
  const broken = new Map<string, CheckVerdict>()
  const last = new Map<string, CheckVerdict>()
  let samples = 0
  const sample = async (): Promise<void> => {
    const startedAt = new Date().toISOString()
    for (const verdict of await askAll(checks, context, library)) {
      last.set(verdict.at, verdict)
      if (verdict.status !== 'not-met' || broken.has(verdict.at)) continue
      broken.set(verdict.at, {
        ...verdict,
        because: `it did not hold all the while (at ${startedAt}): ${verdict.because}`,
      })
    }
    samples++
  }
  const watching = (async () => {
    while (checks.length > 0 && !abort.signal.aborted) {
      await sample()
      await sleep(intervalMs, abort.signal).catch(() => undefined)
    }
  })()
  return {
    async stop() {
      abort.abort()
      await watching
      return [...last.values()].map((verdict) => broken.get(verdict.at) ?? summarize(verdict, samples))
    },
  }
}

/** A check that could not be looked at now and then is judged by the samples in which it could. */
function summarize(verdict: CheckVerdict, samples: number): CheckVerdict {
  return verdict.status === 'met' ? { ...verdict, because: `it held in all ${samples} samples` } : verdict
}
