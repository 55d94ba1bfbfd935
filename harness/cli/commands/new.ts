import path from 'node:path'
import { verifiers } from '../../../verifiers/library.ts'
import { newTask } from '../../author/new/new-task.ts'
import { listWorlds, loadWorld } from '../../author/worlds/load-world.ts'
import { difficulties } from '../../task/kubemend-metadata.ts'
import { showPath } from '../../task/problem.ts'
import { defineCommand, jsonFlag, type Command } from '../define-command.ts'
import { print, printJson, table } from '../output.ts'

export const newCommand: Command = defineCommand({
  summary: 'Starts a task from a ready world.',
  positionals: '[NAME]',
  flags: {
    from: { type: 'string', value: 'WORLD', default: 'shop', summary: 'the world to begin with: a name, or a folder' },
    difficulty: {
      type: 'string',
      value: 'WORD',
      choices: difficulties,
      default: 'medium',
      summary: 'how hard it will be',
    },
    json: jsonFlag,
  },
  details: `NAME is the folder to make. Without it, the worlds are listed. docs/authoring.md builds a task from start to end. Example:

  kubemend new tasks/core/nobody-pays --from shop`,
  async run({ flags, positionals }) {
    const [name] = positionals
    if (name === undefined) return printWorlds(flags.json)
    const world = await loadWorld(flags.from, verifiers)
    const difficulty = difficulties.find((word) => word === flags.difficulty)
    const { dir, files } = await newTask(path.resolve(name), world, difficulty)
    if (flags.json) {
      printJson({ dir, world: world.name, files })
      return
    }
    const place = showPath(dir)
    print(`${place}: ${files.length} files, from ${world.title.toLowerCase()}`)
    print(`next: kubemend dev ${place}, and docs/authoring.md`)
  },
})

async function printWorlds(isJson: boolean): Promise<void> {
  const names = await listWorlds()
  const worlds = await Promise.all(names.map((name) => loadWorld(name, verifiers)))
  if (isJson) {
    printJson({ worlds: worlds.map(({ name, title, summary, dir }) => ({ name, title, summary, dir })) })
    return
  }
  const rows = worlds.map(({ name, summary, workloads, namespaces }) => [
    name,
    `${workloads.length} workloads in ${Object.keys(namespaces).length} namespaces`,
    summary,
  ])
  print(table(['WORLD', 'SIZE', 'WHAT IT IS'], rows))
}
