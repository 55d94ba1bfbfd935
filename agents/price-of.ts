import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { InputError } from '../harness/base/errors.ts'
import { packageRoot } from '../harness/base/package-root.ts'
import { checkAgainst } from '../harness/base/schema-problems.ts'
import type { Usage } from '../harness/record/events.ts'

const rate = z.number().nonnegative()
const rates = z.strictObject({
  input: rate,
  output: rate,
  /** Without it, cached tokens cost as much as others. */
  cacheRead: rate.optional(),
  cacheWrite: rate.optional(),
})

/** A price file: ours is `agents/prices.json`. */
const priceFileSchema = z.strictObject({
  unit: z.string().optional(),
  note: z.string().optional(),
  models: z.record(
    z.string(),
    rates.extend({
      /** Other rates for the whole of a request with more input tokens than these, the shorter requests first. */
      above: z.array(rates.extend({ tokens: z.number().int().positive() })).optional(),
      /** Beyond these the price is not known. */
      upToTokens: z.number().int().positive().optional(),
      source: z.string().min(1),
      date: z.iso.date(),
    }),
  ),
})
type Prices = z.infer<typeof priceFileSchema>['models']

/** What an answer of a model costs; undefined where the price is not known, which is not the same as nothing. */
export type PriceOf = (model: string, usage: Usage) => number | undefined

/** Reads the price file, and one of the user's whose prices count before ours. */
export async function loadPrices(file?: string): Promise<PriceOf> {
  const own = await readPrices(path.join(packageRoot, 'agents', 'prices.json'))
  const prices = file === undefined ? own : { ...own, ...(await readPrices(file)) }
  return (model, usage) => priceOf(prices, model, usage)
}

async function readPrices(file: string): Promise<Prices> {
  const read = async (): Promise<unknown> => JSON.parse(await readFile(file, 'utf8')) as unknown
  const document = await read().catch((error: unknown) => {
    throw new InputError([`${file}: expected a price file in JSON: ${String(error)}`], { cause: error })
  })
  const { value, problems } = checkAgainst(priceFileSchema, document)
  if (problems) throw new InputError(problems.map((problem) => `${file}: ${problem.path}: ${problem.message}`))
  return value.models
}

function priceOf(prices: Prices, model: string, usage: Usage): number | undefined {
  const price = prices[model] ?? prices[withoutDate(model)]
  const { inputTokens, outputTokens, cachedTokens = 0, cacheWriteTokens = 0 } = usage
  if (price === undefined || inputTokens === undefined || outputTokens === undefined) return undefined
  if (inputTokens > (price.upToTokens ?? Infinity)) return undefined
  const { input, output, cacheRead, cacheWrite } = price.above?.findLast(({ tokens }) => inputTokens > tokens) ?? price
  const fresh = Math.max(0, inputTokens - cachedTokens - cacheWriteTokens)
  const usd =
    fresh * input +
    cachedTokens * (cacheRead ?? input) +
    cacheWriteTokens * (cacheWrite ?? input) +
    outputTokens * output
  return usd / 1_000_000
}

/** Providers name a model's edition by its date: `claude-sonnet-5-20260601`, `gpt-6-sol-2026-09-22`. */
function withoutDate(model: string): string {
  return model.replace(/-(\d{8}|\d{4}-\d{2}-\d{2})$/, '')
}
