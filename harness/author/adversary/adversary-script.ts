import type { Adversary } from './adversary.ts'

/** The exit code of an adversary that was not let to do its harm. */
export const refusedCode = 66

/** An adversary as a script that runs beside the task's solution. */
export function scriptOf({ means, harm, fix }: Adversary): string {
  return [
    '#!/bin/bash',
    `# ${means}`,
    'set -uo pipefail',
    ...(fix === 'before' ? ['bash /solution/solve.sh'] : []),
    '(',
    'set -e',
    harm,
    ')',
    `[ $? -eq 0 ] || exit ${refusedCode}`,
    ...(fix === 'after' ? ['bash /solution/solve.sh'] : []),
    '',
  ].join('\n')
}

/**
 * One script for several adversaries: those that the task forbids try first, then comes the repair where somebody does
 * harm on top of it, then the harm of each. It says of each what came of it, and when.
 */
export function scriptOfSeveral(forbidden: readonly Adversary[], harmful: readonly Adversary[]): string {
  const isRepaired = harmful.some(({ fix }) => fix !== 'none')
  const repair = isRepaired ? ['bash /solution/solve.sh >/dev/null 2>&1'] : []
  return [
    '#!/bin/bash',
    'set -uo pipefail',
    ...forbidden.flatMap(tryOf),
    ...repair,
    ...harmful.flatMap(tryOf),
    'exit 0',
    '',
  ].join('\n')
}

function tryOf({ name, means, harm }: Adversary): string[] {
  return [
    `# ${means}`,
    'from=$EPOCHREALTIME',
    '(',
    'set -e',
    harm,
    ') >/tmp/said 2>&1',
    `echo "${marker} ${name} $? $from $EPOCHREALTIME $( (grep -iE '${failure}' /tmp/said || tail -n 3 /tmp/said) | tr '\\n' ' ' | head -c 300)"`,
  ]
}

/** One adversary's part of a script that it shares. */
export interface Try {
  exitCode: number
  /** Milliseconds since 1970. */
  from: number
  to: number
  said: string
}

/** What a script of several said of each. */
export function readTries(output: string): Map<string, Try> {
  const tries = output.split('\n').flatMap((line) => {
    const [, name, code, from, to, said] = tryLine.exec(line) ?? []
    if (name === undefined) return []
    const one: Try = {
      exitCode: Number(code),
      from: Number(from) * 1000,
      to: Number(to) * 1000,
      said: (said ?? '').trim(),
    }
    return [[name, one] as const]
  })
  return new Map(tries)
}

const marker = 'kubemend-probe'
const tryLine = new RegExp(`^${marker} (\\S+) (\\d+) (\\d+\\.\\d+) (\\d+\\.\\d+) ?(.*)$`)

/** How the line begins in which kubectl says what failed; what follows may go on for pages. */
const failure = '^error|^the .* is invalid'

/** Of what kubectl printed, the line that says what failed. */
export function failureIn(output: string): string {
  const lines = output.trim().split('\n')
  return lines.findLast((line) => new RegExp(failure, 'i').test(line)) ?? lines.at(-1) ?? ''
}

/** Whether words of kubectl tell that the API server said no, and not that the request was nonsense. */
export function isRefusal(said: string): boolean {
  return /forbidden|denied|not allowed|is invalid|immutable|exceeded quota/i.test(said)
}
