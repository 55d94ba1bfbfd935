import { startTimer } from '../../../base/clock.ts'
import { InputError } from '../../../base/errors.ts'
import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson, say } from '../../output.ts'
import { allProviders } from '../../providers.ts'

export const restore: Command = defineCommand({
  summary: 'Brings a snapshot back as a new cluster.',
  positionals: 'KEY [NAME]',
  flags: { json: jsonFlag },
  async run({ flags, positionals }) {
    const elapsed = startTimer()
    const [key, name] = positionals as [string, string | undefined]
    for (const provider of await allProviders()) {
      if (!(await provider.hasSnapshot(key))) continue
      const cluster = await provider.restore(key, name ?? key, {
        owner: 'nobody',
        onProgress: (line) => say(`${(elapsed() / 1000).toFixed(1).padStart(6)} s  ${line}`),
      })
      const readyMs = Math.round(elapsed())
      if (flags.json) return printJson({ name: cluster.name, key, kubeconfig: cluster.kubeconfig, readyMs })
      print(`cluster ${cluster.name} is up after ${(readyMs / 1000).toFixed(1)} s`)
      return print(`  export KUBECONFIG=${cluster.kubeconfig}`)
    }
    throw new InputError([`there is no snapshot ${key}`])
  },
})
