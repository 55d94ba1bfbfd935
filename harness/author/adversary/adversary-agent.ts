import path from 'node:path'
import type { Agent } from '../../../agents/agent.ts'
import type { AgentIdentity } from '../../store/planned-trial.ts'

/** How an adversary's script ended; what the trial's outcome alone does not tell. */
export interface AdversaryEnd {
  exitCode: number | undefined
  output: string
}

/** An adversary as the plan of a job names it; its script lies in the folder of evidence. */
export function adversaryIdentity(name: string, file: string): AgentIdentity {
  return { name: 'adversary', options: { script: name, file } }
}

/** The agent that runs an adversary's script, as the oracle runs the solution: with what any agent may do. */
export function createAdversary(identity: AgentIdentity, onEnd: (end: AdversaryEnd) => void): Agent {
  const { script, file } = identity.options as { script: string; file: string }
  return {
    name: `adversary=${script}`,
    version: '1',
    usesModel: false,
    async run(_task, { extras }) {
      const { exitCode, stdout, stderr, isTimedOut } = await extras.runScript({
        file: `/probe/${path.basename(file)}`,
        mounts: {
          [path.dirname(file)]: '/probe',
          ...(extras.solutionDir === undefined ? {} : { [extras.solutionDir]: '/solution' }),
        },
        env: {},
      })
      onEnd({ exitCode, output: `${stdout}\n${stderr}` })
      if (exitCode === 0) return { reason: 'finished' }
      const how = isTimedOut ? 'ran out of time' : `exited with ${exitCode ?? 'no code'}`
      return { reason: 'error', because: `${script} ${how}: ${stderr.trim().split('\n').at(-1) ?? ''}` }
    },
  }
}
