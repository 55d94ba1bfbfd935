import type { KubeObject } from '../base/kube-client.ts'
import { readYaml } from '../task/yaml-documents.ts'
import type { Finding } from './verdict.ts'

const maxObjects = 200

/** Level 1: the documents of a YAML 1.2 stream, lists of objects taken apart. */
export function parseAnswer(text: string): { documents: unknown[]; findings: Finding[] } {
  const { documents, problems } = readYaml(text)
  const fail = (because: string, line?: number): Finding => ({
    id: 'L1/yaml',
    because,
    ...(line === undefined ? {} : { at: `line ${line}` }),
  })
  if (problems.length > 0) {
    return { documents: [], findings: problems.map(({ line, message }) => fail(`not YAML: ${message}`, line)) }
  }
  if (documents.length === 0) return { documents: [], findings: [fail('there is no document in it')] }
  const odd = documents.filter(({ value }) => typeof value !== 'object' || value === null || Array.isArray(value))
  if (odd.length > 0) {
    return {
      documents: [],
      findings: odd.map(({ value, line }) =>
        fail(`expected a mapping, got ${Array.isArray(value) ? 'a list' : 'plain text'}`, line),
      ),
    }
  }
  const values = documents.flatMap(({ value }) => takeApart(value))
  if (values.length > maxObjects) {
    return { documents: [], findings: [fail(`${values.length} documents; at most ${maxObjects} are judged`)] }
  }
  return { documents: values, findings: [] }
}

function takeApart(value: unknown): unknown[] {
  const { kind, items } = value as { kind?: unknown; items?: unknown }
  return kind === 'List' && Array.isArray(items) ? items : [value]
}

/** Whether a document has what every object has: enough to be told from others. */
export function isObject(document: unknown): document is KubeObject {
  if (typeof document !== 'object' || document === null) return false
  const { apiVersion, kind, metadata } = document as Record<string, unknown>
  const name = (metadata as { name?: unknown } | null | undefined)?.name
  return typeof apiVersion === 'string' && typeof kind === 'string' && typeof name === 'string' && name !== ''
}

/** `ConfigMap/settings` */
export function nameObject(object: { kind: string; metadata?: { name?: string } }): string {
  return `${object.kind}/${object.metadata?.name ?? '(no name)'}`
}
