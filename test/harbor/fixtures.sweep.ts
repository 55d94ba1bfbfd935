import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { startCli } from '../../harness/job/cli-process.ts'

// node test/harbor/fixtures.sweep.ts [NAME...] [--rows=FILE] [--write]: oracle and nop on every fixture, or on some, one trial
// at a time, and where the time went. With --rows, rows are added to a file, so that fixtures can be run one by one;
// --write runs nothing where there is such a file, and puts its rows into docs/harbor-fixtures.md.
const dir = path.join(import.meta.dirname, 'fixtures')
const fixtures = await readdir(dir)
const words = process.argv.slice(2)
const rowsFile = words.find((word) => word.startsWith('--rows='))?.slice('--rows='.length)
const isWriting = words.includes('--write')
const wanted = words.filter((word) => !word.startsWith('--'))

/** One trial, in seconds. */
interface Row {
  fixture: string
  agent: string
  outcome: string
  reward: number
  trial: number
  /** What the task itself takes: its services where its world was built (null: not measured), its agent, its test.sh. */
  services: number | null
  agentTime: number
  script: number
  isRestored: boolean
}

const rows =
  isWriting && rowsFile !== undefined
    ? await readRows(rowsFile)
    : await runAll(fixtures.filter((name) => wanted.length === 0 || wanted.includes(name)))
const wrong = rows.filter(({ agent, reward }) => reward !== (agent === 'oracle' ? 1 : 0))
const table = render(rows)
process.stdout.write(`${table}\n\n${wrong.length === 0 ? 'all as they should be' : `${wrong.length} are not`}\n`)
if (isWriting) await writeFile(path.join(import.meta.dirname, '../../docs/harbor-fixtures.md'), page())
process.exitCode = wrong.length === 0 && rows.length > 0 ? 0 : 1

async function runAll(names: string[]): Promise<Row[]> {
  const done: Row[] = []
  for (const name of names) {
    const agents = ['--agent', 'oracle', '--agent', 'nop', '--concurrency', '1', '--cluster', 'node']
    const out = path.join(os.tmpdir(), `fixtures-${process.pid}`)
    const cli = startCli(['run', path.join(dir, name), ...agents, '--out', out, '--json'], {})
    await cli.ended
    const { trials } = JSON.parse(cli.stdout || '{"trials": []}') as {
      trials: { agent: string; outcome: string; reward: number; dir: string; because: string }[]
    }
    if (trials.length === 0) throw new Error(cli.said)
    for (const trial of trials) {
      process.stderr.write(`${name} ${trial.agent}: ${trial.reward}: ${trial.because}\n`)
      const { agent, outcome, reward } = trial
      const row: Row = { fixture: name, agent, outcome, reward, ...(await timesOf(trial.dir)) }
      done.push(row)
      if (rowsFile !== undefined) await appendFile(rowsFile, `${JSON.stringify(row)}\n`)
    }
  }
  return done
}

async function timesOf(
  trial: string,
): Promise<Pick<Row, 'trial' | 'services' | 'agentTime' | 'script' | 'isRestored'>> {
  interface Span {
    started_at: string
    finished_at: string
  }
  const readJson = async <T>(file: string): Promise<T> =>
    JSON.parse(await readFile(path.join(trial, file), 'utf8').catch(() => '{}')) as T
  const result = await readJson<Span & { agent_execution: Span | null }>('result.json')
  const details = await readJson<{ outcome?: { durationMs: number }[] | string }>('verifier/reward-details.json')
  const log = await readFile(path.join(trial, 'trial.log'), 'utf8')
  const took = [...log.matchAll(/ service \S+ took ([\d.]+) s$/gm)].map(([, seconds]) => Number(seconds))
  const isBuilt = / service \S+: /.test(log)
  const seconds = (span: Span | null): number =>
    span === null ? 0 : (Date.parse(span.finished_at) - Date.parse(span.started_at)) / 1000
  return {
    trial: seconds(result),
    services: isBuilt && took.length === 0 ? null : took.reduce((sum, one) => sum + one, 0),
    agentTime: seconds(result.agent_execution),
    script: (Array.isArray(details.outcome) ? (details.outcome[0]?.durationMs ?? 0) : 0) / 1000,
    isRestored: !isBuilt,
  }
}

async function readRows(file: string): Promise<Row[]> {
  const all = (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
  // of a trial that was made again, the last counts
  const last = new Map(all.map((row) => [`${row.fixture} ${row.agent}`, row]))
  return [...last.values()].toSorted((a, b) =>
    a.fixture === b.fixture ? (a.agent === 'oracle' ? -1 : 1) : a.fixture < b.fixture ? -1 : 1,
  )
}

function render(all: readonly Row[]): string {
  const head = ['fixture', 'agent', 'outcome', 'reward', 'world', 'trial s', "the task's own s", 'ours s']
  const lines = all.map((row) => {
    return [
      row.fixture,
      row.agent,
      row.outcome,
      String(row.reward),
      row.isRestored ? 'restored' : 'built',
      row.trial.toFixed(1),
      ownOf(row)?.toFixed(1) ?? '-',
      oursOf(row)?.toFixed(1) ?? '-',
    ]
  })
  return [head, head.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n')
}

function ownOf({ services, agentTime, script }: Row): number | undefined {
  return services === null ? undefined : services + agentTime + script
}

function oursOf(row: Row): number | undefined {
  const own = ownOf(row)
  return own === undefined ? undefined : row.trial - own
}

function page(): string {
  const names = new Set(rows.map(({ fixture }) => fixture))
  const median = (values: number[]): string =>
    (values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0).toFixed(1)
  const ours = (isRestored: boolean): string =>
    median(rows.filter((row) => row.isRestored === isRestored).flatMap((row) => oursOf(row) ?? []))
  const verdict =
    wrong.length === 0
      ? 'Every oracle has reward 1, every nop 0.'
      : `Not as they should be:\n\n${wrong.map(({ fixture, agent, outcome }) => `- ${fixture} ${agent}: ${outcome}`).join('\n')}`
  return `# The Harbor fixtures

Written by \`node test/harbor/fixtures.sweep.ts --write\`: ${names.size} of ${fixtures.length} fixtures on a machine with ${os.cpus().length} cores, one trial at a time.
"The task's own" is what the task takes wherever it runs: its services (where the world was built), its agent and its
test.sh. "Ours" is the rest: the cluster, the snapshot, the baseline, our own judgement, taking it all down.

Median of ours: ${ours(false)} s where the world was built, ${ours(true)} s where it was restored.

${table}

${verdict}
`
}
