import type { ImportedTask } from '../../../author/import/bench-task.ts'
import { writeSkeleton } from '../../../author/new/skeleton.ts'
import { showPath } from '../../../task/problem.ts'
import { print } from '../../output.ts'

export interface Written {
  dir: string
  files: string[]
  remarks: string[]
}

/** Writes an imported task and tells what is still to be done. */
export async function writeImported(dir: string, { skeleton, remarks }: ImportedTask): Promise<Written> {
  const files = await writeSkeleton(dir, skeleton)
  return { dir, files, remarks }
}

export function printImported({ dir, files, remarks }: Written): void {
  print(`${showPath(dir)}: ${files.length} files`)
  for (const remark of remarks) print(`- ${remark}`)
}
