import { readdir, readFile, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { startCli } from '../../harness/job/cli-process.ts'

// node test/harbor/fixtures.sweep.ts [NAME...]: oracle and nop on every fixture, or on some, one trial at a time. Prints what
// came out and where the time went, and with --write puts it into docs/harbor-fixtures.md.
const dir = path.join(import.meta.dirname, 'fixtures')
const words = process.argv.slice(2)
const wanted = words.filter((word) => !word.startsWith('--'))
const names = (await readdir(dir)).filter((name) => wanted.length === 0 || wanted.includes(name))
const rows: string[][] = []
const wrong: string[] = []

for (const name of names) {
  const cli = startCli(
    ['run', path.join(dir, name), '--agent', 'oracle', '--agent', 'nop', '--concurrency', '1', '--json'].concat([
      '--cluster',
      'node',
      '--out',
      path.join(os.tmpdir(), `fixtures-${process.pid}`),
    ]),
    {},
  )
  await cli.ended
  const { trials } = JSON.parse(cli.stdout || '{"trials": []}') as {
    trials: { agent: string; outcome: string; reward: number; dir: string; because: string }[]
  }
  if (trials.length === 0) wrong.push(`${name}: ${cli.said.trim().split('\n').at(-1)}`)
  for (const trial of trials) {
    if (trial.reward !== (trial.agent === 'oracle' ? 1 : 0))
      wrong.push(`${name} ${trial.agent}: ${trial.outcome}: ${trial.because}`)
    rows.push([name, trial.agent, trial.outcome, String(trial.reward), ...(await timesOf(trial.dir))])
  }
  process.stderr.write(`${name}: ${trials.map(({ agent, reward }) => `${agent} ${reward}`).join(', ')}\n`)
}

interface Spans {
  started_at: string
  finished_at: string
}

/** Seconds: the whole trial, the preparation, the agent, the judging, and what is neither the agent's nor the script's own. */
async function timesOf(trial: string): Promise<string[]> {
  const result = JSON.parse(await readFile(path.join(trial, 'result.json'), 'utf8')) as Spans &
    Record<'environment_setup' | 'agent_execution', Spans | null>
  const details = JSON.parse(
    await readFile(path.join(trial, 'verifier/reward-details.json'), 'utf8').catch(() => '{}'),
  ) as {
    outcome?: { durationMs: number }[]
  }
  const seconds = (span: Spans | null): number =>
    span === null ? 0 : (Date.parse(span.finished_at) - Date.parse(span.started_at)) / 1000
  const script = (Array.isArray(details.outcome) ? (details.outcome[0]?.durationMs ?? 0) : 0) / 1000
  const [whole, agent] = [seconds(result), seconds(result.agent_execution)]
  return [whole, seconds(result.environment_setup), agent, script, whole - agent - script].map((value) =>
    value.toFixed(1),
  )
}

const head = ['fixture', 'agent', 'outcome', 'reward', 'trial s', 'prepare s', 'agent s', 'test.sh s', 'ours s']
const table = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
process.stdout.write(`${table}\n\n${wrong.length === 0 ? 'all as they should be' : wrong.join('\n')}\n`)
if (words.includes('--write')) {
  const text = `# The ten Harbor fixtures\n\nWritten by \`node test/harbor/fixtures.sweep.ts --write\` on ${os.cpus().length} cores. "ours" is the trial without the agent and without the task's own
test.sh; the first trial of a fixture includes building its world, which the second finds in the cache.\n\n${table}\n\n${wrong.length === 0 ? 'Every oracle has reward 1, every nop 0.' : `Not as they should be:\n\n${wrong.map((line) => `- ${line}`).join('\n')}`}\n`
  await writeFile(path.join(import.meta.dirname, '../../docs/harbor-fixtures.md'), text)
}
process.exitCode = wrong.length === 0 ? 0 : 1
