import path from 'node:path'
import type { Contract } from './contract.ts'
import type { KubemendMetadata } from './kubemend-metadata.ts'
import type { FaultStep, Manifest } from './manifests.ts'
import { report, type TaskReading } from './read-text.ts'
import type { Solution, TaskStep } from './task.ts'
import { clusterFile, contractFile, faultDir, solveFile, workspaceDir, worldDir } from './task-files.ts'

interface KindParts {
  cluster: { isThere: boolean }
  world: readonly Manifest[]
  fault: readonly FaultStep[]
  workspace: string | undefined
  steps: readonly TaskStep[]
  solution: Solution
}

/** What each kind of task must have and must not have. */
export function checkKind(
  reading: TaskReading,
  metadata: KubemendMetadata,
  parts: KindParts,
  { mayLackSolution }: { mayLackSolution?: boolean },
): void {
  const { kind } = metadata
  const expect = (isRight: boolean, file: string, message: string): void => {
    const isKnown = reading.problems.some((problem) => problem.file.startsWith(path.join(reading.dir, file)))
    if (!isRight && !isKnown) report(reading, file, { message })
  }
  expect(parts.steps.length === 0, 'task.toml', `steps: expected none in a ${kind} task`)
  if (kind === 'repair') {
    expect(parts.world.length > 0, worldDir, 'missing; expected the manifests of the healthy system')
    expect(parts.fault.length > 0, faultDir, 'missing; expected what breaks the world')
  }
  if (kind === 'workspace') {
    expect(parts.workspace !== undefined, workspaceDir, 'missing; expected the files to repair')
    expect(parts.world.length === 0, worldDir, 'expected none: a workspace task has no cluster')
    expect(!parts.cluster.isThere, clusterFile, 'expected none: a workspace task has no cluster')
  }
  if (kind !== 'repair') expect(parts.fault.length === 0, faultDir, `expected none in a ${kind} task`)
  if (kind !== 'manifest' && !mayLackSolution) {
    expect(
      parts.solution.solve !== undefined,
      solveFile,
      'missing; expected the repair that proves the task can be solved',
    )
  }
}

/** A task with our files and without our metadata is ours and unfinished, not somebody else's. */
export function reportForeign(
  reading: TaskReading,
  parts: { world: readonly Manifest[]; fault: readonly FaultStep[]; contract: Contract | undefined },
): void {
  const ours = parts.contract
    ? contractFile
    : parts.world.length > 0
      ? worldDir
      : parts.fault.length > 0
        ? faultDir
        : undefined
  if (ours === undefined) return
  report(reading, 'task.toml', { at: 'metadata.kubemend', message: `missing; a task with ${ours} needs it` })
}
