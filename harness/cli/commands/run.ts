import path from 'node:path'
import type { Provider } from '../../../environments/provider.ts'
import { verifiers } from '../../../verifiers/library.ts'
import { InputError } from '../../base/errors.ts'
import { removeDeadScratch } from '../../base/scratch.ts'
import { loadPrices } from '../../../agents/price-of.ts'
import { defaultLimits, type GatewayLimits } from '../../gateway/limits.ts'
import { Refusal } from '../../gateway/refusal.ts'
import { splitWords } from '../../gateway/split-words.ts'
import { planTrials, type JobEnd, type JobOptions } from '../../job/run-job.ts'
import { JobStore } from '../../store/job-store.ts'
import { makeJobName } from '../../store/trial-name.ts'
import { selectTasks } from '../../task/find-tasks.ts'
import { difficulties, type Difficulty } from '../../task/kubemend-metadata.ts'
import { nameOfAgent } from '../../store/name-of-agent.ts'
import { agentForms, checkAgent, parseAgent } from '../agents.ts'
import { checkForeign } from '../check-foreign.ts'
import { concurrencyOf } from '../concurrency.ts'
import { defineCommand, jsonFlag, type Command } from '../define-command.ts'
import { print, printJson, say, table } from '../output.ts'
import { renderJobSummary } from '../job-summary.ts'
import { createNoProvider, needNoCluster, noProviderName } from '../no-provider.ts'
import { existingFlags, loadProvider, type ExistingFlagValues } from '../providers.ts'
import { printFunnels } from '../render-funnels.ts'
import { identityOf, runTrials } from '../run-trials.ts'
import { wholeNumber } from '../whole-number.ts'

export const run: Command = defineCommand({
  summary: 'Runs agents on tasks and judges every trial.',
  positionals: '[TASK...]',
  flags: {
    agent: { type: 'string', isMultiple: true, value: 'AGENT', summary: `who repairs: ${agentForms} [oracle]` },
    attempts: { type: 'string', value: 'N', default: '1', summary: 'how often each agent gets each task' },
    concurrency: { type: 'string', value: 'N', summary: 'trials at once [what memory and processors allow]' },
    cluster: {
      type: 'string',
      value: 'PROVIDER',
      default: 'auto',
      summary: 'what makes the clusters, if tasks have any: node, kind, existing:CONTEXT',
    },
    ...existingFlags,
    tools: {
      type: 'string',
      value: 'SURFACE',
      default: 'kubectl',
      choices: ['kubectl', 'typed'],
      summary: 'the tools agents get',
    },
    name: { type: 'string', isMultiple: true, value: 'GLOB', summary: 'only tasks of such a name' },
    difficulty: {
      type: 'string',
      isMultiple: true,
      choices: difficulties,
      value: 'LEVEL',
      summary: 'only tasks this hard',
    },
    tag: { type: 'string', isMultiple: true, value: 'TAG', summary: 'only tasks with this tag' },
    timeout: { type: 'string', value: 'SECONDS', summary: "the agent's time, instead of the task's" },
    'base-url': { type: 'string', value: 'URL', summary: "where the model's API is, instead of its provider's" },
    prices: { type: 'string', value: 'FILE', summary: 'prices of models that count before ours' },
    'max-tool-calls': { type: 'string', value: 'N', summary: "an agent's tool calls, instead of the task's" },
    'max-steps': { type: 'string', value: 'N', summary: "answers of an agent's model" },
    'max-tokens': { type: 'string', value: 'N', summary: "input and output of an agent's model together" },
    'max-cost': { type: 'string', value: 'USD', summary: 'what an agent may cost in one trial' },
    'max-job-cost': { type: 'string', value: 'USD', summary: 'what all trials may cost together' },
    'mcp-server': {
      type: 'string',
      value: 'COMMAND',
      summary: 'an MCP server (stdio) whose tools agents get in place of ours',
    },
    'gateway-limit': {
      type: 'string',
      isMultiple: true,
      value: 'NAME=N',
      summary: `limits of the gateway: ${Object.keys(defaultLimits).join(', ')}`,
    },
    strict: {
      type: 'boolean',
      summary: "a task's own script is not believed alone: its reward counts only where everything else was preserved",
    },
    'absent-image': {
      type: 'string',
      isMultiple: true,
      value: 'IMAGE',
      summary: "an image of somebody else's task that is not to be there: it is part of the fault",
    },
    'timeout-multiplier': {
      type: 'string',
      value: 'N',
      summary: "how many times as long everything of somebody else's task may take",
    },
    'agent-timeout-multiplier': { type: 'string', value: 'N', summary: "the same for its agent's time alone" },
    'verifier-timeout-multiplier': { type: 'string', value: 'N', summary: "the same for its verifier's time alone" },
    'environment-build-timeout-multiplier': {
      type: 'string',
      value: 'N',
      summary: 'the same for the time that its images, services and setup take',
    },
    out: { type: 'string', value: 'DIR', default: 'results', summary: 'where jobs go' },
    'job-name': { type: 'string', value: 'NAME', summary: "the job's folder in there [date and time]" },
    resume: { type: 'string', value: 'JOB', summary: 'go on with a job: do what is missing or invalid' },
    json: jsonFlag,
  },
  details: `Exit code 0 when every trial is solved, 1 when one is not, 3 when one is invalid. Example:

  kubemend run tasks/core/checkout-lost-its-orders --agent oracle --agent nop`,
  async run({ flags, positionals }) {
    readLimits(flags)
    readForeign(flags)
    await loadPrices(flags.prices)
    const { store, provider } = flags.resume === undefined ? await plan(flags, positionals) : await resume(flags)
    await provider.removeLeftovers()
    await removeDeadScratch()
    say(flags.json ? JSON.stringify({ event: 'job', dir: store.dir }) : `job ${store.dir}`)
    const agentTimeoutSec = flags.timeout === undefined ? undefined : wholeNumber('timeout', flags.timeout)
    const end = await runTrials({
      store,
      provider,
      tools: flags.tools as 'kubectl' | 'typed',
      concurrency: concurrencyOf(flags.concurrency),
      agentTimeoutSec,
      prices: flags.prices,
      isJson: flags.json,
      more: { ...readLimits(flags), foreign: readForeign(flags) },
    })
    if (flags.json) printJson(summarize(store, end))
    else {
      await printSummary(store, end)
      await printFunnels(store.dir)
    }
    return exitCodeOf(end)
  },
})

/** A job that was begun before, and what makes its clusters, if it has any. */
async function resume(flags: ClusterFlags & { resume: string | undefined }): Promise<Begun> {
  const store = await JobStore.open(flags.resume ?? '')
  const hasNone = store.stored.plan.environment.provider === noProviderName && flags.cluster === 'auto'
  return { store, provider: hasNone ? createNoProvider() : await loadProvider(flags.cluster, flags) }
}

interface Begun {
  store: JobStore
  provider: Provider
}

type ClusterFlags = ExistingFlagValues & { cluster: string }

async function plan(
  flags: ClusterFlags & {
    agent: string[]
    attempts: string
    concurrency: string | undefined
    name: string[]
    difficulty: string[]
    tag: string[]
    out: string
    'job-name': string | undefined
    'absent-image': string[]
    'base-url': string | undefined
  },
  paths: string[],
): Promise<Begun> {
  const agents = (flags.agent.length > 0 ? flags.agent : ['oracle']).map((text) =>
    parseAgent(text, { baseUrl: flags['base-url'] }),
  )
  await Promise.all(agents.map(checkAgent))
  const selection = { paths, names: flags.name, difficulties: flags.difficulty as Difficulty[], tags: flags.tag }
  const selected = await selectTasks(selection, { verifiers })
  await checkForeign(selected, flags['absent-image'])
  const tasks = selected.map(identityOf)
  const attempts = wholeNumber('attempts', flags.attempts)
  const isWithout = flags.cluster === 'auto' && (await needNoCluster(selected))
  const provider = isWithout ? createNoProvider() : await loadProvider(flags.cluster, flags)
  const store = await JobStore.create(
    {
      jobName: flags['job-name'] ?? makeJobName(),
      jobsDir: path.resolve(flags.out),
      agents,
      tasks,
      attempts,
      concurrency: concurrencyOf(flags.concurrency),
      environment: { provider: provider.name, kubernetes: '1.35' },
    },
    planTrials(tasks, agents, attempts),
  )
  return { store, provider }
}

/** How tasks that somebody else wrote are run. */
function readForeign(flags: {
  strict: boolean
  'absent-image': string[]
  'timeout-multiplier': string | undefined
  'agent-timeout-multiplier': string | undefined
  'verifier-timeout-multiplier': string | undefined
  'environment-build-timeout-multiplier': string | undefined
}): NonNullable<JobOptions['foreign']> {
  const names = {
    all: 'timeout-multiplier',
    agent: 'agent-timeout-multiplier',
    verifier: 'verifier-timeout-multiplier',
    environment: 'environment-build-timeout-multiplier',
  } as const
  const given = Object.entries(names).flatMap(([phase, name]) =>
    flags[name] === undefined ? [] : [{ phase, name, text: flags[name], value: Number(flags[name]) }],
  )
  const problems = given.filter(({ value }) => !(value > 0 && Number.isFinite(value)))
  if (problems.length > 0) {
    throw new InputError(problems.map(({ name, text }) => `--${name} ${text}: expected a number above 0`))
  }
  const timeouts = Object.fromEntries(given.map(({ phase, value }) => [phase, value]))
  return { isStrict: flags.strict, absentImages: flags['absent-image'], timeouts }
}

/** What agents may spend and what the gateway allows, with all problems at once. */
function readLimits(flags: {
  'max-tool-calls': string | undefined
  'max-steps': string | undefined
  'max-tokens': string | undefined
  'max-cost': string | undefined
  'max-job-cost': string | undefined
  'mcp-server': string | undefined
  'gateway-limit': string[]
}): Pick<JobOptions, 'budget' | 'maxUsd' | 'mcpServer' | 'gatewayLimits'> {
  const problems: string[] = []
  const number = (flag: string, text: string | undefined, isWhole: boolean): number | undefined => {
    const value = Number(text)
    if (text === undefined || (value > 0 && (!isWhole || Number.isInteger(value))))
      return text && value ? value : undefined
    problems.push(`--${flag} ${text}: expected ${isWhole ? 'a whole number from 1' : 'an amount above 0'}`)
    return undefined
  }
  const limits = flags['gateway-limit'].flatMap((pair) => {
    const [name = '', value] = pair.split('=')
    if (Object.hasOwn(defaultLimits, name)) return [[name, number(`gateway-limit ${name}`, value ?? '', true)]]
    problems.push(`--gateway-limit ${pair}: expected one of ${Object.keys(defaultLimits).join(', ')}`)
    return []
  })
  const argv = flags['mcp-server'] === undefined ? undefined : splitWords(flags['mcp-server'])
  if (argv instanceof Refusal) problems.push(`--mcp-server ${flags['mcp-server']}: ${argv.message}`)
  const budget = {
    toolCalls: number('max-tool-calls', flags['max-tool-calls'], true),
    steps: number('max-steps', flags['max-steps'], true),
    tokens: number('max-tokens', flags['max-tokens'], true),
    usd: number('max-cost', flags['max-cost'], false),
  }
  const maxUsd = number('max-job-cost', flags['max-job-cost'], false)
  if (problems.length > 0) throw new InputError(problems)
  return {
    budget: Object.fromEntries(Object.entries(budget).filter(([, value]) => value !== undefined)),
    ...(maxUsd === undefined ? {} : { maxUsd }),
    ...(argv === undefined || argv instanceof Refusal ? {} : { mcpServer: argv.words }),
    ...(limits.length === 0 ? {} : { gatewayLimits: Object.fromEntries(limits) as Partial<GatewayLimits> }),
  }
}

function summarize(store: JobStore, end: JobEnd): unknown {
  return {
    job: path.basename(store.dir),
    dir: store.dir,
    trials: end.facts.map(({ planned, outcome, rewards, placed, because }) => ({
      task: planned.task.name,
      agent: nameOfAgent(planned.agent),
      attempt: planned.attempt,
      outcome,
      reward: rewards?.['reward'] ?? (outcome === 'solved' ? 1 : 0),
      dir: path.join(store.dir, placed.trialName),
      because,
    })),
    left: end.left.length,
  }
}

async function printSummary(store: JobStore, end: JobEnd): Promise<void> {
  const rows = end.facts.map(({ planned, outcome, because, startedAt, finishedAt }) => [
    planned.task.name,
    nameOfAgent(planned.agent),
    outcome,
    `${((finishedAt.getTime() - startedAt.getTime()) / 1000).toFixed(1)} s`,
    because.length > 90 ? `${because.slice(0, 87)}...` : because,
  ])
  // of many trials, each was told when it ended
  if (rows.length <= mostRows) print(`${table(['TASK', 'AGENT', 'OUTCOME', 'TIME', 'BECAUSE'], rows)}\n`)
  print(await renderJobSummary(store.dir))
  print(`\nevidence: ${store.dir}`)
  if (end.left.length > 0) print(`${end.left.length} of the plan left: kubemend run --resume ${store.dir}`)
}

const mostRows = 40

function exitCodeOf(end: JobEnd): number {
  if (end.left.length > 0 || end.facts.some(({ outcome }) => outcome === 'invalid')) return 3
  return end.facts.every(({ outcome }) => outcome === 'solved') ? 0 : 1
}
