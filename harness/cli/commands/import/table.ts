import type { CommandTable } from '../../define-command.ts'

export const importCommands: CommandTable = {
  'k8s-ai-bench': {
    summary: 'a task folder of k8s-ai-bench: setup.sh, verify.sh, task.yaml',
    load: async () => (await import('./k8s-ai-bench.ts')).k8sAiBench,
  },
  namespace: {
    summary: 'what is in a namespace of a real cluster, scrubbed',
    load: async () => (await import('./namespace.ts')).namespace,
  },
}
