import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { cliNames } from './cli/cli-names.ts'
import { cliDefinitions } from './cli/definitions.ts'
import { loadPrices } from './price-of.ts'

async function priceFile(content: unknown): Promise<string> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'prices-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const file = path.join(dir, 'prices.json')
  await writeFile(file, JSON.stringify(content))
  return file
}

it('charges fresh, cached and written input and output each at its own rate', async () => {
  const priceOf = await loadPrices()
  const usage = { inputTokens: 10_000, cachedTokens: 6_000, cacheWriteTokens: 1_000, outputTokens: 500 }
  // 3000 at $2, 6000 at $0.1, 1000 at $2.5, 500 at $10 for a million each
  expect(priceOf('anthropic/claude-sonnet-5-5', usage)).toBeCloseTo(0.0141, 10)
  expect(priceOf('anthropic/claude-sonnet-5-5-20260928', usage)).toBeCloseTo(0.0141, 10)
})

it('knows what it does not know: other models, missing figures, requests beyond its price', async () => {
  const priceOf = await loadPrices()
  expect(priceOf('local/llama', { inputTokens: 1, outputTokens: 1 })).toBeUndefined()
  expect(priceOf('openai/gpt-6-sol', { inputTokens: 1 })).toBeUndefined()
  expect(priceOf('openai/gpt-5.4', { inputTokens: 300_000, outputTokens: 1 })).toBeUndefined()
})

it('charges long requests at their rate where that is known', async () => {
  const priceOf = await loadPrices()
  expect(priceOf('anthropic/claude-haiku-5-5', { inputTokens: 100_000, outputTokens: 0 })).toBeCloseTo(0.01, 10)
  expect(priceOf('anthropic/claude-haiku-5-5', { inputTokens: 200_000, outputTokens: 0 })).toBeCloseTo(0.1, 10)
  const coder = [32_000, 100_000, 200_000, 300_000].map((inputTokens) =>
    priceOf('qwen/qwen3-coder-plus', { inputTokens, outputTokens: 0 }),
  )
  expect(coder).toEqual([0.032, 0.18, 0.6, 1.8])
})

it('knows the price of what each program asks for when nobody named a model', async () => {
  const priceOf = await loadPrices()
  const priced = Object.values(cliDefinitions).filter(
    ({ api, defaultModel = '' }) =>
      priceOf(`${api.provider}/${defaultModel}`, { inputTokens: 1, outputTokens: 1 }) !== undefined,
  )
  const unpriced = cliNames.filter((name) => !priced.some((one) => one.name === name))
  // Cursor's own service decides, and a program of one's own asks for what it likes
  expect(unpriced).toEqual(['cursor', 'command'])
})

it("lets the user's prices count before ours, and refuses a file with a typo", async () => {
  const price = { input: 1, output: 1, source: 'our contract', date: '2026-11-01' }
  const priceOf = await loadPrices(await priceFile({ models: { 'local/llama': price, 'openai/gpt-6-sol': price } }))
  expect(priceOf('local/llama', { inputTokens: 500_000, outputTokens: 500_000 })).toBe(1)
  expect(priceOf('openai/gpt-6-sol', { inputTokens: 500_000, outputTokens: 500_000 })).toBe(1)
  await expect(loadPrices(await priceFile({ models: { x: { ...price, ouput: 3 } } }))).rejects.toThrow(/ouput/)
  await expect(loadPrices(await priceFile({ models: { x: { input: 1, output: 1 } } }))).rejects.toThrow(
    /source[\s\S]*date/,
  )
})
