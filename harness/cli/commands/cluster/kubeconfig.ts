import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson } from '../../output.ts'
import { findCluster } from './find-cluster.ts'

export const kubeconfig: Command = defineCommand({
  summary: "Prints where a cluster's admin kubeconfig is.",
  positionals: '[NAME]',
  flags: { json: jsonFlag },
  async run({ flags, positionals }) {
    const cluster = await findCluster(positionals[0])
    if (flags.json) printJson({ name: cluster.name, kubeconfig: cluster.kubeconfig })
    else print(cluster.kubeconfig)
  },
})
