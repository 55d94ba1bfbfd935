import { sleep } from '../../base/clock.ts'

/** Asks until an answer is good or time is up, more and more slowly; answers what was said last. */
export async function poll<T>(
  ask: () => Promise<T>,
  isGood: (answer: T) => boolean,
  options: { withinMs: number; signal: AbortSignal },
): Promise<T> {
  const deadline = Date.now() + options.withinMs
  for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 2, 500)) {
    const answer = await ask()
    if (isGood(answer) || Date.now() > deadline) return answer
    await sleep(pauseMs, options.signal)
  }
}
