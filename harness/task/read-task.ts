import path from 'node:path'
import { checkAgainst } from '../base/schema-problems.ts'
import { checkKind, reportForeign } from './check-kind.ts'
import { checkScripts } from './check-scripts.ts'
import { parseClusterFile, type ClusterFile } from './cluster-file.ts'
import { parseContract, type Contract } from './contract.ts'
import { digestTask } from './digest.ts'
import { parseGrant, type Grant } from './grant.ts'
import type { TaskToml } from './harbor-task.ts'
import { stripCanary } from './instruction.ts'
import { difficulties, kubemendMetadataSchema, type KubemendMetadata } from './kubemend-metadata.ts'
import type { LoadOptions } from './load-task.ts'
import { faultChanges, listFiles, namespacesOf, readFault, readWorld } from './manifests.ts'
import type { ManifestPart, ManifestSpec } from './manifest-spec.ts'
import { reportMisnamedFiles } from './misnamed-files.ts'
import { isFile, isFolder } from './path-kind.ts'
import { imagesOfAnswer, readManifestPart, readRequirements } from './read-manifest-part.ts'
import { agentPermissions, defaultPermissions, type AgentPermissions } from './permissions.ts'
import { readScript, readText, report, type TaskReading } from './read-text.ts'
import { clusterFile, contractFile, solveFile, workspaceDir } from './task-files.ts'
import { collectImages } from './task-images.ts'
import { parseTaskToml } from './task-toml.ts'
import type { Solution, Task, TaskStep } from './task.ts'
import { readYaml } from './yaml-documents.ts'

/** Reads everything of a task folder, and goes on after a problem so that all of them are found. */
export async function readTask(reading: TaskReading, options: LoadOptions): Promise<Task | undefined> {
  if (!(await isFolder(reading.dir))) {
    reading.problems.push({ file: reading.dir, message: 'expected a task folder' })
    return undefined
  }
  const toml = await readToml(reading)
  const metadata = readMetadata(reading, toml)
  const isOurs = toml?.metadata['kubemend'] !== undefined
  const contract = await readContract(reading, options)
  const cluster = await readCluster(reading)
  const isManifest = metadata?.kind === 'manifest'
  const spec = isManifest ? await readRequirements(reading) : undefined
  const world = await readWorld(reading, spec?.namespace)
  const fault = await readFault(reading, world)
  const workspace = (await isFolder(path.join(reading.dir, workspaceDir))) ? workspaceDir : undefined
  const steps = toml ? await readSteps(reading, toml) : []
  const instruction = steps.length > 0 ? '' : await readInstruction(reading, 'instruction.md')
  const solution = await readSolution(reading)
  const manifest = spec && metadata && (await readManifestPart(reading, { spec, metadata, cluster: cluster.file }))
  if (toml && !isManifest) await checkScripts(reading, toml, { isOurs, contract })
  if (metadata)
    checkKind(reading, metadata, { cluster, world, fault, workspace, steps, solution: solution.paths }, options)
  if (isOurs || !toml) await reportMisnamedFiles(reading)
  else reportForeign(reading, { world, fault, contract })
  const namespaces = spec ? namespacesOfAnswer(spec) : namespacesOf([...world, ...faultChanges(fault)])
  const images =
    workspace !== undefined && world.length === 0
      ? []
      : [...new Set([...collectImages(reading, cluster.file, world, fault, solution.texts), ...answerImages(manifest)])]
  const permissions = readPermissions(reading, metadata, namespaces)
  if (!toml || reading.problems.length > 0) return undefined
  const folder = path.basename(reading.dir)
  const dataset = await datasetOf(reading.dir)
  return {
    id: dataset === undefined ? folder : `${dataset}/${folder}`,
    name: toml.task?.name ?? folder,
    dataset,
    dir: reading.dir,
    digest: await digestTask(reading.dir),
    kind: metadata?.kind ?? 'harbor',
    ...classification(toml, metadata),
    instruction,
    toml,
    metadata,
    cluster: metadata?.kind === 'repair' ? (cluster.file ?? parseClusterFile({}).value) : undefined,
    world,
    fault,
    namespaces,
    images,
    permissions,
    contract,
    workspace: workspace === undefined ? undefined : path.join(reading.dir, workspace),
    solution: solution.paths,
    steps,
    ...(manifest ? { manifest } : {}),
  }
}

/** Where an answer's objects may live. */
function namespacesOfAnswer({ namespace }: ManifestSpec): string[] {
  return namespace === undefined ? [] : [namespace]
}

function answerImages(manifest: ManifestPart | undefined): string[] {
  return manifest ? imagesOfAnswer(manifest.reference) : []
}

async function readToml(reading: TaskReading): Promise<TaskToml | undefined> {
  const text = await readText(reading, 'task.toml', { needed: 'what the task is' })
  if (text === undefined) return undefined
  const { value, problems } = parseTaskToml(text)
  for (const problem of problems) report(reading, 'task.toml', problem)
  return value
}

function readMetadata(reading: TaskReading, toml: TaskToml | undefined): KubemendMetadata | undefined {
  const given = toml?.metadata['kubemend']
  if (given === undefined) return undefined
  const checked = checkAgainst(kubemendMetadataSchema, given)
  for (const { path: at, message } of checked.problems ?? []) {
    report(reading, 'task.toml', { at: at === '' ? 'metadata.kubemend' : `metadata.kubemend.${at}`, message })
  }
  return checked.value
}

/** The one document of a YAML file; undefined when there is none to go on with. */
async function readDocument(reading: TaskReading, file: string): Promise<{ value: unknown } | undefined> {
  const text = await readText(reading, file)
  if (text === undefined) return undefined
  const { documents, problems } = readYaml(text)
  for (const problem of problems) report(reading, file, problem)
  if (problems.length > 0) return undefined
  const [first, second] = documents
  if (second) report(reading, file, { line: second.line, message: 'expected one document, got a second' })
  return { value: first?.value ?? {} }
}

async function readContract(reading: TaskReading, options: LoadOptions): Promise<Contract | undefined> {
  const document = await readDocument(reading, contractFile)
  if (!document) return undefined
  const checked = parseContract(document.value, options.verifiers)
  for (const { path: at, message } of checked.problems ?? []) report(reading, contractFile, { at, message })
  return checked.value
}

async function readCluster(reading: TaskReading): Promise<{ isThere: boolean; file: ClusterFile | undefined }> {
  const document = await readDocument(reading, clusterFile)
  if (!document) return { isThere: false, file: undefined }
  const checked = parseClusterFile(document.value)
  for (const { path: at, message } of checked.problems ?? []) report(reading, clusterFile, { at, message })
  return { isThere: true, file: checked.value }
}

async function readInstruction(reading: TaskReading, file: string): Promise<string> {
  const text = await readText(reading, file, { needed: 'what the agent is told' })
  if (text === undefined) return ''
  const instruction = stripCanary(text.replaceAll('\r\n', '\n'))
  if (instruction.trim() === '') report(reading, file, { message: 'expected what the agent is told, got no text' })
  return instruction
}

async function readSteps(reading: TaskReading, toml: TaskToml): Promise<TaskStep[]> {
  const steps: TaskStep[] = []
  for (const { name } of toml.steps) {
    steps.push({ name, instruction: await readInstruction(reading, `steps/${name}/instruction.md`) })
  }
  return steps
}

async function readSolution(reading: TaskReading): Promise<{ paths: Solution; texts: Map<string, string> }> {
  const scripts = async (dir: string): Promise<string[]> =>
    (await listFiles(reading, dir)).filter((file) => file.endsWith('.sh'))
  const paths: Solution = {
    solve: (await isFile(path.join(reading.dir, solveFile))) ? solveFile : undefined,
    alternatives: await scripts('solution/alternatives'),
    unsafe: await scripts('solution/unsafe'),
  }
  const texts = new Map<string, string>()
  for (const file of [...(paths.solve ? [paths.solve] : []), ...paths.alternatives, ...paths.unsafe]) {
    texts.set(file, (await readScript(reading, file)) ?? '')
  }
  return { paths, texts }
}

function classification(
  toml: TaskToml,
  metadata: KubemendMetadata | undefined,
): Pick<Task, 'difficulty' | 'category' | 'tags'> {
  const { difficulty, category, tags } = metadata ?? toml.metadata
  return {
    difficulty: difficulties.find((word) => word === difficulty),
    category: typeof category === 'string' ? category : undefined,
    tags: Array.isArray(tags) ? tags.filter((tag): tag is string => typeof tag === 'string') : [],
  }
}

function readPermissions(
  reading: TaskReading,
  metadata: KubemendMetadata | undefined,
  namespaces: readonly string[],
): AgentPermissions {
  if (!metadata || metadata.kind === 'workspace') return { cluster: [], namespaces: {} }
  const texts = metadata.permissions.length > 0 ? metadata.permissions : defaultPermissions
  const grants = texts.map(parseGrant).filter((grant): grant is Grant => !('problem' in grant))
  const { permissions, problems } = agentPermissions(grants, namespaces)
  for (const message of problems) report(reading, 'task.toml', { at: 'metadata.kubemend.permissions', message })
  return permissions
}

/** The dataset that a task lies in: the folder around it, when that has a dataset.toml. */
async function datasetOf(dir: string): Promise<string | undefined> {
  const parent = path.dirname(dir)
  return (await isFile(path.join(parent, 'dataset.toml'))) ? path.basename(parent) : undefined
}
