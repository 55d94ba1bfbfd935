import type { CommandTable } from '../../../define-command.ts'

export const importCommands: CommandTable = {
  cloudeval: {
    summary: "tasks of CloudEval-YAML's dataset layout",
    load: async () => (await import('./cloudeval.ts')).cloudeval,
  },
  jsonl: {
    summary: 'tasks of any JSONL of requests and references',
    load: async () => (await import('./jsonl.ts')).jsonl,
  },
}
