import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { closest } from '../base/closest.ts'
import type { KubeObject } from '../base/kube-client.ts'
import { groupOf } from '../base/kube-kinds.ts'
import { objectProblems } from './object-problems.ts'
import { readScript, readText, report, type TaskReading } from './read-text.ts'
import { faultDir, worldDir } from './task-files.ts'
import { readYaml } from './yaml-documents.ts'

/** One object of a task, and where it is written. */
export interface Manifest {
  object: KubeObject
  /** From the task's folder: `environment/world/10-shop.yaml`. */
  file: string
  line: number
}

/** One file of fault/, in the order in which they break things. */
export type FaultStep =
  | { kind: 'script'; file: string; text: string }
  | { kind: 'objects'; file: string; changes: FaultChange[] }

/**
 * One document of a fault file. What the world has is patched with it (a strategic merge patch, as kustomize means
 * it), or deleted where it says `$patch: delete`; what the world does not have is created.
 */
export interface FaultChange extends Manifest {
  action: 'create' | 'patch' | 'delete'
}

/** Reads the healthy objects of a task, in the order in which they are applied; `home` is a namespace that is made for them. */
export function readWorld(reading: TaskReading, home?: string): Promise<Manifest[]> {
  return readObjects(reading, worldDir, home)
}

/** Reads the whole objects of a folder: each is there once, in a namespace that one of them makes. */
export async function readObjects(reading: TaskReading, dir: string, home?: string): Promise<Manifest[]> {
  const manifests: Manifest[] = []
  for (const file of await listFiles(reading, dir)) {
    if (!isYaml(file))
      report(reading, file, { message: `expected only .yaml, .yml and .json files in ${path.basename(dir)}/` })
    else manifests.push(...(await readManifests(reading, file)))
  }
  const seen = new Map<string, Manifest>()
  for (const manifest of manifests) {
    const key = nameOf(manifest.object)
    const other = seen.get(key)
    if (other) {
      const message = `${key} is already in ${path.basename(other.file)}:${other.line}`
      report(reading, manifest.file, { line: manifest.line, message })
    }
    seen.set(key, manifest)
  }
  reportUnknownNamespaces(reading, manifests, manifests, home)
  return manifests
}

/** Reads what breaks the world. */
export async function readFault(reading: TaskReading, world: readonly Manifest[]): Promise<FaultStep[]> {
  const inWorld = new Set(world.map(({ object }) => nameOf(object)))
  const steps: FaultStep[] = []
  for (const file of await listFiles(reading, faultDir)) {
    if (file.endsWith('.sh')) {
      const text = await readScript(reading, file)
      if (text !== undefined) steps.push({ kind: 'script', file, text })
    } else if (isYaml(file)) {
      const manifests = await readManifests(reading, file)
      reportUnknownNamespaces(reading, manifests, [...world, ...manifests])
      const changes = manifests.map((manifest): FaultChange => {
        const isThere = inWorld.has(nameOf(manifest.object))
        const isDeletion = manifest.object['$patch'] === 'delete'
        if (isDeletion && !isThere) {
          const message = `there is no ${nameOf(manifest.object)} in the world to delete`
          report(reading, file, { line: manifest.line, message })
        }
        return { ...manifest, action: isDeletion ? 'delete' : isThere ? 'patch' : 'create' }
      })
      steps.push({ kind: 'objects', file, changes })
    } else report(reading, file, { message: 'expected only .yaml, .yml, .json and .sh files in fault/' })
  }
  return steps
}

/** The namespaces that a task is about: those its objects make or live in, but for the cluster's own. */
export function namespacesOf(manifests: readonly Manifest[]): string[] {
  const names = manifests.flatMap(({ object }) => {
    const own = isNamespace(object) ? [object.metadata.name] : []
    return [...own, ...(object.metadata.namespace === undefined ? [] : [object.metadata.namespace])]
  })
  return [...new Set(names)].filter((name) => !name.startsWith('kube-')).toSorted()
}

/** The documents of all fault files. */
export function faultChanges(fault: readonly FaultStep[]): FaultChange[] {
  return fault.flatMap((step) => (step.kind === 'objects' ? step.changes : []))
}

/** The files of a folder of the task in the order of their names; none when there is no such folder. */
export async function listFiles(reading: TaskReading, dir: string): Promise<string[]> {
  try {
    const entries = await readdir(path.join(reading.dir, dir), { withFileTypes: true })
    const names: string[] = []
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const file = path.posix.join(dir, entry.name)
      if (isLeftover(entry.name)) continue
      if (entry.isDirectory()) report(reading, file, { message: 'expected a file, got a folder' })
      else names.push(file)
    }
    return names
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOTDIR') report(reading, dir, { message: 'expected a folder, got a file' })
    else if (code !== 'ENOENT') report(reading, dir, { message: `cannot be read (${code ?? 'unknown error'})` })
    return []
  }
}

/** What editors and systems leave in folders. */
function isLeftover(name: string): boolean {
  return name === '.DS_Store' || name === '.gitkeep' || /~$|\.sw[op]$/.test(name)
}

function isYaml(file: string): boolean {
  return /\.(ya?ml|json)$/.test(file)
}

async function readManifests(reading: TaskReading, file: string): Promise<Manifest[]> {
  const text = await readText(reading, file)
  if (text === undefined) return []
  const { documents, problems } = readYaml(text)
  for (const problem of problems) report(reading, file, problem)
  if (problems.length === 0 && documents.length === 0)
    report(reading, file, { message: 'expected objects, got an empty file' })
  return documents.flatMap(({ value, line }) => {
    const wrong = [...objectProblems(value)]
    for (const problem of wrong) report(reading, file, { line, ...problem })
    return wrong.length > 0 ? [] : [{ object: value as KubeObject, file, line }]
  })
}

/** Objects in namespaces that nothing makes: the API server would refuse them. */
function reportUnknownNamespaces(
  reading: TaskReading,
  manifests: readonly Manifest[],
  all: readonly Manifest[],
  home?: string,
): void {
  const made = all.flatMap(({ object }) => (isNamespace(object) ? [object.metadata.name] : []))
  const known = new Set([
    ...made,
    ...(home === undefined ? [] : [home]),
    'default',
    'kube-system',
    'kube-public',
    'kube-node-lease',
  ])
  for (const { object, file, line } of manifests) {
    const { namespace } = object.metadata
    if (namespace === undefined || known.has(namespace)) continue
    const meant = closest(namespace, [...known])
    const hint = meant === undefined ? 'no world file makes it' : `did you mean ${meant}?`
    report(reading, file, { line, at: 'metadata.namespace', message: `there is no namespace ${namespace}; ${hint}` })
  }
}

function isNamespace(object: KubeObject): boolean {
  return object.apiVersion === 'v1' && object.kind === 'Namespace'
}

/** `Deployment.apps/checkout -n shop`: the same for every version of a kind. */
function nameOf({ apiVersion, kind, metadata }: KubeObject): string {
  const group = groupOf(apiVersion)
  const where = metadata.namespace === undefined ? '' : ` -n ${metadata.namespace}`
  return `${kind}${group === '' ? '' : `.${group}`}/${metadata.name}${where}`
}
