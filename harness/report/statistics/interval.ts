/** Where a quantity lies with 95 % confidence. */
export interface Interval {
  low: number
  high: number
}

/** The 97.5 % point of the normal distribution. */
export const z95 = 1.959963984540054

/** Wilson's score interval for a share of `n` draws; n need not be whole. */
export function wilsonInterval(share: number, n: number, z: number = z95): Interval {
  if (n <= 0) return { low: 0, high: 1 }
  const middle = share + (z * z) / (2 * n)
  const half = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n))
  const below = 1 + (z * z) / n
  return { low: clamp((middle - half) / below), high: clamp((middle + half) / below) }
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share))
}
