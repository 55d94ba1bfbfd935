import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, stat } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { isRunning, thisProcess, type ProcessId } from '../base/daemon.ts'
import { InputError, KubemendError } from '../base/errors.ts'
import { mapSeveral } from '../base/map-several.ts'
import { checkAgainst } from '../base/schema-problems.ts'
import { storageError } from '../base/storage-error.ts'
import { writeAtomically } from '../base/write-atomically.ts'
import { jobConfig, type JobPlan } from './harbor-config.ts'
import { jobLock } from './harbor-lock.ts'
import { renderJobResult, type JobFacts } from './job-result.ts'
import type { PlannedTrial } from './planned-trial.ts'
import { makeTrialName } from './trial-name.ts'
import { TrialStore, type TrialState } from './trial-store.ts'

export interface StoredTrial {
  store: TrialStore
  state: TrialState
}

/** What a job was started with, in `<job>/kubemend.json`: Harbor's own files cannot say it all. */
export interface StoredPlan {
  version: 1
  id: string
  createdAt: string
  plan: JobPlan
  planned: PlannedTrial[]
}

/** The files of one job. */
export class JobStore {
  readonly dir: string
  readonly stored: StoredPlan

  private constructor(dir: string, stored: StoredPlan) {
    this.dir = dir
    this.stored = stored
  }

  /** Makes the job's folder and writes its plan; a folder that is there already is somebody else's. */
  static async create(plan: JobPlan, planned: readonly PlannedTrial[]): Promise<JobStore> {
    const dir = path.join(plan.jobsDir, plan.jobName)
    try {
      await mkdir(plan.jobsDir, { recursive: true })
      await mkdir(dir)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST')
        throw new InputError([`${dir}: there is a job of this name already`], {
          hint: `choose another with --job-name, or go on with it: --resume ${dir}`,
          cause: error,
        })
      throw storageError(error, dir)
    }
    const createdAt = new Date()
    const stored = {
      version: 1 as const,
      id: randomUUID(),
      createdAt: createdAt.toISOString(),
      plan,
      planned: [...planned],
    }
    const store = new JobStore(dir, stored)
    await writeJson(store.planFile, stored)
    await writeJson(path.join(dir, 'config.json'), jobConfig(plan))
    await writeJson(path.join(dir, 'lock.json'), jobLock(planned, { createdAt, ...plan }))
    return store
  }

  /** A job that was made before, by us. */
  static async open(dir: string): Promise<JobStore> {
    const file = path.join(dir, planFileName)
    const text = await readFile(file, 'utf8').catch((cause: unknown) => {
      throw new InputError([`${dir}: expected a job's folder with ${planFileName}`], { cause })
    })
    const { value, problems } = checkAgainst(planSchema, parseJson(text, file))
    if (problems) throw new InputError(problems.map((p) => `${file}: ${p.path}: ${p.message}`))
    return new JobStore(dir, value as unknown as StoredPlan)
  }

  get planFile(): string {
    return path.join(this.dir, planFileName)
  }
  get result(): string {
    return path.join(this.dir, 'result.json')
  }
  get logFile(): string {
    return path.join(this.dir, 'job.log')
  }

  /** Makes this process the one that works on the job; refuses while another one does. */
  async claim(): Promise<void> {
    const file = path.join(this.dir, '.owner.json')
    const text = await readFile(file, 'utf8').catch(() => undefined)
    const owner = text === undefined ? undefined : (parseJson(text, file) as ProcessId)
    if (owner && owner.pid !== process.pid && isRunning(owner))
      throw new InputError([`${this.dir}: process ${owner.pid} is working on this job`], {
        hint: 'wait for it, or end it first',
      })
    await writeJson(file, thisProcess())
  }

  /** A new folder for a trial of a task, under a name that no other trial has. */
  async newTrial(taskName: string): Promise<TrialStore> {
    for (;;) {
      const dir = path.join(this.dir, makeTrialName(taskName))
      try {
        await mkdir(dir)
        return new TrialStore(dir)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw storageError(error, dir)
      }
    }
  }

  trial(name: string): TrialStore {
    return new TrialStore(path.join(this.dir, name))
  }

  /** Every trial that was ever begun and not set aside, by name. */
  async trials(): Promise<StoredTrial[]> {
    const names = (await readdir(this.dir)).filter((name) => !name.startsWith('.')).toSorted()
    const stored = await mapSeveral(names, 16, async (name): Promise<StoredTrial[]> => {
      const store = this.trial(name)
      const isTrial = await isThere(store.config, store.result, store.evidenceDir)
      return isTrial ? [{ store, state: await store.state() }] : []
    })
    return stored.flat()
  }

  /** Rewrites `result.json` from what is known now. */
  async writeResult(facts: Omit<JobFacts, 'id' | 'startedAt' | 'planned'>): Promise<void> {
    const { id, createdAt, planned } = this.stored
    const whole = { ...facts, id, startedAt: new Date(createdAt), planned: planned.length }
    await writeJson(this.result, renderJobResult(whole))
  }

  /** Moves a trial that will be done again out of sight of every reader; its evidence is kept. */
  async setAside(trial: TrialStore): Promise<string> {
    const target = path.join(this.dir, '.set-aside', `${trial.name}.${Date.now()}`)
    try {
      await mkdir(path.dirname(target), { recursive: true })
      await rename(trial.dir, target)
    } catch (error) {
      throw storageError(error, trial.dir)
    }
    return target
  }

  /** Adds a line for people to `job.log`. */
  log(line: string): void {
    try {
      appendFileSync(this.logFile, `${new Date().toISOString()} ${line}\n`)
    } catch (error) {
      throw storageError(error, this.logFile)
    }
  }
}

/** The jobs of a results folder, by name; folders that are none are left out. */
export async function listJobs(resultsDir: string): Promise<string[]> {
  const names = await readdir(resultsDir).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    throw new KubemendError('unreadable', `${resultsDir}: ${error.message}`, { cause: error })
  })
  const dirs = names.toSorted().map((name) => path.join(resultsDir, name))
  const isJob = await Promise.all(dirs.map((dir) => isThere(path.join(dir, planFileName))))
  return dirs.filter((_, i) => isJob[i])
}

const planFileName = 'kubemend.json'

const task = z.object({
  name: z.string(),
  path: z.string(),
  dataset: z.string().optional(),
  digest: z.templateLiteral(['sha256:', z.string()]),
  version: z.string().optional(),
})
const agent = z.object({
  name: z.string(),
  model: z.string().optional(),
  effort: z.string().optional(),
  options: z.record(z.string(), z.unknown()).optional(),
})
const planSchema = z.object({
  version: z.literal(1),
  id: z.uuid(),
  createdAt: z.iso.datetime(),
  plan: z.object({
    jobName: z.string(),
    jobsDir: z.string(),
    agents: z.array(agent),
    tasks: z.array(task),
    attempts: z.int().positive(),
    concurrency: z.int().positive(),
    environment: z.looseObject({ provider: z.string() }),
    agentTimeoutSec: z.number().optional(),
  }),
  planned: z.array(z.object({ task, agent, attempt: z.int().positive() })),
})

async function writeJson(file: string, document: unknown): Promise<void> {
  await writeAtomically(file, `${JSON.stringify(document, undefined, 4)}\n`)
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new InputError([`${file}: expected JSON`], { cause })
  }
}

async function isThere(...files: string[]): Promise<boolean> {
  const found = await Promise.all(
    files.map((file) =>
      stat(file).then(
        () => true,
        () => false,
      ),
    ),
  )
  return found.includes(true)
}
