import { createHash } from 'node:crypto'
import { readdir, readFile, readlink } from 'node:fs/promises'
import path from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { CheckVerdict } from '../../verifiers/run-checks.ts'
import type { KubeObject } from '../base/kube-client.ts'
import { idOf, printId, type ClusterState } from '../state/cluster-state.ts'
import { diffStates } from '../state/diff-states.ts'
import { printDifference } from '../state/difference.ts'
import { allowed, parseMayChange } from '../state/may-change.ts'
import type { Contract } from '../task/contract.ts'

/** What a workspace held: a digest for each file, by its path. */
export type FileDigests = Record<string, string>

export async function digestFiles(dir: string): Promise<FileDigests> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => !entry.isDirectory()).map((entry) => path.join(entry.parentPath, entry.name))
  const rows = await Promise.all(
    files.map(async (file) => {
      const bytes = await readFile(file).catch(() => readlink(file))
      return [path.relative(dir, file), createHash('sha256').update(bytes).digest('hex')] as const
    }),
  )
  return Object.fromEntries(rows.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * Judges what changed between two folders. A file that `may-change` names as `file/PATH` may change in the fields it
 * lists, compared as YAML; every other file must stay as it was, to the byte.
 */
export async function judgeFiles(beforeDir: string, afterDir: string, contract: Contract): Promise<CheckVerdict[]> {
  const [before, after] = await Promise.all([digestFiles(beforeDir), digestFiles(afterDir)])
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => before[name] !== after[name],
  )
  const broken: string[] = []
  for (const name of names) {
    const fields = contract.mayChange[`file/${name}`]
    if (fields === undefined || before[name] === undefined || after[name] === undefined) {
      broken.push(`${name} was ${how(before[name], after[name])}`)
    } else broken.push(...(await changedBeyond(fields, path.join(beforeDir, name), path.join(afterDir, name), name)))
  }
  const verdict = (status: CheckVerdict['status'], because: string): CheckVerdict => ({
    verifier: 'nothing-else-changed',
    at: 'preserve',
    status,
    because,
    durationMs: 0,
  })
  return broken.length === 0
    ? [verdict('met', 'no protected file or field changed')]
    : broken.map((because) => verdict('not-met', because))
}

/** Changes of a file of manifests that no allowed path covers, in words. */
async function changedBeyond(
  fields: readonly string[],
  beforeFile: string,
  afterFile: string,
  name: string,
): Promise<string[]> {
  const [before, after] = await Promise.all([readManifests(beforeFile), readManifests(afterFile)])
  if (before === undefined || after === undefined) return [`${name} holds no readable manifests any more`]
  const allowances = parseMayChange(Object.fromEntries(before.objects.map((object) => [printId(idOf(object)), fields])))
  return diffStates(before, after)
    .filter((difference) => !allowed(difference, allowances))
    .map((difference) => `${name}: ${printDifference(difference)}`)
}

async function readManifests(file: string): Promise<ClusterState | undefined> {
  const documents = parseAllDocuments(await readFile(file, 'utf8'))
  if (!Array.isArray(documents) || documents.some((document) => document.errors.length > 0)) return undefined
  const objects = documents.map((document) => document.toJS() as KubeObject | null)
  if (objects.some((object) => !object?.kind || !object.metadata?.name)) return undefined
  return { objects: objects as KubeObject[], takenAt: '', unreadable: [] }
}

function how(before: string | undefined, after: string | undefined): string {
  if (before === undefined) return 'added'
  return after === undefined ? 'removed' : 'changed'
}
