import type { KubectlCommand } from './parse-kubectl.ts'

/** Whether a command answers at once, watches without end, or waits for something to happen. */
export type CommandPace = 'call' | 'follow' | 'wait'

export function paceOf(command: KubectlCommand): CommandPace {
  const isOn = (name: string): boolean =>
    command.flags.some(
      (flag) => flag.name === name && !['false', '0', 'f', 'F', 'FALSE', 'False'].includes(flag.value ?? ''),
    )
  if (['get', 'events'].includes(command.path) && (isOn('watch') || isOn('watch-only'))) return 'follow'
  if (command.path === 'logs' && isOn('follow')) return 'follow'
  if (command.path === 'attach') return 'follow'
  return waiting.has(command.path) ? 'wait' : 'call'
}

const waiting = new Set(['apply', 'debug', 'delete', 'drain', 'exec', 'replace', 'rollout status', 'run', 'wait'])
