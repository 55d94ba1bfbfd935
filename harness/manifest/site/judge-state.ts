import type { KubeObject } from '../../base/kube-client.ts'
import { canonicalJson } from '../../state/json.ts'
import type { ManifestSpec, Query } from '../../task/manifest-spec.ts'
import { valuesAt } from '../../../verifiers/objects/values-at.ts'
import { canonicalObject } from '../canonical.ts'
import { nameObject } from '../parse-answer.ts'
import { compareField } from '../requirements/compare-value.ts'
import { judgeObject } from '../requirements/judge-requirements.ts'
import type { Finding } from '../verdict.ts'
import { unhealthyBecause } from './health.ts'
import { poll } from './poll.ts'
import { keyOf, type Site } from './site.ts'

/** Operational validity: every object asked for is there as asked, and healthy; what was to go is gone. */
export async function judgeState(site: Site): Promise<Finding[]> {
  const { spec } = site.task
  if (spec.operation === 'read') return judgeQuestion(site)
  const perObject = await Promise.all(
    spec.objects.map(async (wanted) => {
      const name = nameObject({ kind: wanted.kind, metadata: { name: wanted.name } })
      if (spec.operation === 'delete') {
        const isGone = (object: KubeObject | undefined): boolean => object === undefined
        const left = await poll(() => site.find(wanted), isGone, { withinMs: 60_000, signal: site.signal })
        return left === undefined ? [] : [{ id: 'validity/left', object: name, because: 'is still there' }]
      }
      const live = await poll(
        () => site.find(wanted),
        (object) => object !== undefined && unhealthyBecause(object) === undefined,
        { withinMs: 90_000, signal: site.signal },
      )
      if (!live) return [{ id: 'validity/missing', object: name, because: 'is not in the cluster' }]
      const unhealthy = unhealthyBecause(live)
      return [
        ...judgeObject(live, wanted, site.namespace).map((finding) => ({
          ...finding,
          id: finding.id.replace('L3/', 'validity/'),
        })),
        ...(unhealthy === undefined ? [] : [{ id: 'validity/unhealthy', object: name, because: unhealthy }]),
      ]
    }),
  )
  return perObject.flat()
}

/** A read task's own answer must be what the live state says, or the task is wrong. */
async function judgeQuestion(site: Site): Promise<Finding[]> {
  const { query, answer } = site.task.spec
  const live = query && (await ask(site, query))
  if (canonicalJson(live) === canonicalJson(answer)) return []
  return [
    {
      id: 'validity/question',
      because: `the live state says ${canonicalJson(live)}, the task ${canonicalJson(answer)}`,
    },
  ]
}

/** What the live state answers to a question. */
export async function ask(site: Site, query: Query): Promise<unknown> {
  const path = await site.client.pathOf({
    apiVersion: query.apiVersion,
    kind: query.kind,
    metadata: { name: 'x', ...(site.namespace === undefined ? {} : { namespace: site.namespace }) },
  })
  const all = await site.client.list(path.replace(/\/x$/, ''))
  const own = all.filter((object) => site.before.has(keyOf(object)))
  const found = own.filter((object) => query.where.every((field) => compareField(object, field) === undefined))
  if (query.find === 'count') return found.length
  if (query.find === 'names') return found.map(({ metadata }) => metadata.name).toSorted()
  return valuesAt(found[0], query.at ?? '')[0]?.value
}

/**
 * What must not have changed has not: of an update everything but what the reference changes, of a delete everything
 * but what was to go. Both are compared in the canonical form, without what the server writes itself.
 */
export async function judgeUntouched(site: Site, expected: readonly KubeObject[]): Promise<Finding[]> {
  const findings: Finding[] = []
  const after = new Map(expected.map((object) => [identity(object), object]))
  for (const before of site.before.values()) {
    const isToGo = isAsked(site.task.spec, before) && site.task.spec.operation === 'delete'
    if (isToGo) continue
    const object = nameObject(before)
    const live = await site.find({
      ...before,
      name: before.metadata.name,
      ...(before.metadata.namespace === undefined ? {} : { namespace: before.metadata.namespace }),
    })
    if (!live || live.metadata.uid !== before.metadata.uid) {
      findings.push({ id: 'accuracy/touched', object, because: live ? 'was deleted and made again' : 'is gone' })
      continue
    }
    const wanted = after.get(identity(before)) ?? before
    const at = firstDifference(canonicalObject(wanted), canonicalObject(live))
    if (at !== undefined)
      findings.push({ id: 'accuracy/touched', object, at, because: 'is not what the request leaves it' })
  }
  return findings
}

function isAsked(spec: ManifestSpec, object: KubeObject): boolean {
  return spec.objects.some(({ kind, name }) => kind === object.kind && name === object.metadata.name)
}

function identity(object: KubeObject): string {
  return `${object.kind}|${object.metadata.namespace ?? ''}|${object.metadata.name}`
}

/** The first path at which two values differ. */
function firstDifference(a: unknown, b: unknown, at = ''): string | undefined {
  if (canonicalJson(a) === canonicalJson(b)) return undefined
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return at
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  for (const key of keys) {
    const below = firstDifference(
      (a as Record<string, unknown>)[key],
      (b as Record<string, unknown>)[key],
      at === '' ? key : `${at}.${key}`,
    )
    if (below !== undefined) return below
  }
  return at
}
