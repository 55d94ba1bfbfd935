import path from 'node:path'
import { importBenchTask, type ImportedTask } from '../../../author/import/bench-task.ts'
import { InputError } from '../../../base/errors.ts'
import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { printJson, say } from '../../output.ts'
import { printImported, writeImported, type Written } from './write-imported.ts'

export const k8sAiBench: Command = defineCommand({
  summary: 'Makes task skeletons of task folders of k8s-ai-bench.',
  positionals: 'FOLDER...',
  flags: {
    out: { type: 'string', value: 'DIR', default: '.', summary: 'where the tasks go, each under its own name' },
    json: jsonFlag,
  },
  details: `What asks for words in an answer, and not for a repair, is left out and named. Exit code 1 when one was. Example:

  kubemend import k8s-ai-bench k8s-ai-bench/tasks/* --out tasks/imported`,
  async run({ flags, positionals }) {
    const imported: Written[] = []
    const refused: string[] = []
    for (const folder of positionals) {
      const read = await importBenchTask(path.resolve(folder)).catch((error: unknown): ImportedTask | undefined => {
        if (!(error instanceof InputError)) throw error
        refused.push(...error.problems)
        return undefined
      })
      if (read) imported.push(await writeImported(path.resolve(flags.out, path.basename(folder)), read))
    }
    if (imported.length === 0) throw new InputError(refused)
    if (flags.json) printJson({ tasks: imported, refused })
    else for (const one of imported) printImported(one)
    for (const because of refused) say(`left out: ${because}`)
    return refused.length > 0 ? 1 : 0
  },
})
