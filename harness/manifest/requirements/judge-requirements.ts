import type { KubeObject } from '../../base/kube-client.ts'
import { kindOf } from '../../base/kube-kinds.ts'
import { canonicalJson, isEqual, isObject, listAt, objectAt, textAt } from '../../state/json.ts'
import type { ManifestSpec, ObjectRequirement, RequiredRule } from '../../task/manifest-spec.ts'
import { isObject as isKubeObject, nameObject } from '../parse-answer.ts'
import type { Finding } from '../verdict.ts'
import { compareField } from './compare-value.ts'
import { isFlowAllowed } from './flow-allowed.ts'
import { compareRules } from './rule-permissions.ts'

/** Level 3: the answer says what was asked for: every object with every property, and no object more. */
export function judgeRequirements(documents: readonly unknown[], spec: ManifestSpec): Finding[] {
  if (spec.operation === 'read') return judgeReading(documents, spec)
  const objects = documents.filter(isKubeObject)
  const findings: Finding[] = []
  const used = new Set<KubeObject>()
  for (const wanted of spec.objects) {
    const found = objects.filter((object) => isWanted(object, wanted, spec.namespace))
    const [object] = found
    if (!object) {
      findings.push({ id: 'L3/missing-object', object: nameRequirement(wanted), because: wordMissing(wanted, objects) })
      continue
    }
    for (const one of found) used.add(one)
    if (found.length > 1) {
      findings.push({ id: 'L3/twice', object: nameObject(object), because: 'is in the answer more than once' })
    }
    if (spec.operation !== 'delete') findings.push(...judgeObject(object, wanted, spec.namespace))
  }
  for (const object of objects) {
    if (used.has(object)) continue
    findings.push({ id: 'L3/extra-object', object: nameObject(object), because: 'was not asked for' })
  }
  if (spec.operation === 'create') findings.push(...judgeFlows(objects, spec))
  return findings
}

/** What one object lacks of what is asked of it, whether it is an answer's text or lives in a cluster. */
export function judgeObject(object: KubeObject, wanted: ObjectRequirement, namespace: string | undefined): Finding[] {
  const findings: Finding[] = []
  const add = (id: string, because: string, at?: string): void => {
    findings.push({ id: `L3/${id}`, object: nameObject(object), because, ...(at === undefined ? {} : { at }) })
  }
  for (const field of ['labels', 'annotations'] as const) {
    for (const [key, value] of Object.entries(wanted[field] ?? {})) {
      const given = objectAt(object, 'metadata', field)?.[key]
      if (given !== value) add(field, `asked for ${value}, got ${show(given)}`, `metadata.${field}["${key}"]`)
    }
  }
  if (wanted.data) {
    for (const { at, because } of compareData(object, wanted.data)) add('data', because, at)
  }
  if (wanted.rules) {
    const { extra, missing } = compareRules(rulesOf(object), wanted.rules)
    for (const permission of missing) add('rules', `does not let its holder ${permission}`, 'rules')
    for (const permission of extra) add('rules', `lets its holder ${permission}, which was not asked for`, 'rules')
  }
  if (wanted.subjects) {
    const [given, asked] = [
      subjectsOf(object, namespace),
      wanted.subjects.map((one) => nameSubject({ ...one }, namespace)),
    ]
    for (const one of asked) if (!given.includes(one)) add('subjects', `does not bind ${one}`, 'subjects')
    for (const one of given)
      if (!asked.includes(one)) add('subjects', `binds ${one}, which was not asked for`, 'subjects')
  }
  if (wanted.roleRef) {
    const { kind, name } = wanted.roleRef
    const given = { kind: textAt(object, 'roleRef', 'kind'), name: textAt(object, 'roleRef', 'name') }
    if (given.kind !== kind || given.name !== name) {
      add('role-ref', `asked for ${kind}/${name}, got ${given.kind ?? '?'}/${given.name ?? '?'}`, 'roleRef')
    }
  }
  for (const field of wanted.fields ?? []) {
    const wrong = compareField(object, field)
    if (wrong !== undefined) add('field', wrong, field.at)
  }
  return findings
}

/** Whether an object is the one that is asked for: kind, name and namespace, whatever version its group has. */
function isWanted(object: KubeObject, wanted: ObjectRequirement, namespace: string | undefined): boolean {
  if (object.kind !== wanted.kind || object.metadata.name !== wanted.name) return false
  if (groupOf(object.apiVersion) !== groupOf(wanted.apiVersion)) return false
  if (kindOf(object)?.isNamespaced === false) return true
  const home = wanted.namespace ?? namespace
  // an object without a namespace is put where the request is about
  return object.metadata.namespace === undefined || home === undefined || object.metadata.namespace === home
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
}

function wordMissing(wanted: ObjectRequirement, objects: readonly KubeObject[]): string {
  const same = objects.find(({ kind }) => kind === wanted.kind)
  if (!same) return `was asked for and is not in the answer`
  if (same.metadata.name !== wanted.name) return `was asked for; the answer has ${nameObject(same)}`
  return `was asked for in another place; the answer has it in ${same.metadata.namespace ?? same.apiVersion}`
}

function nameRequirement({ kind, name }: ObjectRequirement): string {
  return `${kind}/${name}`
}

function rulesOf(object: KubeObject): RequiredRule[] {
  return listAt(object, 'rules')
    .filter(isObject)
    .map((rule) => ({ ...rule, verbs: listAt(rule, 'verbs') as string[] }))
}

function subjectsOf(object: KubeObject, namespace: string | undefined): string[] {
  return listAt(object, 'subjects')
    .filter(isObject)
    .map((subject) => nameSubject(subject, object.metadata.namespace ?? namespace))
}

function nameSubject(subject: Record<string, unknown>, namespace: string | undefined): string {
  const { kind, name, namespace: own = namespace } = subject as { kind?: string; name?: string; namespace?: string }
  return kind === 'ServiceAccount' ? `ServiceAccount ${own ?? '?'}/${name ?? '?'}` : `${kind ?? '?'} ${name ?? '?'}`
}

/** The keys and decoded values of a ConfigMap or Secret against what they must be. */
function compareData(object: KubeObject, wanted: Record<string, string>): { at: string; because: string }[] {
  const given = decodedData(object)
  const problems: { at: string; because: string }[] = []
  for (const [key, value] of Object.entries(wanted)) {
    const at = `data["${key}"]`
    if (!(key in given)) problems.push({ at, because: 'missing' })
    // a file's last line break is not worth a failure
    else if (given[key]?.replace(/\n$/, '') !== value.replace(/\n$/, '')) {
      problems.push({
        at,
        because:
          object.kind === 'Secret' ? 'is not the value asked for' : `asked for ${show(value)}, got ${show(given[key])}`,
      })
    }
  }
  for (const key of Object.keys(given)) {
    if (!(key in wanted)) problems.push({ at: `data["${key}"]`, because: 'was not asked for' })
  }
  return problems
}

function decodedData(object: KubeObject): Record<string, string | undefined> {
  const texts = (field: string): [string, string | undefined][] =>
    Object.entries(objectAt(object, field) ?? {}).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : undefined,
    ])
  if (object.kind !== 'Secret') return Object.fromEntries(texts('data'))
  const decoded = texts('data').map(([key, value]): [string, string] => [
    key,
    Buffer.from(value ?? '', 'base64').toString('utf8'),
  ])
  return Object.fromEntries([...decoded, ...texts('stringData')])
}

function judgeFlows(objects: readonly KubeObject[], spec: ManifestSpec): Finding[] {
  const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy')
  return spec.effects.flatMap((effect): Finding[] => {
    if (!('flows' in effect)) return []
    const { flows } = effect
    if (isFlowAllowed(policies, flows, spec.namespace ?? 'default') === flows.open) return []
    const who = `pods with ${canonicalJson(flows.from.labels)} ${flows.open ? 'cannot' : 'can'} reach those with ${canonicalJson(flows.to.labels)}`
    return [{ id: 'L3/flows', because: `${who} on port ${flows.port}` }]
  })
}

/** A reading is a document with the one field `answer`. */
function judgeReading(documents: readonly unknown[], spec: ManifestSpec): Finding[] {
  const [document, ...more] = documents
  if (more.length > 0) return [{ id: 'L3/answer', because: 'expected one document with the field answer' }]
  const given = readingOf(document)
  if (given === undefined) return [{ id: 'L3/answer', because: 'the field answer is missing' }]
  if (isSameReading(given, spec.answer)) return []
  return [{ id: 'L3/answer', at: 'answer', because: `expected ${show(spec.answer)}, got ${show(given)}` }]
}

/** What a reading answers. */
export function readingOf(document: unknown): unknown {
  return isObject(document) ? document['answer'] : undefined
}

/** Whether two readings say the same; lists of names in any order. */
export function isSameReading(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return isEqual(a, b)
  const sorted = (list: readonly unknown[]): string[] => list.map(canonicalJson).toSorted()
  return isEqual(sorted(a), sorted(b))
}

function show(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
