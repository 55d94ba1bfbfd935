import { verifiers } from '../../../../verifiers/library.ts'
import { pinDataset } from '../../../task/pin-dataset.ts'
import { showPath } from '../../../task/problem.ts'
import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson, say } from '../../output.ts'

export const digest: Command = defineCommand({
  summary:
    'Writes the digest of every task of a folder into its dataset.toml, so that results say exactly which task it was.',
  positionals: 'DIR',
  flags: {
    check: { type: 'boolean', summary: 'write nothing; exit code 1 when dataset.toml is not current' },
    json: jsonFlag,
  },
  async run({ flags, positionals: [dir = ''] }) {
    const { file, isCurrent, tasks, changes } = await pinDataset(dir, { isDryRun: flags.check, verifiers })
    if (flags.json) printJson({ file: showPath(file), isCurrent, tasks, changes })
    else for (const { name, digest: value } of tasks) print(`${value}  ${name}`)
    for (const change of changes) say(change)
    if (!isCurrent) say(`${showPath(file)} ${flags.check ? 'is not current' : 'written'}`)
    return flags.check && !isCurrent ? 1 : 0
  },
})
