import { defineCommand, type Command } from '../../define-command.ts'
import { runInteractively } from '../../../base/command.ts'
import { findCluster } from './find-cluster.ts'

export const shell: Command = defineCommand({
  summary: 'Opens a shell on a node, or runs one command there.',
  positionals: '[NAME] [COMMAND...]',
  flags: { node: { type: 'string', value: 'NODE', summary: 'which node; the control plane unless given' } },
  details:
    'kubectl is on the PATH there. A command with flags of its own goes after --: kubemend cluster shell demo -- ip -br address',
  async run({ flags, positionals }) {
    const [name, ...command] = positionals
    const cluster = await findCluster(name)
    const node = flags.node ?? cluster.spec.nodes[0]?.name ?? ''
    return runInteractively(cluster.shellCommand(node, command.length > 0 ? command : ['bash', '-l']))
  },
})
