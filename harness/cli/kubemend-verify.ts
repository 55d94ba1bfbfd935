import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { verifiers } from '../../verifiers/library.ts'
import { createLiveContext } from '../../verifiers/live-context.ts'
import { runChecks } from '../../verifiers/run-checks.ts'
import type { VerifyContext } from '../../verifiers/verifier.ts'
import { InputError } from '../base/errors.ts'
import { KubeClient } from '../base/kube-client.ts'
import { writeAtomically } from '../base/write-atomically.ts'
import type { ClusterState } from '../state/cluster-state.ts'
import { parseContract, type Contract } from '../task/contract.ts'
import type { AgentPermissions } from '../task/permissions.ts'
import { readYaml } from '../task/yaml-documents.ts'
import { judgeEvidence } from '../trial/judge-evidence.ts'
import { judge } from '../trial/judge.ts'
import { decideOutcome, type AgentPart, type Findings } from '../trial/outcome.ts'
import { digestFiles, judgeFiles } from '../trial/workspace-files.ts'
import { describeFindings, writeReward } from '../trial/write-reward.ts'
import { defineCommand, type Command, type FlagValues } from './define-command.ts'
import { renderCommandHelp } from './help.ts'
import { print } from './output.ts'
import { exitCodes, reportError } from './report-error.ts'

const flags = {
  evidence: { type: 'string', value: 'DIR', summary: 'the folder of a trial, judged anew from what it left' },
  kubeconfig: { type: 'string', value: 'FILE', summary: 'a live cluster, as its admin [KUBECONFIG]' },
  baseline: { type: 'string', value: 'FILE', summary: 'how that cluster was before the agent came' },
  'outcome-only': { type: 'boolean', summary: 'without a baseline: say nothing about what else changed' },
  workspace: { type: 'string', value: 'DIR', summary: 'files that were to be repaired' },
  original: { type: 'string', value: 'DIR', summary: 'those files as they were' },
  logs: { type: 'string', value: 'DIR', default: '/logs/verifier', summary: 'where the reward goes' },
} as const

/** What `tests/test.sh` of our tasks is in Harbor. */
const verifyInHarbor: Command = defineCommand({
  summary: 'Judges a contract and writes the reward where Harbor looks for it.',
  positionals: 'CONTRACT',
  flags,
  details: `Judges the trial under --evidence [/evidence, where there is one], else the files of --workspace, else the live cluster of
--kubeconfig. Writes reward.json, reward-details.json, ctrf.json and test-stdout.txt. What cannot be judged gets no reward,
and exit code 3; exit code 0 when the task is solved, 1 when it is not. A file kubemend.json beside the contract names the
agent's permissions, as an export has it.`,
  async run({ flags: given, positionals: [file = ''] }) {
    const contract = await readContract(file)
    const permissions = await readPermissions(path.join(path.dirname(file), 'kubemend.json'))
    const { findings, agent } = await judgeWhatIsThere(contract, permissions, given)
    const decided = decideOutcome(findings, agent)
    print(describeFindings(findings, decided).trimEnd())
    if (decided.outcome === 'invalid') return exitCodes.environment
    await mkdir(given.logs, { recursive: true })
    const { preservation, ...rewards } = await writeReward(given.logs, findings, decided)
    // what nobody looked at is not kept
    if (findings.preservation.length === 0 && preservation !== undefined)
      await writeAtomically(path.join(given.logs, 'reward.json'), `${JSON.stringify(rewards, undefined, 4)}\n`)
    return decided.outcome === 'solved' ? exitCodes.ok : exitCodes.notMet
  },
})

interface Judged {
  findings: Findings
  agent: AgentPart
}

async function judgeWhatIsThere(
  contract: Contract,
  permissions: AgentPermissions,
  given: FlagValues<typeof flags>,
): Promise<Judged> {
  const evidence = given.evidence ?? (existsSync(defaultEvidence) ? defaultEvidence : undefined)
  if (evidence !== undefined) return judgeEvidence({ dir: evidence, contract, permissions })
  const agent: AgentPart = { reason: 'finished' }
  if (given.workspace !== undefined)
    return { agent, findings: await judgeWorkspace(contract, given.workspace, given.original) }
  const kubeconfig = given.kubeconfig ?? process.env['KUBECONFIG']
  if (kubeconfig === undefined || !existsSync(kubeconfig))
    throw new InputError(['expected --evidence, --workspace or --kubeconfig: there is nothing to judge'])
  return { agent, findings: await judgeLive(contract, permissions, kubeconfig, given) }
}

const defaultEvidence = '/evidence'

async function judgeWorkspace(contract: Contract, workspace: string, original: string | undefined): Promise<Findings> {
  if (original === undefined) throw new InputError(['--workspace: expected --original, to see what else changed'])
  const missing = [workspace, original].filter((dir) => !existsSync(dir))
  if (missing.length > 0) throw new InputError(missing.map((dir) => `${dir}: there is no such folder`))
  using client = new KubeClient({ server: 'http://127.0.0.1:9' })
  const signal = new AbortController().signal
  const context: VerifyContext = {
    ...createLiveContext({ client, workspace, signal }),
    workspaceBefore: await digestFiles(original),
  }
  const options = { library: verifiers, withinMs: 0, stableForMs: 0 }
  const outcome = await runChecks(contract.outcome, context, options)
  const named = await runChecks(contract.preserve, context, options)
  return { outcome, preservation: [...(await judgeFiles(original, workspace, contract)), ...named], integrity: [] }
}

async function judgeLive(
  contract: Contract,
  permissions: AgentPermissions,
  kubeconfig: string,
  given: FlagValues<typeof flags>,
): Promise<Findings> {
  using client = await KubeClient.fromKubeconfig(kubeconfig)
  const context = createLiveContext({ client, signal: new AbortController().signal })
  if (given.baseline === undefined) {
    if (!given['outcome-only'])
      throw new InputError(['expected --baseline, to see what else changed, or --outcome-only'])
    const { withinMs, stableForMs } = contract
    const outcome = await runChecks(contract.outcome, context, { library: verifiers, withinMs, stableForMs })
    return { outcome, preservation: [], integrity: [] }
  }
  const baseline = JSON.parse(await readFile(given.baseline, 'utf8')) as ClusterState
  const { findings } = await judge({
    contract,
    permissions,
    baseline,
    context: { ...context, baseline },
    verifiers,
    auditFile: undefined,
    audit: undefined,
    held: [],
  })
  return findings
}

async function readContract(file: string): Promise<Contract> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) throw new InputError([`${file}: there is no such file`])
  const { documents, problems } = readYaml(text)
  const { value, problems: wrong = [] } = parseContract(documents[0]?.value, verifiers)
  if (value && problems.length === 0) return value
  throw new InputError([
    ...problems.map(({ line, message }) => `${file}:${line}: ${message}`),
    ...wrong.map(({ path: at, message }) => `${file}: ${at}: ${message}`),
  ])
}

async function readPermissions(file: string): Promise<AgentPermissions> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return { cluster: [], namespaces: {} }
  return (JSON.parse(text) as { permissions: AgentPermissions }).permissions
}

async function main(words: string[]): Promise<number> {
  try {
    if (words.includes('--help') || words.includes('-h')) {
      print(renderCommandHelp(['kubemend-verify'], verifyInHarbor))
      return exitCodes.ok
    }
    return await verifyInHarbor.run(words)
  } catch (error) {
    return reportError(error, words)
  }
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
