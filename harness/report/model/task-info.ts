import { tryLoadTask } from '../../task/load-task.ts'
import type { Task } from '../../task/task.ts'
import type { ReportTrial } from './read-jobs.ts'

/** What a report says of a task beside its trials. */
export interface TaskInfo {
  task: string
  digest: string
  difficulty: string | undefined
  category: string | undefined
  instruction: string | undefined
  canary: string | undefined
  expertMinutes: number | undefined
  /** Whether trials of other versions of the task are in the report, too. */
  hasOtherVersions: boolean
}

/** Reads the tasks' folders, as far as they are still there and still what they were when the trials were made. */
export async function readTaskInfos(trials: readonly ReportTrial[]): Promise<TaskInfo[]> {
  const byTask = new Map<string, ReportTrial[]>()
  for (const trial of trials) {
    const known = byTask.get(trial.row.task)
    if (known) known.push(trial)
    else byTask.set(trial.row.task, [trial])
  }
  const infos: TaskInfo[] = []
  for (const [task, group] of byTask) infos.push(await readTaskInfo(task, group))
  return infos.toSorted((a, b) => (a.task < b.task ? -1 : 1))
}

async function readTaskInfo(task: string, trials: readonly ReportTrial[]): Promise<TaskInfo> {
  const digests = new Set(trials.map(({ row }) => row.digest))
  const loaded = await loadAny(new Set(trials.map(({ taskPath }) => taskPath)))
  const isSame = loaded !== undefined && digests.has(loaded.digest)
  return {
    task,
    digest: isSame ? loaded.digest : (trials.at(-1)?.row.digest ?? ''),
    difficulty: loaded?.difficulty,
    category: loaded?.category,
    instruction: isSame ? loaded.instruction : undefined,
    canary: loaded?.metadata?.canary,
    expertMinutes: loaded?.metadata?.expert_time_estimate_min,
    hasOtherVersions: digests.size > 1,
  }
}

async function loadAny(dirs: ReadonlySet<string>): Promise<Task | undefined> {
  for (const dir of dirs) {
    const { task } = await tryLoadTask(dir).catch(() => ({ task: undefined }))
    if (task) return task
  }
  return undefined
}
