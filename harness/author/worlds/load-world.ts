import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { closest } from '../../base/closest.ts'
import { InputError } from '../../base/errors.ts'
import { packageRoot } from '../../base/package-root.ts'
import { parseClusterFile, type ClusterFile } from '../../task/cluster-file.ts'
import { parseContract, type Check, type VerifierParams } from '../../task/contract.ts'
import { namespacesOf, readObjects, type Manifest } from '../../task/manifests.ts'
import { isFile } from '../../task/path-kind.ts'
import { throwProblems, type Problem } from '../../task/problem.ts'
import { readText, report, type TaskReading } from '../../task/read-text.ts'
import { readYaml } from '../../task/yaml-documents.ts'
import { parseWorldFile, type WorldFile } from './world-file.ts'

/** A ready world: a healthy little system that tasks begin with. */
export interface World extends WorldFile {
  name: string
  /** The folder, absolute. */
  dir: string
  cluster: ClusterFile
  /** Every object, in the order in which they are applied. */
  objects: Manifest[]
  /** The checks of `healthy`, understood. */
  isHealthy: Check[]
}

/** Where the worlds lie that come along. */
export const worldsDir: string = path.join(packageRoot, 'tasks', 'worlds')

/** The names of the worlds that come along. */
export async function listWorlds(): Promise<string[]> {
  const entries = await readdir(worldsDir)
  const names: string[] = []
  for (const name of entries.toSorted()) if (await isFile(path.join(worldsDir, name, worldFile))) names.push(name)
  return names
}

/** A world by its name, or by its folder; everything wrong with it is one `InputError`. */
export async function loadWorld(nameOrDir: string, verifiers?: VerifierParams): Promise<World> {
  const dir = await findWorld(nameOrDir)
  const reading: TaskReading = { dir, problems: [] }
  const read = await readParts(reading, verifiers)
  if (read === undefined || reading.problems.length > 0) throwProblems(reading.problems)
  return { name: path.basename(dir), dir, ...read }
}

async function findWorld(nameOrDir: string): Promise<string> {
  for (const dir of [path.join(worldsDir, nameOrDir), path.resolve(nameOrDir)]) {
    if (await isFile(path.join(dir, worldFile))) return dir
  }
  const names = await listWorlds()
  const meant = closest(nameOrDir, names)
  throw new InputError([`there is no world ${nameOrDir}; ${meant ? `did you mean ${meant}?` : names.join(', ')}`])
}

async function readParts(
  reading: TaskReading,
  verifiers: VerifierParams | undefined,
): Promise<Omit<World, 'name' | 'dir'> | undefined> {
  const file = await readPart(reading, worldFile, parseWorldFile)
  const cluster = await readPart(reading, clusterFile, parseClusterFile)
  const objects = await readObjects(reading, manifestsDir)
  if (!file || !cluster) return undefined
  const contract = parseContract({ outcome: file.healthy }, verifiers)
  for (const { path: at, message } of contract.problems ?? [])
    report(reading, worldFile, { at: at.replace(/^outcome/, 'healthy'), message })
  reading.problems.push(...findStrangers(reading, file, objects))
  return contract.value && { ...file, cluster, objects, isHealthy: contract.value.outcome }
}

async function readPart<T>(
  reading: TaskReading,
  file: string,
  parse: (document: unknown) => { value?: T | undefined; problems?: { path: string; message: string }[] | undefined },
): Promise<T | undefined> {
  const text = await readText(reading, file, { needed: 'a part of every world' })
  if (text === undefined) return undefined
  const { documents, problems } = readYaml(text)
  for (const problem of problems) report(reading, file, problem)
  const parsed = parse(documents[0]?.value ?? {})
  for (const { path: at, message } of parsed.problems ?? []) report(reading, file, { at, message })
  return parsed.value
}

/** Objects and namespaces that world.yaml speaks of and no manifest makes. */
function findStrangers(reading: TaskReading, file: WorldFile, objects: readonly Manifest[]): Problem[] {
  const made = new Set(objects.map(({ object }) => nameOf(object)))
  const named = [
    ...file.workloads.map(({ object }) => object),
    ...file.bystanders.map(({ object }) => object),
    ...file.traffic.flatMap(({ from, to, setting, credentials, rights }) => [
      from,
      ...(to === 'api' ? [] : [to]),
      ...[setting?.object, credentials?.object, rights].filter((name) => name !== undefined),
    ]),
  ]
  const namespaces = namespacesOf(objects)
  return [
    ...[...new Set(named)]
      .filter((name) => !made.has(name))
      .map((name) => ({ file: path.join(reading.dir, worldFile), message: `no manifest makes ${name}` })),
    ...namespaces
      .filter((name) => file.namespaces[name] === undefined)
      .map((name) => ({ file: path.join(reading.dir, worldFile), at: 'namespaces', message: `${name} is missing` })),
  ]
}

/** `deployment/web -n shop`, as contracts call it. */
export function nameOf({ kind, metadata }: Manifest['object']): string {
  const where = metadata.namespace === undefined ? '' : ` -n ${metadata.namespace}`
  return `${kind.toLowerCase()}/${metadata.name}${where}`
}

const worldFile = 'world.yaml'
const clusterFile = 'cluster.yaml'
const manifestsDir = 'manifests'
