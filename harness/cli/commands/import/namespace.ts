import os from 'node:os'
import path from 'node:path'
import { importNamespace } from '../../../author/import/import-namespace.ts'
import { KubeClient } from '../../../base/kube-client.ts'
import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { printJson } from '../../output.ts'
import { printImported, writeImported } from './write-imported.ts'

export const namespace: Command = defineCommand({
  summary: 'Makes a task skeleton of what is in a namespace of a real cluster. It only reads.',
  positionals: 'NAMESPACE FOLDER',
  flags: {
    kubeconfig: { type: 'string', value: 'FILE', summary: 'the cluster [$KUBECONFIG, else ~/.kube/config]' },
    context: { type: 'string', value: 'NAME', summary: 'the context of the kubeconfig' },
    as: { type: 'string', value: 'NAME', summary: 'what the namespace is called in the task [as it is]' },
    json: jsonFlag,
  },
  details: `Values of Secrets, credentials, people, mail addresses, public addresses, host names and private registries become
stand-ins. Look through what was written before it leaves your machine: names of objects stay as they are. Example:

  kubemend import namespace checkout tasks/ours/checkout-hangs --context staging --as shop`,
  async run({ flags, positionals }) {
    const [name = '', folder = ''] = positionals
    const kubeconfig =
      flags.kubeconfig ?? process.env['KUBECONFIG']?.split(':')[0] ?? path.join(os.homedir(), '.kube', 'config')
    using client = await KubeClient.fromKubeconfig(kubeconfig, flags.context)
    const imported = await importNamespace(client, { namespace: name, as: flags.as ?? name })
    const written = await writeImported(path.resolve(folder), imported)
    if (flags.json) printJson(written)
    else printImported(written)
  },
})
