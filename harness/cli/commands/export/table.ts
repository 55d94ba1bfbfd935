import type { CommandTable } from '../../define-command.ts'

export const exportCommands: CommandTable = {
  trajectories: {
    summary: 'solved trials as training data or spans',
    load: async () => (await import('./trajectories.ts')).trajectories,
  },
  harbor: {
    summary: 'tasks as a dataset that stock Harbor runs',
    load: async () => (await import('./harbor.ts')).harbor,
  },
  trial: { summary: 'one trial as one HTML file', load: async () => (await import('./trial.ts')).trial },
}
