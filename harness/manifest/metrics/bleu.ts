import { splitWords } from './python-text.ts'

const orders = [1, 2, 3, 4] as const

/**
 * BLEU over the words of one answer and one reference: orders 1 to 4 with equal weight, a brevity penalty, and an order
 * without any match smoothed to 1/2, 1/4, ... of its smallest step (NLTK's method 3). 0 below four words.
 */
export function bleu(answer: string, reference: string): number {
  const words = splitWords(answer)
  const expected = splitWords(reference)
  if (expected.length < 4 || words.length < 4) return 0
  const matches = orders.map((order) => countMatches(words, expected, order))
  if (matches[0] === 0) return 0
  let halvings = 0
  const logs = orders.map((order, i) => {
    const total = words.length - order + 1
    const matched = matches[i] ?? 0
    return Math.log(matched > 0 ? matched / total : 1 / (2 ** ++halvings * total)) / orders.length
  })
  const brevity = words.length > expected.length ? 1 : Math.exp(1 - expected.length / words.length)
  return brevity * Math.exp(logs.reduce((sum, log) => sum + log, 0))
}

/** How many of the answer's runs of words the reference has too, each of its own counted once. */
function countMatches(words: readonly string[], expected: readonly string[], order: number): number {
  const left = countRuns(expected, order)
  let matched = 0
  for (const run of runsOf(words, order)) {
    const rest = left.get(run) ?? 0
    if (rest === 0) continue
    left.set(run, rest - 1)
    matched++
  }
  return matched
}

function countRuns(words: readonly string[], order: number): Map<string, number> {
  const counts = new Map<string, number>()
  for (const run of runsOf(words, order)) counts.set(run, (counts.get(run) ?? 0) + 1)
  return counts
}

/** Words hold no spaces, so a run joined by spaces is unmistakable. */
function* runsOf(words: readonly string[], order: number): Generator<string> {
  for (let i = 0; i + order <= words.length; i++) yield words.slice(i, i + order).join(' ')
}
