import { nameOfAgent } from '../store/name-of-agent.ts'
import { readFile } from 'node:fs/promises'
import type { Agent } from '../../agents/agent.ts'
import { createAnswers, readAnswers } from '../../agents/answers/answers.ts'
import { cliNames, isCliName } from '../../agents/cli/cli-names.ts'
import { createHuman, humanModes, type HumanMode } from '../../agents/human/human.ts'
import { chooseModel } from '../../agents/model/choose-model.ts'
import { createNop } from '../../agents/nop/nop.ts'
import { createOracle } from '../../agents/oracle/oracle.ts'
import { loadPrices } from '../../agents/price-of.ts'
import { createReplay } from '../../agents/replay/replay.ts'
import { InputError, messageOf } from '../base/errors.ts'
import { readTrajectory } from '../record/atif-reader.ts'
import type { AgentIdentity } from '../store/planned-trial.ts'
import { say } from './output.ts'

/** What `--agent` takes, for help and errors. */
export const agentForms: string = `oracle, oracle:SCRIPT, nop, replay=FILE, answers=FILE, human, human=shell, human=mcp, model=PROVIDER/NAME, ${cliNames
  .map((name) => (name === 'command' ? 'command=PROGRAM' : `${name}[=MODEL]`))
  .join(', ')}`

/** Settings that make a variant of an agent: `model=anthropic/x,prompt=file,tools=typed`. */
const variantKeys: Record<string, readonly string[]> = {
  model: ['prompt', 'tools', 'effort', 'context'],
  cli: ['tools', 'version', 'effort'],
}

/** The only place that names the concrete agents. `oracle:unsafe/scale.sh` is the oracle with another script. */
export function parseAgent(text: string, settings: { baseUrl?: string | undefined } = {}): AgentIdentity {
  const [, name = '', separator, rest = ''] = /^([^:=,]*)([:=,])?(.*)$/s.exec(text) ?? []
  if (text === 'nop') return { name }
  if (name === 'oracle' && separator !== '=' && separator !== ',')
    return rest === '' ? { name } : { name, options: { script: rest } }
  if (name === 'answers' && separator === '=' && rest !== '') return { name, options: { file: rest } }
  if (name === 'replay' && separator === '=' && rest !== '') return { name, options: { file: rest } }
  if (text === 'human') return { name }
  if (name === 'human' && separator === '=' && isHumanMode(rest)) return { name, options: { mode: rest } }
  // a program's command line may hold anything
  if (name === 'command' && separator === '=' && rest !== '') return { name, options: { program: rest } }
  if (name === 'model' && separator === '=' && rest !== '') return parseVariant(text, name, rest, settings)
  if (isCliName(name) && name !== 'command' && separator !== ':')
    return parseVariant(text, name, separator === ',' ? `,${rest}` : rest, settings)
  throw new InputError([`--agent ${text}: expected one of ${agentForms}`])
}

function parseVariant(
  text: string,
  name: string,
  rest: string,
  { baseUrl }: { baseUrl?: string | undefined },
): AgentIdentity {
  const [model = '', ...pairs] = rest.split(',')
  const known = variantKeys[name] ?? variantKeys['cli'] ?? []
  const options: Record<string, unknown> = {}
  const problems: string[] = []
  for (const pair of pairs) {
    const [key = '', ...value] = pair.split('=')
    if (!known.includes(key) || value.length === 0 || value[0] === '')
      problems.push(`--agent ${text}: ${pair}: expected one of ${known.map((one) => `${one}=...`).join(', ')}`)
    else if (key === 'tools' && !['kubectl', 'typed'].includes(value.join('=')))
      problems.push(`--agent ${text}: tools: expected kubectl or typed`)
    else if (key === 'context' && !(Number(value.join('=')) > 1000))
      problems.push(`--agent ${text}: context: expected a number of tokens, above 1000`)
    else options[key] = value.join('=')
  }
  if (problems.length > 0) throw new InputError(problems)
  const { effort, ...more } = options
  const all = { ...more, ...(baseUrl === undefined ? {} : { baseUrl }) }
  return {
    name,
    ...(model === '' ? {} : { model }),
    ...(typeof effort === 'string' ? { effort } : {}),
    ...(Object.keys(all).length === 0 ? {} : { options: all }),
  }
}

/** Whether what an agent needs is there and well-formed, before anything is started. */
export async function checkAgent(identity: AgentIdentity): Promise<void> {
  const { name, model = '', options } = identity
  if (name === 'replay') await readTrajectory(String(options?.['file']))
  if (name === 'answers') await readAnswers(String(options?.['file']))
  if (name === 'model') {
    chooseModel(model, { baseUrl: textOption(identity, 'baseUrl'), env: process.env })
    const prompt = textOption(identity, 'prompt')
    if (prompt !== undefined)
      await readFile(prompt).catch((error: unknown) => {
        throw new InputError([`--agent model=${model}: prompt: ${messageOf(error)}`], { cause: error })
      })
  }
  if (isCliName(name)) {
    const { checkCli, prepareCli } = await import('../../agents/cli/check-cli.ts')
    const problem = await checkCli(cliOptions(identity))
    if (problem !== undefined) throw new InputError([`--agent ${nameOfAgent(identity)}: ${problem}`])
    await prepareCli(cliOptions(identity), say)
  }
}

/** Makes an agent; what only models need is loaded for models only. */
export async function makeAgent(
  identity: AgentIdentity,
  settings: { prices?: string | undefined } = {},
): Promise<Agent> {
  const { name, model = '', options } = identity
  switch (name) {
    case 'nop':
      return createNop()
    case 'replay':
      return createReplay(String(options?.['file']))
    case 'answers':
      return createAnswers(String(options?.['file']))
    case 'human':
      return createHuman(isHumanMode(options?.['mode']) ? options['mode'] : undefined)
    case 'oracle':
      return createOracle(textOption(identity, 'script'))
    case 'model': {
      const { createModelAgent } = await import('../../agents/model/model.ts')
      const context = textOption(identity, 'context')
      return createModelAgent({
        choice: chooseModel(model, { baseUrl: textOption(identity, 'baseUrl'), env: process.env }),
        priceOf: await loadPrices(settings.prices),
        promptFile: textOption(identity, 'prompt'),
        effort: identity.effort,
        ...(context === undefined ? {} : { contextTokens: Number(context) }),
      })
    }
    default: {
      const { createCliAgent } = await import('../../agents/cli/cli-agent.ts')
      return createCliAgent({ ...cliOptions(identity), priceOf: await loadPrices(settings.prices) })
    }
  }
}

/** Which of our tools this variant of an agent gets, where it says so. */
export function toolsOf({ options }: AgentIdentity): 'kubectl' | 'typed' | undefined {
  const tools = options?.['tools']
  return tools === 'kubectl' || tools === 'typed' ? tools : undefined
}

function cliOptions(identity: AgentIdentity) {
  return {
    name: identity.name,
    model: identity.model,
    effort: identity.effort,
    version: textOption(identity, 'version'),
    program: textOption(identity, 'program'),
    baseUrl: textOption(identity, 'baseUrl'),
    env: process.env,
  }
}

function textOption({ options }: AgentIdentity, key: string): string | undefined {
  const value = options?.[key]
  return typeof value === 'string' ? value : undefined
}

function isHumanMode(mode: unknown): mode is HumanMode {
  return humanModes.includes(mode as HumanMode)
}
