import type { KubeObject } from '../../base/kube-client.ts'
import { kindOf } from '../../base/kube-kinds.ts'
import { imagesOf } from '../../task/images.ts'
import { manifestSpecSchema, type FieldRequirement, type ObjectRequirement } from '../../task/manifest-spec.ts'
import { bareObject } from '../loop/bare-object.ts'
import { requirementsOf } from '../loop/requirements-of.ts'
import { isObject, nameObject, parseAnswer } from '../parse-answer.ts'
import { levelOf, plainMistakes, splitImported, type Imported } from './imported.ts'

export interface JsonlFields {
  /** The fields of a line that hold the request and the reference, in dots: `messages.0.content`. */
  prompt: string
  reference: string
}

/**
 * Reads any JSONL of requests and references. What is asked of an answer is what the reference has and the request names:
 * each object, by kind and name, and every property whose value stands in the request.
 */
export function importJsonl(text: string, prefix: string, fields: JsonlFields): Imported {
  const result: Imported = { tasks: [], left: [] }
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const where = `line ${i + 1}`
    const given = parse(line)
    const [prompt, reference] = [valueAt(given, fields.prompt), valueAt(given, fields.reference)]
    if (typeof prompt !== 'string' || typeof reference !== 'string' || prompt.trim() === '') {
      const missing = typeof prompt === 'string' && prompt.trim() !== '' ? fields.reference : fields.prompt
      result.left.push({ name: where, because: given === undefined ? 'is no JSON' : `has no text in ${missing}` })
      continue
    }
    const name = `${prefix}-${String(i + 1).padStart(4, '0')}`
    const found = requirementsFrom(prompt, reference, name)
    if ('because' in found) {
      result.left.push({ name: where, because: found.because })
      continue
    }
    const { objects, namespace, documents } = found
    result.tasks.push({
      name,
      category: documents[0]?.kind.toLowerCase() ?? 'manifest',
      level: levelOf(reference),
      split: 'train',
      instruction: `${prompt.trim()}\n`,
      spec: manifestSpecSchema.parse({
        operation: 'create',
        ...(namespace === undefined ? {} : { namespace }),
        objects,
      }),
      world: [],
      reference,
      images: [...new Set(documents.flatMap(imagesOf))],
      wrong: plainMistakes(reference).filter(({ text: wrong }) => wrong !== reference),
    })
  }
  return splitImported(result)
}

function requirementsFrom(
  prompt: string,
  reference: string,
  name: string,
): { objects: ObjectRequirement[]; namespace: string | undefined; documents: KubeObject[] } | { because: string } {
  const { documents, findings } = parseAnswer(reference)
  if (findings.length > 0) return { because: `its reference is not YAML: ${findings[0]?.because}` }
  if (!documents.every(isObject)) return { because: 'its reference is no Kubernetes object' }
  const isNamespaced = documents.some((object) => kindOf(object)?.isNamespaced !== false)
  const places = [...new Set(documents.flatMap(({ metadata }) => metadata.namespace ?? []))]
  if (places.length > 1) return { because: `its reference lies in several namespaces: ${places.join(', ')}` }
  const [place] = places
  if (place === 'default' || place?.startsWith('kube-')) return { because: `its reference lies in ${place}` }
  const namespace = isNamespaced ? (place ?? `home-of-${name}`) : undefined
  const unsaid = documents.find(({ metadata }) => !isSaid(metadata.name, prompt))
  if (unsaid) return { because: `the request does not say the name of ${nameObject(unsaid)}` }
  const objects = documents.map((object) => keepSaid(requirementsOf(bareObject(object), namespace), prompt))
  return { objects, namespace, documents }
}

/** What of the requirements the request says. */
function keepSaid(wanted: ObjectRequirement, prompt: string): ObjectRequirement {
  const { apiVersion, kind, name, labels, annotations, data, rules, subjects, roleRef, fields } = wanted
  const said = (...values: unknown[]): boolean =>
    values.every((value) => leavesOf(value).every((one) => isSaid(one, prompt)))
  const pairs = (map: Record<string, string> | undefined): Record<string, string> =>
    Object.fromEntries(Object.entries(map ?? {}).filter((pair) => said(...pair)))
  const keptFields = fields?.filter(({ is }: FieldRequirement) => leavesOf(is).length > 0 && said(is)) ?? []
  return {
    apiVersion,
    kind,
    name,
    ...(Object.keys(pairs(labels)).length > 0 ? { labels: pairs(labels) } : {}),
    ...(Object.keys(pairs(annotations)).length > 0 ? { annotations: pairs(annotations) } : {}),
    ...(data && said(Object.entries(data)) ? { data } : {}),
    ...(rules && said(rules.map(({ verbs, resources }) => [verbs, resources])) ? { rules } : {}),
    ...(subjects && said(subjects.map((subject) => subject.name)) ? { subjects } : {}),
    ...(roleRef && said(roleRef.name) ? { roleRef } : {}),
    ...(keptFields.length > 0 ? { fields: keptFields } : {}),
  }
}

function leavesOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(leavesOf)
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(leavesOf)
  return typeof value === 'string'
    ? value === ''
      ? []
      : [value]
    : value === undefined || value === null
      ? []
      : [JSON.stringify(value)]
}

/** Whether a text stands in another as a word of its own. */
function isSaid(value: string, prompt: string): boolean {
  const escaped = value.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(String.raw`(?<![\w.-])${escaped}(?![\w-])(?!\.\w)`, 'iu').test(prompt)
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch {
    return undefined
  }
}

function valueAt(value: unknown, at: string): unknown {
  return at.split('.').reduce((found, key) => (found as Record<string, unknown> | null | undefined)?.[key], value)
}
