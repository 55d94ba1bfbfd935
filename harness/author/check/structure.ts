import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { packagedFiles } from '../../task/digest.ts'
import type { Task } from '../../task/task.ts'
import type { Finding } from './check-report.ts'

/** What a task should have besides what loading it asks for. */
export async function checkStructure(task: Task): Promise<Finding[]> {
  return [...(await missingParts(task)), ...(await sleepingScripts(task)), ...(await checkCanary(task))]
}

async function missingParts(task: Task): Promise<Finding[]> {
  const { solution, contract, metadata, instruction } = task
  const findings: Finding[] = []
  const miss = (because: string, at?: string): void => {
    findings.push({ check: 'structure', because, ...(at === undefined ? {} : { at }) })
  }
  if (solution.solve === undefined) miss('there is no solution/solve.sh: nobody showed that it can be solved')
  if (solution.alternatives.length < 2)
    miss(`expected two other correct repairs in solution/alternatives/, got ${solution.alternatives.length}`)
  if (solution.unsafe.length === 0)
    miss('expected a repair that makes the symptom go away and does harm in solution/unsafe/')
  if (contract === undefined) miss('there is no tests/contract.yaml: what else a repair breaks is not judged')
  if (contract && task.cluster && contract.healthy.length === 0)
    miss('nothing is asked of the healthy world: list under healthy what works before the fault', 'tests/contract.yaml')
  if (contract && task.cluster && contract.symptom.length === 0)
    miss('nothing says that the fault shows: list under symptom what is wrong after it', 'tests/contract.yaml')
  if (metadata?.expert_time_estimate_min === undefined)
    miss('expected expert_time_estimate_min under [metadata.kubemend]', 'task.toml')
  if (instruction.trim() === '' && task.steps.length === 0) miss('the instruction is empty', 'instruction.md')
  const readme = await readFile(path.join(task.dir, 'README.md'), 'utf8').catch(() => undefined)
  if (readme === undefined) miss('expected a README.md: story, cause, intended repair, trap')
  const untold = solution.unsafe.filter((file) => readme !== undefined && !readme.includes(path.basename(file)))
  for (const file of untold) miss(`README.md does not tell of the trap ${path.basename(file)}`, 'README.md')
  return findings
}

/** Waits are on conditions: a script that sleeps is slow here and too fast elsewhere. */
async function sleepingScripts(task: Task): Promise<Finding[]> {
  const scripts = [task.solution.solve, ...task.solution.alternatives, ...task.solution.unsafe]
  const faults = task.fault.flatMap((step) => (step.kind === 'script' ? [step.file] : []))
  const files = [...scripts, ...faults].filter((file): file is string => file !== undefined)
  const texts = await Promise.all(files.map((file) => readFile(path.join(task.dir, file), 'utf8')))
  return files.flatMap((file, i): Finding[] => {
    const line = (texts[i] ?? '').split('\n').findIndex((text) => longSleep.test(text))
    if (line < 0) return []
    return [{ check: 'structure', because: `it sleeps; wait for a condition instead`, at: `${file}:${line + 1}` }]
  })
}

/** Two seconds or more at the beginning of a command; a shorter pause between two looks is a condition's loop. */
const longSleep = /(?:^|[;&|]|\bdo|\bthen)\s*sleep\s+(?:[2-9]|\d{2,})(?:\.\d+)?[smh]?\b/

async function checkCanary(task: Task): Promise<Finding[]> {
  const canary = task.metadata?.canary
  if (canary === undefined) {
    return [{ check: 'canary', because: 'expected a canary (a UUID) under [metadata.kubemend]', at: 'task.toml' }]
  }
  const files = (await packagedFiles(task.dir)).filter(
    (file) => task.workspace === undefined || !path.join(task.dir, file).startsWith(task.workspace),
  )
  const texts = await Promise.all(files.map((file) => readFile(path.join(task.dir, file), 'utf8')))
  return files
    .filter((_, i) => !texts[i]?.includes(canary))
    .map((file) => ({ check: 'canary', because: `${file} does not carry the task's canary`, at: file }))
}
