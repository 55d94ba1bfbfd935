import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { goldenCases } from './golden-cases.ts'
import { measureText } from './text-metrics.ts'

test('every metric is what the published implementation gives', async () => {
  const file = new URL('golden-values.json', import.meta.url)
  const golden = JSON.parse(await readFile(file, 'utf8')) as (number | boolean)[][]
  const cases = goldenCases()
  expect(golden).toHaveLength(cases.length)
  for (const [i, [answer, reference]] of cases.entries()) {
    const { bleu, edit, exact, kvExact, kvWildcard } = measureText(answer, reference)
    const differences = [bleu, edit, exact, kvExact, kvWildcard].map((value, k) =>
      Math.abs(value - Number(golden[i]?.[k])),
    )
    expect(Math.max(...differences), `case ${i}: ${JSON.stringify(answer.slice(0, 200))}`).toBeLessThan(1e-9)
  }
})

test('a whole benchmark of 1,011 answers is scored in seconds', () => {
  const cases = goldenCases()
  const startedAt = process.cpuUsage()
  for (let i = 0; i < 1011; i++) {
    const [answer, reference] = cases[i % cases.length] ?? ['', '']
    measureText(answer, reference)
  }
  // 3 s is the promise on a quiet machine; CPU time is what a loaded one does not change much
  expect(process.cpuUsage(startedAt).user / 1e6).toBeLessThan(6)
})

test('an answer that expands without end scores 0 and is no exception', () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
  for (let i = 1; i < 9; i++) {
    const before = String.fromCodePoint(96 + i)
    const name = String.fromCodePoint(97 + i)
    bomb.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(', ')}]`)
  }
  expect(measureText(bomb.join('\n'), 'a: 1\nb: 2').kvWildcard).toBe(0)
})
