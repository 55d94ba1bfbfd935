import { appendFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rename } from 'node:fs/promises'
import path from 'node:path'
import { isRunning, thisProcess, type ProcessId } from '../base/daemon.ts'
import { messageOf } from '../base/errors.ts'
import { storageError } from '../base/storage-error.ts'
import { writeAtomically } from '../base/write-atomically.ts'
import { trialConfig, type TrialPlacement } from './harbor-config.ts'
import { trialLock } from './harbor-lock.ts'
import type { PlannedTrial } from './planned-trial.ts'
import { checkTrialResult, type TrialResult } from './read-trial-result.ts'
import { renderTrialResult, type TrialFacts } from './trial-result.ts'

/**
 * finished: it has its result. running: the process that makes it lives. crashed: that process died. damaged: it has a
 * result that cannot be read.
 */
export type TrialState =
  | { state: 'finished'; result: TrialResult }
  | { state: 'running' }
  | { state: 'crashed' }
  | { state: 'damaged'; problems: string[] }

/** The files of one trial: Harbor's where Harbor has them, our evidence under `kubemend/`, which Harbor ignores. */
export class TrialStore {
  readonly dir: string
  readonly name: string

  constructor(dir: string) {
    this.dir = dir
    this.name = path.basename(dir)
  }

  get config(): string {
    return path.join(this.dir, 'config.json')
  }
  get lock(): string {
    return path.join(this.dir, 'lock.json')
  }
  get result(): string {
    return path.join(this.dir, 'result.json')
  }
  get logFile(): string {
    return path.join(this.dir, 'trial.log')
  }
  /** What the agent left, its trajectory among it. */
  get agentDir(): string {
    return path.join(this.dir, 'agent')
  }
  get trajectory(): string {
    return path.join(this.agentDir, 'trajectory.json')
  }
  /** What the verifier left: reward.json, test-stdout.txt, ... */
  get verifierDir(): string {
    return path.join(this.dir, 'verifier')
  }
  get artifactsDir(): string {
    return path.join(this.dir, 'artifacts')
  }
  /** Where Harbor has what a step of a task left. */
  stepDir(step: string): string {
    return path.join(this.dir, 'steps', step)
  }
  trajectoryOf(step: string): string {
    return path.join(this.stepDir(step), 'agent/trajectory.json')
  }
  /** Our evidence: recorder and timeline write here. */
  get evidenceDir(): string {
    return path.join(this.dir, 'kubemend')
  }
  get record(): string {
    return path.join(this.evidenceDir, 'record.jsonl')
  }
  get timeline(): string {
    return path.join(this.evidenceDir, 'timeline.jsonl')
  }
  get audit(): string {
    return path.join(this.evidenceDir, 'audit.jsonl')
  }
  get baseline(): string {
    return path.join(this.evidenceDir, 'baseline.json')
  }
  get endState(): string {
    return path.join(this.evidenceDir, 'end-state.json')
  }
  /** Of manifest tasks: what an answer made, as it was when it had been judged. */
  get liveObjects(): string {
    return path.join(this.evidenceDir, 'live.json')
  }
  /** Of manifest tasks: what models said that were asked to judge the answer. */
  get assessments(): string {
    return path.join(this.evidenceDir, 'assessments.json')
  }
  get verdicts(): string {
    return path.join(this.evidenceDir, 'verdicts.json')
  }
  /** Logs of the cluster's components, for invalid trials above all. */
  get logsDir(): string {
    return path.join(this.evidenceDir, 'logs')
  }

  /** Makes the folder and says what is to happen in it; from now on the trial is running until its result is there. */
  async begin(planned: PlannedTrial, placed: TrialPlacement): Promise<void> {
    try {
      for (const dir of [this.agentDir, this.verifierDir, this.artifactsDir, this.evidenceDir])
        await mkdir(dir, { recursive: true })
    } catch (error) {
      throw storageError(error, this.dir)
    }
    await this.writeJson(this.#owner, { ...thisProcess(), planned })
    await this.writeJson(this.config, trialConfig(planned, placed))
    await this.writeJson(this.lock, trialLock(planned, placed.environment, placed.agentTimeoutSec))
  }

  /** Lays what agent and verifier left of a step where Harbor has it, and makes room for the next. */
  async keepStep(step: string): Promise<void> {
    for (const dir of [this.agentDir, this.verifierDir, this.artifactsDir]) {
      const to = path.join(this.stepDir(step), path.basename(dir))
      await mkdir(to, { recursive: true })
      for (const name of await readdir(dir)) await rename(path.join(dir, name), path.join(to, name))
    }
  }

  /** Writes the result: the last thing that happens to a trial, and what makes it finished. */
  async finish(facts: TrialFacts): Promise<void> {
    await this.writeJson(this.result, renderTrialResult(facts))
  }

  /** Writes any of its files, whole or not at all. */
  async writeJson(file: string, document: unknown): Promise<void> {
    await writeAtomically(file, `${JSON.stringify(document, undefined, 4)}\n`)
  }

  /** Adds a line for people to `trial.log`. */
  log(line: string): void {
    try {
      appendFileSync(this.logFile, `${new Date().toISOString()} ${line}\n`)
    } catch (error) {
      throw storageError(error, this.logFile)
    }
  }

  async state(): Promise<TrialState> {
    const text = await readFile(this.result, 'utf8').catch(() => undefined)
    if (text === undefined) return { state: (await this.#isOwned()) ? 'running' : 'crashed' }
    const { value, problems } = checkTrialResult(parseJson(text))
    if (value) return { state: 'finished', result: value }
    return { state: 'damaged', problems: problems.map((p) => `${this.result}: ${p.path}: ${p.message}`) }
  }

  async #isOwned(): Promise<boolean> {
    const text = await readFile(this.#owner, 'utf8').catch(() => undefined)
    const owner = text === undefined ? undefined : (parseJson(text) as ProcessId | undefined)
    return owner?.pid !== undefined && isRunning(owner)
  }

  get #owner(): string {
    return path.join(this.evidenceDir, 'owner.json')
  }
}

/** The parsed text, or a sentence that no schema takes for anything. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    return `no JSON: ${messageOf(error)}`
  }
}
