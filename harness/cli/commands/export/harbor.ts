import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { verifiers } from '../../../../verifiers/library.ts'
import { InputError } from '../../../base/errors.ts'
import { makeScratch } from '../../../base/scratch.ts'
import { exportDataset } from '../../../harbor/export/export-dataset.ts'
import { makeExportParts } from '../../../harbor/export/export-parts.ts'
import { selectTasks } from '../../../task/find-tasks.ts'
import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson, say } from '../../output.ts'
import { version } from '../../version.ts'

export const harbor: Command = defineCommand({
  summary: 'Writes tasks as a dataset that stock Harbor runs with Docker.',
  positionals: 'DIR [TASK...]',
  flags: {
    package: { type: 'string', value: 'FILE', summary: 'kubemend as `npm pack` made it [packed now]' },
    json: jsonFlag,
  },
  details: `DIR is made, or is empty. Without TASK, every task that comes along is written, but for those that want one answer.
Each folder is self-contained: the cluster, the gateway and the judge in a privileged container, the agent in another, which
reaches the first over MCP only, and the verifier in a third. Example:

  kubemend export harbor harbor-tasks tasks/core/checkout-lost-its-orders
  harbor run --path harbor-tasks --env docker --agent oracle`,
  async run({ flags, positionals: [dir = '', ...paths] }) {
    const packageFile = flags.package === undefined ? undefined : path.resolve(flags.package)
    if (packageFile !== undefined && !existsSync(packageFile))
      throw new InputError([`--package ${flags.package}: there is no such file`])
    const selected = await selectTasks({ paths }, { verifiers })
    const tasks = paths.length > 0 ? selected : selected.filter(({ kind }) => kind !== 'manifest')
    const scratch = await makeScratch('export')
    try {
      const parts = await makeExportParts({ dir: scratch, packageFile, kubemend: version, onProgress: say })
      await exportDataset(tasks, dir, parts)
    } finally {
      await rm(scratch, { recursive: true, force: true })
    }
    if (flags.json) printJson({ dir: path.resolve(dir), tasks: tasks.map(({ id }) => id) })
    else print(`${dir}: ${tasks.length} tasks`)
  },
})
