import type { CommandTable } from '../../define-command.ts'

/** `kubemend image ...` */
export const imageCommands: CommandTable = {
  'kind-node': {
    summary: 'make a node image for kind, where kindest/node cannot be pulled',
    load: async () => (await import('./kind-node.ts')).kindNode,
  },
}
