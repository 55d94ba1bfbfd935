import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { packageRoot } from '../../../base/package-root.ts'
import { generateDataset } from '../../../manifest/generate/generate-dataset.ts'
import { compactEnding } from '../../../task/compact-dataset.ts'
import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson, say } from '../../output.ts'

export const generate: Command = defineCommand({
  summary: 'Writes the generated manifest tasks: one file for each kind, one task a line; the same on every machine.',
  positionals: '[DIR]',
  flags: {
    check: { type: 'boolean', summary: 'write nothing; exit code 1 when a file is not what the generator makes' },
    json: jsonFlag,
  },
  async run({ flags, positionals: [dir = path.join(packageRoot, 'tasks', 'manifests')] }) {
    const byFile = Map.groupBy(generateDataset(), ({ category }) => path.join(dir, `${category}${compactEnding}`))
    await mkdir(dir, { recursive: true })
    const files: { file: string; tasks: number; isCurrent: boolean }[] = []
    for (const [file, tasks] of byFile) {
      const text = tasks.map((task) => `${JSON.stringify(task)}\n`).join('')
      const isCurrent = (await readFile(file, 'utf8').catch(() => '')) === text
      if (!isCurrent && !flags.check) await writeFile(file, text)
      files.push({ file, tasks: tasks.length, isCurrent })
    }
    const stale = files.filter(({ isCurrent }) => !isCurrent)
    if (flags.json) printJson({ files })
    else for (const { file, tasks } of files) print(`${String(tasks).padStart(4)}  ${path.relative('.', file)}`)
    say(`${stale.length} of ${files.length} files ${flags.check ? 'are not current' : 'written'}`)
    return flags.check && stale.length > 0 ? 1 : 0
  },
})
