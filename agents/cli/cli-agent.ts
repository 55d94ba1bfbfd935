import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { messageOf } from '../../harness/base/errors.ts'
import { makeScratch } from '../../harness/base/scratch.ts'
import { packageRoot } from '../../harness/base/package-root.ts'
import { Redactor } from '../../harness/record/redact.ts'
import type { AgentMessage } from '../../harness/record/events.ts'
import type { Agent, AgentContext, AgentEnd, AgentTask } from '../agent.ts'
import { describeBudget } from '../describe-budget.ts'
import { endOfFailure } from '../end-of-failure.ts'
import type { PriceOf } from '../price-of.ts'
import type { WireRequest } from '../wire/read-request.ts'
import { definitionOf, keyOf, type CliChoice } from './check-cli.ts'
import type { CliDefinition, CliLaunch } from './define-cli.ts'
import { entryOf, findProgram, installCli } from './install-cli.ts'
import { startModelRelay, type ModelRelay } from './model-relay.ts'

/** Home and working directory of the program, inside. */
const homeInside = '/home/agent'
const workInside = '/work'
const packageInside = '/opt/agent'

/**
 * An agent that is somebody else's program: confined, with a home of its own, with the gateway as its only tools and its
 * model's API, through a relay that holds the key, as its only network.
 */
export function createCliAgent(choice: CliChoice & { priceOf: PriceOf }): Agent {
  const definition = definitionOf(choice.name)
  const { api, install } = definition
  const model = choice.model ?? definition.defaultModel
  const apiKey = keyOf(definition, choice.env) ?? ''
  const version = install.kind === 'npm' ? (choice.version ?? install.version) : 'unknown'
  return {
    name: definition.name,
    version,
    ...(model === undefined ? {} : { model: model.includes('/') ? model : `${api.provider}/${model}` }),
    usesModel: true,
    recordsPrompts: true,
    secrets: apiKey === '' ? [] : [apiKey],
    async run(task, context) {
      const redactor = new Redactor({ secrets: [{ name: 'gateway-token', value: task.mcp.token }], builtIn: false })
      if (apiKey !== '') redactor.add({ name: 'api-key', value: apiKey })
      const prompt = await writePrompt(task)
      const witness = new Witness({ definition, model, prompt, context, priceOf: choice.priceOf })
      await using relay = await startModelRelay({
        baseUrl: (choice.baseUrl ?? api.baseUrl ?? 'http://127.0.0.1:9').replace(/\/$/, ''),
        prefix: api.prefix,
        apiKey,
        onRequest: (request) => witness.told(request),
        onAnswer: (answer) => witness.said(answer),
      })
      const program = await findOwn(definition, choice, version).catch((error: unknown) => messageOf(error))
      // that it cannot be had here says nothing about it
      if (typeof program === 'string') return { reason: 'provider', because: program, errorType: 'AgentSetupError' }
      const dir = await makeScratch('agent')
      try {
        const launch = definition.launch({
          model,
          effort: choice.effort,
          prompt,
          mcp: task.mcp,
          api: { url: relay.url, origin: `http://127.0.0.1:${relay.port}`, key: relay.key },
          home: homeInside,
          program: choice.program,
        })
        await writeHome(dir, launch)
        const ran = await context.extras.runConfined({
          argv: [...program.argv.map((word) => word.replaceAll('{instruction}', () => prompt)), ...launch.args],
          mounts: [
            ...program.mounts,
            { from: path.join(dir, 'home'), to: homeInside, isWritable: true },
            { from: path.join(dir, 'work'), to: workInside, isWritable: true },
          ],
          env: { HOME: homeInside, TERM: 'xterm-256color', NO_COLOR: '1', CI: '1', ...launch.env },
          cwd: workInside,
          programs: { node: process.execPath },
          ports: [Number(new URL(task.mcp.url).port), relay.port],
          stdin: launch.stdin ?? '',
        })
        witness.wasStarted()
        if (relay.answers === 0) witness.printed(definition.readTranscript?.(ran.stdout) ?? [])
        await keepOutput(task.logDir, definition.name, ran, redactor)
        return endOf(definition.name, ran, relay, (text) => redactor.text(text))
      } finally {
        await rm(dir, { recursive: true, force: true })
      }
    },
  }
}

interface WitnessOptions {
  definition: CliDefinition
  model: string | undefined
  prompt: string
  context: AgentContext
  priceOf: PriceOf
}

/** Records what the program's model is told and what it says. */
class Witness {
  readonly #about: WitnessOptions
  #hasPrompts = false

  constructor(about: WitnessOptions) {
    this.#about = about
  }

  told({ system, tools }: WireRequest): void {
    // requests without tools are for titles and the like
    if (this.#hasPrompts || tools.length === 0) return
    this.#hasPrompts = true
    const { context, prompt } = this.#about
    if (system !== '') context.record({ type: 'prompt', role: 'system', text: system })
    context.record({ type: 'prompt', role: 'user', text: prompt })
  }

  said(answer: Parameters<Parameters<typeof startModelRelay>[0]['onAnswer']>[0]): void {
    const { definition, model, context, priceOf } = this.#about
    const name = answer.model ?? model ?? 'unknown'
    const costUsd = priceOf(`${definition.api.provider}/${name}`, answer.usage)
    context.record({
      type: 'agent-message',
      text: answer.text,
      ...(answer.reasoning === '' ? {} : { reasoning: answer.reasoning }),
      model: name,
      usage: answer.usage,
      ...(costUsd === undefined ? {} : { costUsd }),
      durationMs: answer.durationMs,
      ...(answer.toolCalls.length === 0 ? {} : { toolCalls: answer.toolCalls }),
    })
  }

  /** What is known only from its output, after its end: the calls among it find those that the gateway saw. */
  printed(messages: readonly AgentMessage[]): void {
    const { context } = this.#about
    for (const message of messages) context.record(message)
  }

  /** A program that never asked its model was still told something. */
  wasStarted(): void {
    if (this.#hasPrompts) return
    this.#hasPrompts = true
    this.#about.context.record({ type: 'prompt', role: 'user', text: this.#about.prompt })
  }
}

interface Ran {
  exitCode: number | undefined
  stdout: string
  stderr: string
}

/** What its end means. What its provider failed with is known from the relay and not guessed from its output. */
function endOf(name: string, ran: Ran, relay: ModelRelay, redact: (text: string) => string): AgentEnd {
  if (relay.failure) return endOfFailure(relay.failure)
  if (ran.exitCode === 0) return { reason: 'finished' }
  const lines = `${ran.stdout}\n${ran.stderr}`.trim().split('\n')
  const said = redact((lines.at(-1) ?? '').slice(0, 300))
  const when = relay.answers === 0 ? ' before its model said anything' : ''
  return {
    reason: 'error',
    because: `${name} exited with ${ran.exitCode ?? 'no code'}${when}${said === '' ? '' : `: ${said}`}`,
    errorType: 'NonZeroAgentExitCodeError',
  }
}

async function writePrompt({ instruction, budget }: AgentTask): Promise<string> {
  const text = await readFile(path.join(packageRoot, 'agents', 'cli', 'preamble.md'), 'utf8')
  const filled: Record<string, string> = { instruction: instruction.trim(), budget: describeBudget(budget) }
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => filled[name] ?? '').trim()
}

async function writeHome(dir: string, { files = {} }: CliLaunch): Promise<void> {
  await Promise.all(['home', 'work'].map((name) => mkdir(path.join(dir, name), { mode: 0o700 })))
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(dir, 'home', name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, text, { mode: 0o600 })
  }
}

/** The program as it is started inside, and what has to be there for that. */
async function findOwn(
  { install, name }: CliDefinition,
  { program, env }: CliChoice,
  version: string,
): Promise<{ argv: string[]; mounts: { from: string; to: string }[] }> {
  if (install.kind === 'npm') {
    const wanted = { ...install, version }
    const dir = await installCli(wanted)
    const { file, isScript } = await entryOf(dir, wanted)
    const inside = path.join(packageInside, path.relative(dir, file))
    return { argv: isScript ? ['node', inside] : [inside], mounts: [{ from: dir, to: packageInside }] }
  }
  const [first = '', ...args] = (program ?? install.program).split(/\s+/)
  const file = await findProgram(first, env['PATH'])
  if (file === undefined) throw new Error(`${name}: there is no program ${first}`)
  // the folder it lies in comes along: most programs have files beside them
  return {
    argv: [path.join(packageInside, path.basename(file)), ...args],
    mounts: [{ from: path.dirname(file), to: packageInside }],
  }
}

async function keepOutput(dir: string, name: string, ran: Ran, redactor: Redactor): Promise<void> {
  await writeFile(path.join(dir, `${name}.stdout.txt`), redactor.text(ran.stdout))
  await writeFile(path.join(dir, `${name}.stderr.txt`), redactor.text(ran.stderr))
}
