import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { writeAtomically } from '../../../base/write-atomically.ts'
import type { ProcessId } from '../../../base/daemon.ts'
import type { Outcome } from '../../../record/events.ts'

/** How a served trial ended. */
export interface ServedEnd {
  outcome: Outcome
  because: string
  rewards: Record<string, number>
  /** The trial's folder. */
  dir: string
}

/** The files through which `serve open` and `serve close` know of each other. */
export const filesOf = (dir: string): { process: string; end: string; socket: string } => ({
  process: path.join(dir, 'process.json'),
  end: path.join(dir, 'ended.json'),
  socket: path.join(dir, 'door.sock'),
})

export async function writeEnd(dir: string, end: ServedEnd): Promise<void> {
  await writeAtomically(filesOf(dir).end, `${JSON.stringify(end, undefined, 2)}\n`)
}

export async function readEnd(dir: string): Promise<ServedEnd | undefined> {
  const text = await readFile(filesOf(dir).end, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as ServedEnd)
}

/** The process that serves. */
export async function readServer(dir: string): Promise<ProcessId | undefined> {
  const text = await readFile(filesOf(dir).process, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as ProcessId)
}
