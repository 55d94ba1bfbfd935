import type { Agent } from '../../../agents/agent.ts'
import { createNop } from '../../../agents/nop/nop.ts'
import { createOracle } from '../../../agents/oracle/oracle.ts'
import type { AgentIdentity } from '../../store/planned-trial.ts'
import { createAdversary, type AdversaryEnd } from '../adversary/adversary-agent.ts'

/** The agents that probe a task: nobody, and scripts with the agent's own identity. */
export function makeProbeAgent(identity: AgentIdentity, onEnd: (end: AdversaryEnd) => void): Agent {
  const { name, options } = identity
  if (name === 'adversary') return createAdversary(identity, onEnd)
  if (name === 'nop') return createNop()
  const script = options?.['script']
  return createOracle(typeof script === 'string' ? script : undefined)
}
