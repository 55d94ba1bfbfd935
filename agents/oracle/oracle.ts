import type { Agent } from '../agent.ts'

/**
 * Runs the task's own solution, or another script of it, with the agent's identity and kubectl only: what it can do, an
 * agent can.
 */
export function createOracle(script = 'solve.sh'): Agent {
  return {
    name: script === 'solve.sh' ? 'oracle' : `oracle:${script}`,
    version: '1',
    usesModel: false,
    answer(_question, { extras }) {
      if (extras.reference === undefined)
        return Promise.resolve({ reason: 'error', because: 'the task has no reference' })
      return Promise.resolve({ reason: 'finished', answer: extras.reference })
    },
    async run(_task, { extras }) {
      if (extras.solutionDir === undefined) return { reason: 'error', because: 'the task has no solution' }
      const result = await extras.runScript({
        file: `/solution/${script}`,
        mounts: { [extras.solutionDir]: '/solution' },
        env: {},
      })
      if (result.exitCode === 0) return { reason: 'finished' }
      const how = result.isTimedOut ? 'ran out of time' : `exited with ${result.exitCode ?? 'no code'}`
      const said = result.stderr.trim().split('\n').at(-1)
      return { reason: 'error', because: `${script} ${how}${said ? `: ${said}` : ''}` }
    },
  }
}
