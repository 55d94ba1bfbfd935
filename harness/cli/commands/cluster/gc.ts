import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson } from '../../output.ts'
import { allProviders } from '../../providers.ts'

export const gc: Command = defineCommand({
  summary: 'Removes what dead owners left behind: clusters, and half-made things in the cache.',
  flags: { json: jsonFlag },
  async run({ flags }) {
    const removed: string[] = []
    for (const provider of await allProviders()) removed.push(...(await provider.removeLeftovers()))
    if (flags.json) return printJson({ removed })
    print(removed.length > 0 ? removed.map((line) => `removed ${line}`).join('\n') : 'nothing was left behind')
  },
})
