import {
  mustRun,
  runCommand,
  startPiped,
  type CommandOptions,
  type CommandResult,
  type PipedCommand,
} from '../../base/command.ts'

/** Docker's client on this machine, with what it needs in its environment. */
export interface Docker {
  run(words: readonly string[], options?: CommandOptions): Promise<CommandResult>
  /** Throws with what was printed where that fails. */
  must(words: readonly string[], options?: CommandOptions): Promise<CommandResult>
  /** Starts what goes on, and is talked to. */
  start(words: readonly string[]): PipedCommand
}

/** The Docker that ordinary tasks run in, or in one line why there is none and what helps. */
export type FoundDocker = { docker: Docker } | { missing: string; cure: string }

export function createDocker(program: string, env: Record<string, string>): Docker {
  const withEnv = (options: CommandOptions = {}): CommandOptions => ({ ...options, env: { ...env, ...options.env } })
  return {
    run: (words, options) => runCommand([program, ...words], withEnv(options)),
    must: (words, options) => mustRun([program, ...words], withEnv(options)),
    start: (words) => startPiped([program, ...words], { env }),
  }
}

/** Whether Docker Compose is there, which is a program of its own. */
export async function hasCompose(docker: Docker): Promise<boolean> {
  return (await docker.run(['compose', 'version'], { timeoutMs: 20_000 })).exitCode === 0
}
