import path from 'node:path'
import { InputError } from '../../../base/errors.ts'
import { packageRoot } from '../../../base/package-root.ts'
import { synthesizeTasks, type KnownTask } from '../../../manifest/loop/synthesize-tasks.ts'
import { readCompactTasks } from '../../../task/compact-dataset.ts'
import { tryLoadTask } from '../../../task/load-task.ts'
import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson, say, table } from '../../output.ts'
import { readSomeAnswers } from '../../read-judged-answers.ts'
import { writeCompactTasks } from '../../write-compact-tasks.ts'
import { wholeNumber } from '../../whole-number.ts'

export const synthesize: Command = defineCommand({
  summary:
    'Invents tasks against the weak spots of a job: what failed together is asked again, in other words and shapes.',
  positionals: 'JOB DIR',
  flags: {
    count: { type: 'string', value: 'N', default: '50', summary: 'how many tasks' },
    agent: { type: 'string', value: 'AGENT', summary: 'only the failures of this agent' },
    seed: { type: 'string', value: 'WORD', default: '1', summary: 'another word makes other tasks' },
    json: jsonFlag,
  },
  details: `Failures are put together by stage, finding, kind, operation and level, and each group gets its share. Tasks of the split "test" stay out of
it: their failures do not count, and what is nearly one of them is thrown away. \`kubemend manifest prove DIR\` proves what was written.`,
  async run({ flags, positionals: [job = '', dir = ''] }) {
    const count = wholeNumber('count', flags.count)
    const all = await readSomeAnswers(job)
    const answers = flags.agent === undefined ? all : all.filter(({ agent }) => agent === flags.agent)
    if (answers.length === 0)
      throw new InputError([
        `--agent ${flags.agent}: expected one of ${[...new Set(all.map(({ agent }) => agent))].join(', ')}`,
      ])
    const known = await knownTasks([...new Set(all.map(({ taskPath }) => taskPath))])
    const { tasks, ...more } = synthesizeTasks(answers, known, { count, seed: flags.seed })
    const { spots, withoutModel, heldOut, tooNear } = more
    const file = tasks.length === 0 ? undefined : await writeCompactTasks(dir, 'synthesized', tasks)
    if (flags.json) printJson({ file, tasks: tasks.map(({ name }) => name), ...more })
    else if (spots.length > 0)
      print(
        table(
          ['STAGE', 'FINDING', 'KIND', 'LEVEL', 'FAILED', 'NEW TASKS'],
          spots.map((spot) => [
            spot.stage,
            spot.finding,
            `${spot.operation} ${spot.kind}`,
            spot.level,
            String(spot.tasks.length),
            String(spot.made),
          ]),
        ),
      )
    say(`${tasks.length} tasks${file === undefined ? '' : ` written to ${file}`}`)
    if (heldOut > 0) say(`${heldOut} failures are on tasks that are held out, and steered nothing`)
    if (tooNear > 0) say(`${tooNear} drafts were nearly a task that is held out, and were thrown away`)
    for (const { operation, kind, tasks: failed } of withoutModel)
      say(`nothing invents requests to ${operation} a ${kind}: ${failed.length} failures left out`)
    return tasks.length > 0 ? 0 : 1
  },
})

/** The tasks that come along and those of the job: new ones must differ from them. */
async function knownTasks(paths: readonly string[]): Promise<KnownTask[]> {
  const own = await readCompactTasks(path.join(packageRoot, 'tasks', 'manifests'))
  const bundled = [...(own?.tasks.values() ?? [])].map(({ task }) => task)
  const loaded = await Promise.all(paths.map(async (dir) => (await tryLoadTask(dir)).task?.manifest ?? []))
  return [...bundled, ...loaded.flat()]
}
