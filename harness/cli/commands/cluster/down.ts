import { InputError } from '../../../base/errors.ts'
import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson } from '../../output.ts'
import { findCluster, listAllClusters } from './find-cluster.ts'

export const down: Command = defineCommand({
  summary: 'Takes clusters down and returns when nothing of them is left.',
  positionals: '[NAME...]',
  flags: { all: { type: 'boolean', summary: 'every cluster that nobody else is using' }, json: jsonFlag },
  async run({ flags, positionals }) {
    if (positionals.length === 0 && !flags.all) throw new InputError(['expected NAME... or --all'])
    const names = flags.all
      ? (await listAllClusters()).filter((c) => c.owner !== 'another-process').map((c) => c.name)
      : positionals
    const clusters = await Promise.all(names.map((name) => findCluster(name)))
    for (const cluster of clusters) {
      await cluster.destroy()
      if (!flags.json) print(`cluster ${cluster.name} is gone`)
    }
    if (flags.json) printJson({ destroyed: names })
  },
})
