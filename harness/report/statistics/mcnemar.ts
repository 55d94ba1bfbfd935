/**
 * The exact two-sided McNemar test: how likely a split at least this uneven is when each pair that disagrees is as likely
 * to favour the one as the other.
 */
export function mcnemarExact(onlyFirst: number, onlySecond: number): number {
  const pairs = onlyFirst + onlySecond
  if (pairs === 0) return 1
  const fewer = Math.min(onlyFirst, onlySecond)
  let tail = 0
  for (let i = 0; i <= fewer; i++) tail += Math.exp(logChoose(pairs, i) - pairs * Math.LN2)
  return Math.min(1, 2 * tail)
}

/** How large a split of the pairs that disagree is, whatever their number; undefined when none does. */
export interface PairedEffect {
  /** How many times as often the second succeeds where only one does; a half is added to both counts. */
  oddsRatio: number
  /** Cohen's g: how far the share of the one favoured more often lies above a half. From 0.05 small, 0.15 medium, 0.25 large. */
  g: number
}

export function pairedEffect(onlyFirst: number, onlySecond: number): PairedEffect | undefined {
  const pairs = onlyFirst + onlySecond
  if (pairs === 0) return undefined
  return { oddsRatio: (onlySecond + 0.5) / (onlyFirst + 0.5), g: Math.max(onlyFirst, onlySecond) / pairs - 0.5 }
}

function logChoose(n: number, k: number): number {
  let log = 0
  for (let i = 1; i <= k; i++) log += Math.log((n - k + i) / i)
  return log
}
