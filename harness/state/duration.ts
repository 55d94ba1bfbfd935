/** The one spelling of a Go duration: `60s` and `1m0s` become `1m`; other values stay as they are. */
export function canonicalDuration(value: unknown): unknown {
  const nanoseconds = typeof value === 'string' ? parseDuration(value) : undefined
  return nanoseconds === undefined ? value : printDuration(nanoseconds)
}

/** A Go duration in nanoseconds; undefined when it is not one. */
function parseDuration(text: string): bigint | undefined {
  const [, sign, parts] = /^([+-]?)((?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+|0)$/.exec(text) ?? []
  if (parts === undefined) return undefined
  let total = 0n
  for (const [, whole = '0', fraction = '', unit] of parts.matchAll(/(\d+)(?:\.(\d*))?(ns|us|µs|ms|s|m|h)/g)) {
    const scale = scales.find(([name]) => name === (unit === 'µs' ? 'us' : unit))?.[1] ?? 0n
    total += (BigInt(whole + fraction) * scale) / 10n ** BigInt(fraction.length)
  }
  return sign === '-' ? -total : total
}

function printDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s'
  let rest = nanoseconds < 0n ? -nanoseconds : nanoseconds
  let text = nanoseconds < 0n ? '-' : ''
  for (const [name, scale] of scales) {
    if (rest >= scale) text += `${rest / scale}${name}`
    rest %= scale
  }
  return text
}

const scales: [string, bigint][] = [
  ['h', 3_600_000_000_000n],
  ['m', 60_000_000_000n],
  ['s', 1_000_000_000n],
  ['ms', 1_000_000n],
  ['us', 1000n],
  ['ns', 1n],
]
