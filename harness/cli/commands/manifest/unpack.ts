import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { packageRoot } from '../../../base/package-root.ts'
import { InputError } from '../../../base/errors.ts'
import { readCompactTasks, unpackTask } from '../../../task/compact-dataset.ts'
import { defineCommand, type Command } from '../../define-command.ts'
import { say } from '../../output.ts'

export const unpack: Command = defineCommand({
  summary: 'Writes tasks of the compact dataset as folders, to read or to change them.',
  positionals: 'DIR',
  flags: { name: { type: 'string', isMultiple: true, value: 'GLOB', summary: 'only tasks of such a name' } },
  async run({ flags, positionals: [dir = ''] }) {
    const content = await readCompactTasks(path.join(packageRoot, 'tasks', 'manifests'))
    const all = [...(content?.tasks.values() ?? [])].map(({ task }) => task)
    const chosen = all.filter(
      ({ name }) => flags.name.length === 0 || flags.name.some((glob) => path.matchesGlob(name, glob)),
    )
    if (chosen.length === 0) throw new InputError(['no task is selected'])
    for (const task of chosen) {
      for (const [file, text] of unpackTask(task)) {
        const place = path.join(dir, task.name, file)
        await mkdir(path.dirname(place), { recursive: true })
        await writeFile(place, text)
      }
    }
    say(`${chosen.length} tasks written below ${dir}`)
  },
})
