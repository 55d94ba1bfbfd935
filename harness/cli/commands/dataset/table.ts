import type { CommandTable } from '../../define-command.ts'

export const datasetCommands: CommandTable = {
  digest: {
    summary: 'write the digest of every task into dataset.toml',
    load: async () => (await import('./digest.ts')).digest,
  },
}
