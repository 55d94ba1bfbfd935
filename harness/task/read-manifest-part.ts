import path from 'node:path'
import { checkAgainst } from '../base/schema-problems.ts'
import { parseClusterFile, type ClusterFile } from './cluster-file.ts'
import { imagesOf } from './images.ts'
import type { Difficulty, KubemendMetadata } from './kubemend-metadata.ts'
import {
  manifestSpecSchema,
  manifestStages,
  type ManifestPart,
  type ManifestSpec,
  type WrongAnswer,
} from './manifest-spec.ts'
import { listFiles } from './manifests.ts'
import { readText, report, type TaskReading } from './read-text.ts'
import { answerFile, requirementsFile, wrongDir } from './task-files.ts'
import { readYaml } from './yaml-documents.ts'

/** Reads `tests/requirements.yaml`: what an answer must be and bring about. */
export async function readRequirements(reading: TaskReading): Promise<ManifestSpec | undefined> {
  const text = await readText(reading, requirementsFile, { needed: 'what the answer must be' })
  if (text === undefined) return undefined
  const { documents, problems } = readYaml(text)
  for (const problem of problems) report(reading, requirementsFile, problem)
  const [first, second] = documents
  if (second) report(reading, requirementsFile, { line: second.line, message: 'expected one document, got a second' })
  if (problems.length > 0 || second) return undefined
  const checked = checkAgainst(manifestSpecSchema, first?.value ?? {})
  for (const { path: at, message } of checked.problems ?? []) report(reading, requirementsFile, { at, message })
  return checked.value
}

/** Reads the answers of a task of kind manifest: the reference, and those that are wrong. */
export async function readManifestPart(
  reading: TaskReading,
  parts: { spec: ManifestSpec; metadata: KubemendMetadata; cluster: ClusterFile | undefined },
): Promise<ManifestPart | undefined> {
  const { spec, metadata, cluster } = parts
  const reference = await readText(reading, answerFile, { needed: 'the answer that proves the task can be solved' })
  const wrong: WrongAnswer[] = []
  for (const file of await listFiles(reading, wrongDir)) {
    const answer = await readWrong(reading, file)
    if (answer) wrong.push(answer)
  }
  if (reference === undefined) return undefined
  const isTest = metadata.tags.includes('test')
  return {
    spec,
    reference,
    wrong,
    split: isTest ? 'test' : 'train',
    level: levelOf[metadata.difficulty],
    cluster: cluster ?? parseClusterFile({}).value,
  }
}

/** The images that the objects of an answer name; none for what is no YAML. */
export function imagesOfAnswer(text: string): string[] {
  const { documents } = readYaml(text)
  return documents.flatMap(({ value }) => (typeof value === 'object' && value !== null ? imagesOf(value) : []))
}

const levelOf: Record<Difficulty, ManifestPart['level']> = { easy: 'basic', medium: 'intermediate', hard: 'advanced' }

/** `solution/wrong/NAME.STAGE.txt`, whose first line says after a # what is wrong with the answer below it. */
async function readWrong(reading: TaskReading, file: string): Promise<WrongAnswer | undefined> {
  const [, name, stage] = /^(.+)\.([^.]+)\.txt$/.exec(path.basename(file)) ?? []
  const fails = manifestStages.find((known) => known === stage)
  if (name === undefined || fails === undefined) {
    report(reading, file, {
      message: `expected a name such as too-broad.L3.txt; the stage is one of ${manifestStages.join(', ')}`,
    })
    return undefined
  }
  const text = await readText(reading, file)
  const [, because, answer] = /^# (.+)\n([^]*)$/.exec(text ?? '') ?? []
  if (because === undefined || answer === undefined) {
    if (text !== undefined)
      report(reading, file, { line: 1, message: 'expected "# " and what is wrong with the answer' })
    return undefined
  }
  return { name, fails, because, text: answer }
}
