import type { Agent } from '../agent.ts'

/** Does nothing. A task that it solves is not a task. */
export function createNop(): Agent {
  return {
    name: 'nop',
    version: '1',
    usesModel: false,
    answer: () => Promise.resolve({ reason: 'finished' }),
    run: () => Promise.resolve({ reason: 'finished' }),
  }
}
