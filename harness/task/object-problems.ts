import { closest } from '../base/closest.ts'
import { findKind, groupOf, kindOf, kindsOfGroup } from '../base/kube-kinds.ts'
import { renderValue } from '../base/schema-problems.ts'

/** Everything that would keep the API server from even knowing which object this is. */
export function* objectProblems(value: unknown): Generator<{ at?: string; message: string }> {
  if (!isMap(value)) {
    yield { message: `expected an object with apiVersion, kind and metadata, got ${renderValue(value)}` }
    return
  }
  const { apiVersion, kind, metadata } = value
  for (const [at, text] of Object.entries({ apiVersion, kind })) {
    if (text === undefined) yield { at, message: 'missing; expected text' }
    else if (typeof text !== 'string') yield { at, message: `expected text, got ${renderValue(text)}` }
  }
  if (typeof apiVersion === 'string' && typeof kind === 'string') {
    if (kind === 'List') yield { at: 'kind', message: 'expected one object a document, got a List' }
    else yield* kindProblems(apiVersion, kind)
  }
  if (!isMap(metadata)) {
    yield {
      at: 'metadata',
      message: metadata === undefined ? 'missing; expected a name' : 'expected a map with a name',
    }
    return
  }
  yield* nameProblems(metadata)
  const known = typeof apiVersion === 'string' && typeof kind === 'string' ? kindOf({ apiVersion, kind }) : undefined
  if (known?.isNamespaced && metadata['namespace'] === undefined) {
    yield { at: 'metadata.namespace', message: `missing; every ${known.kind} lives in a namespace` }
  }
  if (known && !known.isNamespaced && metadata['namespace'] !== undefined) {
    yield { at: 'metadata.namespace', message: `expected none: a ${known.kind} has no namespace` }
  }
}

function* kindProblems(apiVersion: string, kind: string): Generator<{ at: string; message: string }> {
  if (kindOf({ apiVersion, kind })) return
  const group = groupOf(apiVersion)
  const siblings = kindsOfGroup(group)
  const meant = closest(kind, siblings)
  if (meant !== undefined) yield { at: 'kind', message: `there is no ${kind} in ${apiVersion}; did you mean ${meant}?` }
  const elsewhere = findKind(kind)
  if (meant === undefined && elsewhere?.kind === kind && siblings.length > 0) {
    const right = elsewhere.group === '' ? 'v1' : `${elsewhere.group}/...`
    yield { at: 'apiVersion', message: `expected ${right} for a ${kind}, got ${apiVersion}` }
  }
}

function* nameProblems(metadata: Record<string, unknown>): Generator<{ at: string; message: string }> {
  const { name, namespace } = metadata
  if (name === undefined) {
    const hint = metadata['generateName'] === undefined ? '' : ', because generateName makes another one every time'
    yield { at: 'metadata.name', message: `missing; expected a name${hint}` }
  }
  for (const [at, text] of Object.entries({ name, namespace })) {
    if (text === undefined) continue
    if (typeof text !== 'string')
      yield { at: `metadata.${at}`, message: `expected text in quotes, got ${renderValue(text)}` }
    else if (!/^[A-Za-z0-9]([\w.:@-]*[A-Za-z0-9])?$/.test(text) || text.length > 253) {
      yield { at: `metadata.${at}`, message: `expected a Kubernetes name, got ${renderValue(text)}` }
    }
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
