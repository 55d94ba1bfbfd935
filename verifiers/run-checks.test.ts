import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Check } from '../harness/task/contract.ts'
import { askAll, runChecks, type CheckVerdict } from './run-checks.ts'
import { SampleCluster } from './sample-cluster.ts'
import { defineVerifier, met, notMet, unknown, type Verdict, type Verifier, type VerifyContext } from './verifier.ts'

const soon = { withinMs: 2_000, stableForMs: 0, intervalMs: 5 }

describe('runChecks', () => {
  it('asks again until all are met together', async () => {
    const verdicts = await run({ a: [met('a')], b: [notMet('b'), unknown('b'), met('b at last')] }, soon)
    expect(verdicts.map(print)).toEqual(['met a', 'met b at last'])
  })

  it('gives what was said last when time is up', async () => {
    const verdicts = await run({ a: [met('a')], b: [notMet('first'), notMet('last')] }, { ...soon, withinMs: 40 })
    expect(verdicts.map(print)).toEqual(['met a', 'not-met last'])
  })

  it('looks once at least, whatever the deadline', async () => {
    expect((await run({ a: [met('a')] }, { ...soon, withinMs: 0 })).map(print)).toEqual(['met a'])
  })

  it('is not met by what does not stay so', async () => {
    const verdicts = await run(
      { a: [met('a'), met('a'), notMet('gone')], b: [met('b')] },
      { ...soon, stableForMs: 1_000 },
    )
    expect(print(verdicts[0])).toMatch(/^not-met it was so, and no longer after 0\.\d s: gone$/)
    expect(print(verdicts[1])).toBe('met b')
  })

  it('asks again about what could not be looked at, and says so when that goes on', async () => {
    const lost = unknown('the connection was lost')
    const once = await run({ a: [met('a'), met('a'), lost, met('a')] }, { ...soon, stableForMs: 30 })
    expect(once.map(print)).toEqual(['met a'])
    const forGood = await run({ a: [met('a'), met('a'), lost] }, { ...soon, stableForMs: 30 })
    expect(print(forGood[0])).toMatch(/^unknown .*the connection was lost$/)
  })

  it('is met by what stays so for the whole window', async () => {
    const startedAt = Date.now()
    const verdicts = await run({ a: [met('a')] }, { ...soon, stableForMs: 60 })
    expect(verdicts.map(print)).toEqual(['met a'])
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(60)
  })

  it('ends at once when it is aborted', async () => {
    const abort = new AbortController()
    setTimeout(() => abort.abort(new Error('interrupted')), 20)
    await expect(run({ a: [notMet('a')] }, { ...soon, withinMs: 60_000 }, { signal: abort.signal })).rejects.toThrow(
      'interrupted',
    )
  })
})

describe('askAll', () => {
  it('takes a check that breaks for unknown, and tells where it stands', async () => {
    await using cluster = await SampleCluster.open()
    const library = { a: verifier([]), b: { ...verifier([]), verify: () => Promise.reject(new Error('no route')) } }
    const verdicts = await askAll([check('b'), check('c')], cluster.context, library)
    expect(verdicts.map(print)).toEqual(['unknown could not be looked at: no route', 'unknown there is no verifier c'])
    expect(verdicts[0]).toMatchObject({ verifier: 'b', at: 'outcome[b]' })
  })
})

/** Runs checks that say their verdicts one after the other, and then the last one for ever. */
async function run(
  sayings: Record<string, Verdict[]>,
  options: { withinMs: number; stableForMs: number; intervalMs: number },
  context: Partial<VerifyContext> = {},
): Promise<CheckVerdict[]> {
  await using cluster = await SampleCluster.open()
  const library = Object.fromEntries(Object.entries(sayings).map(([name, verdicts]) => [name, verifier(verdicts)]))
  return runChecks(Object.keys(sayings).map(check), { ...cluster.context, ...context }, { ...options, library })
}

function verifier(verdicts: Verdict[]): Verifier {
  const left = [...verdicts]
  return defineVerifier({
    name: 'says',
    summary: 'Says what it is told.',
    params: z.strictObject({}),
    example: 'says: {}',
    verify: async () => (left.length > 1 ? left.shift() : left[0]) ?? unknown('nothing to say'),
  })
}

function check(name: string): Check {
  return { verifier: name, params: {}, at: `outcome[${name}]` }
}

function print(verdict: Verdict | undefined): string {
  return `${verdict?.status} ${verdict?.because}`
}
