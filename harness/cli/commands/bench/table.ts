import type { CommandTable } from '../../define-command.ts'

/** `kubemend bench ...` */
export const benchCommands: CommandTable = {
  cluster: {
    summary: 'how fast clusters start, restore and end, and what they take',
    load: async () => (await import('./cluster.ts')).cluster,
  },
  report: {
    summary: 'how long the site of many made-up trials takes, and what its first page weighs',
    load: async () => (await import('./report.ts')).report,
  },
  trial: {
    summary: 'what a trial of a prepared task costs before its agent can act',
    load: async () => (await import('./trial.ts')).trial,
  },
}
