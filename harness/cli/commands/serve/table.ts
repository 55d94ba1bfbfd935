import type { CommandTable } from '../../define-command.ts'

export const serveCommands: CommandTable = {
  open: {
    summary: 'break a cluster for an agent that runs elsewhere, and lead it to the gateway',
    load: async () => (await import('./open.ts')).open,
  },
  close: {
    summary: 'say that the agent is done, and wait for the verdict',
    load: async () => (await import('./close.ts')).close,
  },
}
