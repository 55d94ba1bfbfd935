import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { startCli, type CliProcess } from './cli-process.ts'

/** What `kubemend run --json` says of a trial. */
export interface SharedTrial {
  agent: string
  outcome: string
  reward: number
  because: string
  dir: string
}

export interface SharedJob {
  /** The folder that was made for them. */
  dir: () => string
  trials: () => SharedTrial[]
  trialOf: (agent: string) => SharedTrial
}

/**
 * Trials that all tests of a file look at. They are run before the first test, and once more when a test is tried again:
 * to look at the same trials a second time would tell nothing.
 */
export function shareJob(run: (dir: string) => Promise<SharedTrial[]>, timeoutMs = 600_000): SharedJob {
  const dirs: string[] = []
  let trials: SharedTrial[] = []
  let failure: unknown
  const runAnew = async (): Promise<void> => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'shared-job-'))
    dirs.push(dir)
    try {
      trials = await run(dir)
      failure = undefined
    } catch (error) {
      failure = error
    }
  }
  beforeAll(runAnew, timeoutMs)
  beforeEach(async ({ task }) => {
    if (task.result?.retryCount && dirs.length === 1) await runAnew()
    if (failure !== undefined) throw failure
  }, timeoutMs)
  afterAll(() => Promise.all(dirs.map((dir) => rm(dir, { recursive: true, force: true }))))
  return {
    dir: () => dirs.at(-1) ?? '',
    trials: () => trials,
    trialOf(agent) {
      const found = trials.find((trial) => trial.agent === agent)
      if (!found) throw new Error(`there is no trial of ${agent}: ${JSON.stringify(trials)}`)
      return found
    },
  }
}

/** `kubemend run` with these words, and the trials that came of it. */
export function runJob(words: readonly string[], env: Record<string, string> = {}): Promise<SharedTrial[]> {
  return trialsOf(startCli(['run', ...words, '--json'], env))
}

/** The trials of a `kubemend run --json` that was started before. */
export async function trialsOf(cli: CliProcess): Promise<SharedTrial[]> {
  await cli.ended
  const { trials } = JSON.parse(cli.stdout || '{"trials": []}') as { trials: SharedTrial[] }
  if (trials.length === 0) throw new Error(`no trials:\n${cli.said}`)
  return trials
}
