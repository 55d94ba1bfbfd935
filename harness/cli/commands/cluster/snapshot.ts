import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson } from '../../output.ts'
import { findCluster } from './find-cluster.ts'

export const snapshot: Command = defineCommand({
  summary: 'Stops a cluster into the cache under a key; the cluster itself is gone then.',
  positionals: 'NAME KEY',
  flags: { json: jsonFlag },
  async run({ flags, positionals }) {
    const [name, key] = positionals as [string, string]
    const cluster = await findCluster(name)
    await cluster.snapshot(key)
    await cluster.destroy()
    if (flags.json) printJson({ name, key })
    else print(`cluster ${name} is kept as ${key}: kubemend cluster restore ${key}`)
  },
})
