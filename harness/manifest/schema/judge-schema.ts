import { closest } from '../../base/closest.ts'
import { groupVersion } from '../../base/kube-client.ts'
import { nameObject } from '../parse-answer.ts'
import type { Finding } from '../verdict.ts'
import type { ApiSchemas } from './api-schemas.ts'
import { checkObject } from './check-object.ts'
import { wordRemovedApi } from './removed-apis.ts'

/**
 * Level 2: every document is an object of a kind that this cluster serves, and every field of it is known and of its
 * type. Of what is to be deleted only kind and name count.
 */
export async function judgeSchema(
  documents: readonly unknown[],
  schemas: ApiSchemas,
  { namesOnly = false }: { namesOnly?: boolean } = {},
): Promise<{ findings: Finding[]; notes: string[] }> {
  const findings: Finding[] = []
  const notes: string[] = []
  for (const [i, document] of documents.entries()) {
    const { apiVersion, kind, metadata } = document as Record<string, unknown>
    const missing = Object.entries({ apiVersion, kind }).filter(
      ([, value]) => typeof value !== 'string' || value === '',
    )
    if (missing.length > 0) {
      for (const [at] of missing)
        findings.push({ id: 'L2/required', object: `document ${i + 1}`, at, because: 'missing' })
      continue
    }
    const typed = document as { apiVersion: string; kind: string; metadata?: { name?: string } }
    const object = nameObject({ kind: typed.kind, metadata: { name: nameIn(metadata) } })
    if (nameIn(metadata) === '(no name)') {
      findings.push({ id: 'L2/required', object, at: 'metadata.name', because: 'missing' })
    }
    const schema = await schemas.find(typed.apiVersion, typed.kind)
    if (!schema) {
      findings.push({ id: 'L2/unknown-kind', object, because: await wordUnknownKind(typed, schemas) })
      continue
    }
    if (namesOnly) continue
    const { findings: own, deprecated } = checkObject(document, schema)
    findings.push(...own.map((finding) => ({ ...finding, object })))
    notes.push(...deprecated.map((at) => `${object}: ${at} is deprecated`))
  }
  return { findings, notes }
}

function nameIn(metadata: unknown): string {
  const name = (metadata as { name?: unknown } | null | undefined)?.name
  return typeof name === 'string' && name !== '' ? name : '(no name)'
}

async function wordUnknownKind(
  { apiVersion, kind }: { apiVersion: string; kind: string },
  schemas: ApiSchemas,
): Promise<string> {
  const removed = wordRemovedApi(apiVersion, kind)
  if (removed !== undefined) return removed
  const kinds = await schemas.kinds()
  const served = kinds.find((row) => row.kind === kind)
  if (served) return `the cluster serves ${kind} in ${groupVersion(served)}, not in ${apiVersion}`
  const near = closest(kind, [...new Set(kinds.map((row) => row.kind))])
  return `the cluster has no kind ${kind}${near === undefined ? '' : `; did you mean ${near}?`}`
}
