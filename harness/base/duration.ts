/** Reads a duration as people and Kubernetes write it (`500ms`, `10s`, `1m30s`, `2h`); undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text) return undefined
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit ?? ''] ?? 0), 0)
}

/** Writes a duration so that `parseDuration` reads it back, to the millisecond. */
export function formatDuration(ms: number): string {
  const whole = Math.round(ms)
  if (whole === 0) return '0s'
  const parts = [
    [Math.floor(whole / 3_600_000), 'h'],
    [Math.floor(whole / 60_000) % 60, 'm'],
    [Math.floor(whole / 1000) % 60, 's'],
    [whole % 1000, 'ms'],
  ] as const
  return parts.map(([amount, unit]) => (amount > 0 ? `${amount}${unit}` : '')).join('')
}

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
