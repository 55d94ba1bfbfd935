import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson, table } from '../../output.ts'
import { listAllClusters } from './find-cluster.ts'

export const list: Command = defineCommand({
  summary: 'Lists the clusters of this machine.',
  flags: { json: jsonFlag },
  async run({ flags }) {
    const clusters = await listAllClusters()
    if (flags.json) return printJson({ clusters })
    if (clusters.length === 0) return print('no clusters')
    const rows = clusters.map((c) => [
      c.name,
      c.provider,
      c.kubernetes,
      String(c.nodes.length),
      c.state,
      c.owner,
      c.createdAt,
    ])
    print(table(['NAME', 'PROVIDER', 'KUBERNETES', 'NODES', 'STATE', 'OWNER', 'CREATED'], rows))
  },
})
