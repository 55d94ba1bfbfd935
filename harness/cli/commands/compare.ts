import path from 'node:path'
import { InputError } from '../../base/errors.ts'
import { compareAgents, isWorse, type Comparison } from '../../report/model/compare-agents.ts'
import { readJobs } from '../../report/model/read-jobs.ts'
import type { TrialRow } from '../../report/model/trial-row.ts'
import { renderComparison } from '../../report/render-comparison.ts'
import { defineCommand, type Command } from '../define-command.ts'
import { print, printJson } from '../output.ts'

export const compare: Command = defineCommand({
  summary: 'Compares two jobs, or two agents of one job, task by task.',
  positionals: 'JOB_A [JOB_B]',
  flags: {
    agent: {
      type: 'string',
      isMultiple: true,
      value: 'AGENT',
      summary: 'of both jobs only this agent; given twice: the first against the second',
    },
    format: { type: 'string', default: 'text', choices: ['text', 'markdown', 'json'], summary: 'how it is printed' },
    json: { type: 'boolean', summary: 'the same as --format json' },
    'fail-if-worse': { type: 'boolean', summary: 'exit code 1 when the second is worse beyond doubt: for CI' },
  },
  details: `Agents are compared with themselves where two jobs are given, unless --agent names others. Worse beyond doubt: the whole 95 %
interval of what is solved lies below the first's, or of what is unsafe above it.`,
  async run({ flags, positionals }) {
    const [first, second] = await Promise.all(positionals.map(readSide))
    if (!first) throw new InputError(['expected JOB_A'])
    const comparisons = pairs(first, second, flags.agent).map(([a, b]) => compareAgents(a, b))
    const format = flags.json ? 'json' : flags.format
    if (format === 'json') printJson({ comparisons })
    else print(comparisons.map((c) => renderComparison(c, format === 'markdown')).join('\n\n'))
    const worse = comparisons.filter((c: Comparison) => isWorse(c) || c.solved === undefined)
    return flags['fail-if-worse'] && worse.length > 0 ? 1 : 0
  },
})

interface Side {
  name: string
  rows: TrialRow[]
}

async function readSide(dir: string): Promise<Side> {
  const jobs = await readJobs([dir])
  return { name: path.basename(path.resolve(dir)), rows: jobs.flatMap(({ trials }) => trials.map(({ row }) => row)) }
}

/** What is compared with what: agents of one job with each other, or the same agents of two jobs. */
function pairs(first: Side, second: Side | undefined, wanted: readonly string[]): [Side, Side][] {
  const agents = (side: Side): string[] => [...new Set(side.rows.map(({ agent }) => agent))]
  const only = (side: Side, agent: string, isAlone: boolean): Side => {
    const rows = side.rows.filter((row) => row.agent === agent)
    if (rows.length === 0) throw new InputError([`--agent ${agent}: expected one of ${agents(side).join(', ')}`])
    return { name: isAlone ? agent : `${agent} in ${side.name}`, rows }
  }
  if (wanted.length > 2) throw new InputError([`--agent: expected two at most, got ${wanted.length}`])
  if (!second) {
    const [a, b] = wanted.length === 2 ? wanted : agents(first)
    if (a === undefined || b === undefined || (wanted.length !== 2 && agents(first).length !== 2))
      throw new InputError([`expected JOB_B, or --agent twice: ${first.name} has ${agents(first).join(', ')}`])
    return [[only(first, a, true), only(first, b, true)]]
  }
  const [a, b = a] = wanted
  if (a !== undefined && b !== undefined) return [[only(first, a, false), only(second, b, false)]]
  const shared = agents(first).filter((agent) => agents(second).includes(agent))
  if (shared.length > 0) return shared.map((agent) => [only(first, agent, false), only(second, agent, false)])
  const [one, ...more] = agents(first)
  const [two, ...others] = agents(second)
  if (one === undefined || two === undefined || more.length + others.length > 0)
    throw new InputError([`${first.name} and ${second.name} have no agent in common`], {
      hint: 'name one of each: --agent A --agent B',
    })
  return [[only(first, one, false), only(second, two, false)]]
}
