/** The one spelling of a Kubernetes quantity: `1000m` and `1` become `1`, `1024Mi` becomes `1Gi`; other values stay as they are. */
export function canonicalQuantity(value: unknown): unknown {
  const nano = parseQuantity(value)
  return nano === undefined ? value : printQuantity(nano)
}

/** A quantity in billionths, rounded up as Kubernetes does; undefined when it is not one. */
export function parseQuantity(value: unknown): bigint | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined
  const found = /^([+-]?)(\d*)(?:\.(\d*))?(?:(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE])|[eE]([+-]?\d{1,2}))?$/.exec(String(value))
  const [, sign, whole = '', fraction = '', suffix, exponent] = found ?? []
  if (found === null || whole + fraction === '') return undefined
  let numerator = BigInt(whole + fraction) * nanos
  let denominator = 10n ** BigInt(fraction.length)
  if (exponent !== undefined) {
    const power = Number(exponent)
    if (power < 0) denominator *= 10n ** BigInt(-power)
    else numerator *= 10n ** BigInt(power)
  } else if (suffix !== undefined) {
    const scale = suffixes.find(([name]) => name === suffix) as Suffix
    numerator *= scale[1]
    denominator *= scale[2]
  }
  const rounded = (numerator + denominator - 1n) / denominator
  return sign === '-' ? -rounded : rounded
}

function printQuantity(nano: bigint): string {
  if (nano === 0n) return '0'
  if (nano % nanos === 0n) {
    const whole = nano / nanos
    const suffix = wholeSuffixes.find(([, scale]) => whole % scale === 0n)
    return suffix === undefined ? String(whole) : `${whole / suffix[1]}${suffix[0]}`
  }
  if (nano % 1_000_000n === 0n) return `${nano / 1_000_000n}m`
  return nano % 1000n === 0n ? `${nano / 1000n}u` : `${nano}n`
}

type Suffix = readonly [name: string, numerator: bigint, denominator: bigint]

const nanos = 1_000_000_000n

/** Largest first, binary before decimal. */
const wholeSuffixes: Suffix[] = [
  ...['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki'].map((name, i): Suffix => [name, 1024n ** BigInt(6 - i), 1n]),
  ...['E', 'P', 'T', 'G', 'M', 'k'].map((name, i): Suffix => [name, 1000n ** BigInt(6 - i), 1n]),
]

const suffixes: Suffix[] = [
  ...wholeSuffixes,
  ...['m', 'u', 'n'].map((name, i): Suffix => [name, 1n, 1000n ** BigInt(i + 1)]),
]
