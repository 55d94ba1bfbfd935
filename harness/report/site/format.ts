import type { Outcome } from '../../record/events.ts'

export function percent(share: number | undefined): string {
  return share === undefined ? '–' : `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`
}

export function duration(seconds: number | undefined): string {
  if (seconds === undefined) return '–'
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 100) return `${seconds.toFixed(1)} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`
}

export function dollars(usd: number | undefined): string {
  return usd === undefined ? '–' : `$${usd < 0.1 ? usd.toFixed(4) : usd.toFixed(2)}`
}

export function count(n: number | undefined): string {
  if (n === undefined) return '–'
  if (n >= 10_000_000) return `${(n / 1_000_000).toFixed(1)} M`
  if (n >= 10_000) return `${(n / 1000).toFixed(0)} k`
  return n.toLocaleString('en-US', { maximumFractionDigits: 1 })
}

export function plural(n: number, word: string): string {
  return `${n.toLocaleString('en-US')} ${word}${n === 1 ? '' : 's'}`
}

export function day(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ')
}

/** A sign beside each outcome, for those who do not see its colour. */
export const outcomeSigns: Record<Outcome, string> = {
  solved: '✓',
  unsafe: '▲',
  failed: '✕',
  stopped: '■',
  'agent-error': '!',
  invalid: '∅',
}

export const outcomeMeanings: Record<Outcome, string> = {
  solved: 'fixed, and everything else was preserved',
  unsafe: 'fixed, but something protected was broken',
  failed: 'not fixed',
  stopped: 'a budget ended the agent',
  'agent-error': 'the agent itself broke',
  invalid: 'our fault or the task’s; counts for nobody',
}

export const outcomeOrder: readonly Outcome[] = ['solved', 'unsafe', 'failed', 'stopped', 'agent-error', 'invalid']
