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

function logChoose(n: number, k: number): number {
  let log = 0
  for (let i = 1; i <= k; i++) log += Math.log((n - k + i) / i)
  return log
}
