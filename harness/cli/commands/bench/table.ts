import type { CommandTable } from '../../define-command.ts'

/** `kubemend bench ...` */
export const benchCommands: CommandTable = {
  cluster: {
    summary: 'how fast clusters start, restore and end, and what they take',
    load: async () => (await import('./cluster.ts')).cluster,
  },
  trial: {
    summary: 'what a trial of a prepared task costs before its agent can act',
    load: async () => (await import('./trial.ts')).trial,
  },
}
