import type { AgentExtras } from '../../agents/agent.ts'
import { runInSandbox } from './sandbox.ts'

/** Runs an agent that is a program where it reaches its gateway and its model and nothing else. */
export function confinedRunner(options: {
  portal: string
  timeoutMs: number
  signal: AbortSignal
}): AgentExtras['runConfined'] {
  return ({ env, ...program }) => runInSandbox({ ...program, secretEnv: env, ...options })
}
