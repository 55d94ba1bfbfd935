import type { Agent } from '../../agents/agent.ts'
import { createHuman, humanModes, type HumanMode } from '../../agents/human/human.ts'
import { createNop } from '../../agents/nop/nop.ts'
import { createOracle } from '../../agents/oracle/oracle.ts'
import { createReplay } from '../../agents/replay/replay.ts'
import { InputError } from '../base/errors.ts'
import { readTrajectory } from '../record/atif-reader.ts'
import type { AgentIdentity } from '../store/planned-trial.ts'

/** What `--agent` takes, for help and errors. */
export const agentForms = 'oracle, oracle:SCRIPT, nop, replay=FILE, human, human=shell, human=mcp'

/** The only place that names the concrete agents. `oracle:unsafe/scale.sh` is the oracle with another script. */
export function parseAgent(text: string): AgentIdentity {
  const [, name = '', separator, rest = ''] = /^([^:=]*)([:=])?(.*)$/s.exec(text) ?? []
  if (text === 'nop') return { name }
  if (name === 'oracle' && separator !== '=') return rest === '' ? { name } : { name, options: { script: rest } }
  if (name === 'replay' && separator === '=' && rest !== '') return { name, options: { file: rest } }
  if (text === 'human') return { name }
  if (name === 'human' && separator === '=' && isHumanMode(rest)) return { name, options: { mode: rest } }
  throw new InputError([`--agent ${text}: expected one of ${agentForms}`])
}

/** Whether what an agent needs is there and well-formed, before anything is started. */
export async function checkAgent({ name, options }: AgentIdentity): Promise<void> {
  if (name === 'replay') await readTrajectory(String(options?.['file']))
}

export function makeAgent({ name, options }: AgentIdentity): Agent {
  switch (name) {
    case 'nop':
      return createNop()
    case 'replay':
      return createReplay(String(options?.['file']))
    case 'human':
      return createHuman(isHumanMode(options?.['mode']) ? options['mode'] : undefined)
    default:
      return createOracle(typeof options?.['script'] === 'string' ? options['script'] : undefined)
  }
}

/** How people name an agent, on the command line and in tables. */
export function nameOfAgent({ name, model, options }: AgentIdentity): string {
  const [more] = ['script', 'file', 'mode'].flatMap((key) => options?.[key] ?? [])
  const own = typeof more === 'string' ? [`${name}${name === 'oracle' ? ':' : '='}${more}`] : [name]
  return [...own, ...(model === undefined ? [] : [model])].join(':')
}

function isHumanMode(mode: unknown): mode is HumanMode {
  return humanModes.includes(mode as HumanMode)
}
