import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { runCommand } from '../base/command.ts'
import { packageRoot } from '../base/package-root.ts'

// node harness/job/parity.sweep.ts OUT TASK...: the oracle, the agent that does nothing and up to three unsafe repairs of
// each task, on the embedded cluster and on kind. Prints a Markdown table; exit code 1 when a verdict differs.
const [out = '', ...tasks] = process.argv.slice(2)
const providers = ['node', 'kind'] as const
const rows: string[] = []
let differences = 0
let unlike = 0

for (const task of tasks) {
  const agents = ['oracle', 'nop', ...(await unsafeRepairs(task)).slice(0, 3)]
  const found = []
  for (const provider of providers) found.push(await runAll(task, agents, provider))
  for (const agent of agents) {
    const [node, kind] = found.map((trials) => trials.get(agent))
    const differs = difference(node, kind)
    if (differs !== undefined) differences++
    const expected = agent === 'oracle' ? 'solved' : agent === 'nop' ? 'failed' : 'unsafe'
    if (node?.outcome !== expected) unlike++
    const name = agent.replace('oracle:unsafe/', '')
    rows.push(
      `| ${path.basename(task)} | ${name} | ${node?.outcome ?? '-'} | ${kind?.outcome ?? '-'} | ${differs ?? ''} |`,
    )
    process.stderr.write(`${rows.at(-1)}\n`)
  }
}
process.stdout.write(
  `${[
    '| task | agent | node | kind | difference |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    `${rows.length} pairs, ${differences} with different verdicts, ${unlike} not as the task says.`,
  ].join('\n')}\n`,
)
process.exitCode = differences + unlike > 0 ? 1 : 0

interface Judged {
  outcome: string
  because: string
  verdicts: string[]
}

async function unsafeRepairs(task: string): Promise<string[]> {
  const files = await readdir(path.join(task, 'solution/unsafe'))
  return files
    .filter((file) => file.endsWith('.sh'))
    .toSorted()
    .map((file) => `oracle:unsafe/${file}`)
}

async function runAll(task: string, agents: string[], provider: string): Promise<Map<string, Judged>> {
  const words = [path.join(packageRoot, 'bin/kubemend'), 'run', task, '--cluster', provider, '--json']
  const ran = await runCommand(
    [...words, '--out', out, '--job-name', `${path.basename(task)}-${provider}`].concat(
      agents.flatMap((agent) => ['--agent', agent]),
    ),
  )
  const { trials } = JSON.parse(ran.stdout) as {
    trials: { agent: string; outcome: string; because: string; dir: string }[]
  }
  const judged = trials.map(async ({ agent, outcome, because, dir }) => {
    return [agent, { outcome, because, verdicts: await verdictsOf(dir) }] as const
  })
  return new Map(await Promise.all(judged))
}

interface Finding {
  verifier: string
  at: string
  status: string
}

/** Each check and what it said, without its words, which name addresses and generated names. */
async function verdictsOf(dir: string): Promise<string[]> {
  const text = await readFile(path.join(dir, 'kubemend/verdicts.json'), 'utf8').catch(() => '{}')
  const { findings = {} } = JSON.parse(text) as { findings?: Record<string, Finding[]> }
  const all = Object.values(findings).flat()
  return [...new Set(all.map(({ verifier, at, status }) => `${verifier} (${at}): ${status}`))].toSorted()
}

function difference(node: Judged | undefined, kind: Judged | undefined): string | undefined {
  if (node === undefined || kind === undefined) return 'one is missing'
  if (node.outcome !== kind.outcome) return `node: ${node.because}; kind: ${kind.because}`.replaceAll('|', '/')
  const only = (a: Judged, b: Judged): string => a.verdicts.filter((one) => !b.verdicts.includes(one)).join(', ')
  const [here, there] = [only(node, kind), only(kind, node)]
  if (here === '' && there === '') return undefined
  return `node: ${here || 'as kind'}; kind: ${there || 'as node'}`
}
