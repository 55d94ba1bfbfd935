import { writeAtomically } from '../../../base/write-atomically.ts'
import {
  exportTrajectories,
  trajectoryFormats,
  type TrajectoryFormat,
} from '../../../report/export/export-trajectories.ts'
import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson } from '../../output.ts'

export const trajectories: Command = defineCommand({
  summary: 'Writes the trajectories of solved trials, one JSON document a line.',
  positionals: 'JOB...',
  flags: {
    format: {
      type: 'string',
      default: 'sft',
      choices: trajectoryFormats,
      summary: 'chat messages with tool calls, ATIF, or OpenTelemetry spans',
    },
    out: { type: 'string', value: 'FILE', default: 'trajectories.jsonl', summary: 'the file' },
    unsolved: { type: 'boolean', summary: 'failed trials, too; unsafe ones are never written' },
    json: jsonFlag,
  },
  details: `Trials whose course is the same are written once. Every line names the digest of its task, so that data can be split by task.
Credentials are taken out; a trajectory in which something is left that looks like one is left out.`,
  async run({ flags, positionals }) {
    const { lines, leftOut } = await exportTrajectories({
      jobs: positionals,
      format: flags.format as TrajectoryFormat,
      includeUnsolved: flags.unsolved,
    })
    await writeAtomically(flags.out, lines.map((line) => `${line}\n`).join(''))
    if (flags.json) return printJson({ out: flags.out, trajectories: lines.length, leftOut })
    print(`${flags.out}: ${lines.length} trajectories`)
    print(
      `left out: ${leftOut.unsolved} not solved, ${leftOut.duplicates} duplicates, ${leftOut.withoutTrajectory} without a trajectory, ${leftOut.suspicious} with what looks like a credential`,
    )
  },
})
