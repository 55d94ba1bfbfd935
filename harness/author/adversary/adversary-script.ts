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

/** One script that tries what several adversaries may not do, and says of each what came of it. */
export function scriptOfForbidden(adversaries: readonly Adversary[]): string {
  const tries = adversaries.flatMap(({ name, means, harm }) => [
    `# ${means}`,
    '(',
    'set -e',
    harm,
    ') >/tmp/said 2>&1',
    `echo "${marker} ${name} $? $(tr '\\n' ' ' </tmp/said | tail -c 300)"`,
  ])
  return ['#!/bin/bash', 'set -uo pipefail', ...tries, 'exit 0', ''].join('\n')
}

/** What the script of forbidden harm said of each adversary. */
export function readTries(output: string): Map<string, { exitCode: number; said: string }> {
  const tries = output.split('\n').flatMap((line) => {
    const [, name, code, said] = tryLine.exec(line) ?? []
    return name === undefined ? [] : [[name, { exitCode: Number(code), said: (said ?? '').trim() }] as const]
  })
  return new Map(tries)
}

const marker = 'kubemend-probe'
const tryLine = new RegExp(`^${marker} (\\S+) (\\d+) ?(.*)$`)

/** Whether words of kubectl tell that the API server said no, and not that the request was nonsense. */
export function isRefusal(said: string): boolean {
  return /forbidden|denied|not allowed|is invalid|immutable|exceeded quota/i.test(said)
}
