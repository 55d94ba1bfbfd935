import type { CommandTable } from '../../define-command.ts'

/** `kubemend cluster ...` */
export const clusterCommands: CommandTable = {
  up: { summary: 'bring a cluster up and leave it running', load: async () => (await import('./up.ts')).up },
  list: { summary: 'the clusters of this machine', load: async () => (await import('./list.ts')).list },
  kubeconfig: {
    summary: "where a cluster's admin kubeconfig is",
    load: async () => (await import('./kubeconfig.ts')).kubeconfig,
  },
  shell: { summary: 'a shell on a node, or one command there', load: async () => (await import('./shell.ts')).shell },
  snapshot: { summary: 'stop a cluster into the cache', load: async () => (await import('./snapshot.ts')).snapshot },
  restore: {
    summary: 'bring a snapshot back, as often as wanted',
    load: async () => (await import('./restore.ts')).restore,
  },
  smoke: { summary: 'check that a cluster is conformant', load: async () => (await import('./smoke.ts')).smoke },
  down: { summary: 'take clusters down', load: async () => (await import('./down.ts')).down },
  gc: { summary: 'remove what dead owners left behind', load: async () => (await import('./gc.ts')).gc },
}
