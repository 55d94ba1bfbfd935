import type { FieldRequirement, ObjectRequirement } from '../../task/manifest-spec.ts'
import { wordRule } from '../generate/kinds/rules.ts'

/** What is asked of an object, one sentence each, exact to the letter. */
export function wordRequirements(wanted: ObjectRequirement, isAlone: boolean): string[] {
  const { kind, name, labels = {}, annotations = {}, data, rules, subjects, roleRef, fields = [], namespace } = wanted
  const it = isAlone ? 'It' : `The ${kind} \`${name}\``
  const about = (sentence: string): string => sentence.replace(/^It\b/, it)
  return [
    ...(namespace === undefined ? [] : [about(`It lies in the namespace \`${namespace}\`.`)]),
    ...Object.entries(labels).map(([key, value]) => about(`It has the label \`${key}: ${value}\`.`)),
    ...Object.entries(annotations).map(([key, value]) =>
      about(`It has the annotation \`${key}\` with the value ${text(value)}.`),
    ),
    ...Object.entries(data ?? {}).map(([key, value]) =>
      about(`It holds the key \`${key}\` with the value ${text(value)}.`),
    ),
    ...(data ? [about('It holds no other key.')] : []),
    ...(rules ?? []).map((rule) => about(wordRule(rule))),
    ...(rules ? [about('It allows nothing else.')] : []),
    ...(roleRef ? [about(`It binds the ${roleRef.kind} \`${roleRef.name}\`.`)] : []),
    ...(subjects ?? []).map((one) =>
      about(
        `It binds it to the ${one.kind} \`${one.name}\`${one.namespace === undefined ? '' : ` of the namespace \`${one.namespace}\``}.`,
      ),
    ),
    ...(subjects ? [about('It binds nobody else.')] : []),
    ...fields.map((field) => about(wordField(field))),
  ]
}

function wordField({ at, is, as }: FieldRequirement): string {
  const where = `It has \`${at}\``
  if (as === 'has') return `${where} with ${list(is)}.`
  if (typeof is === 'object' && is !== null) return `${where}, and nothing in it.`
  return `${where} set to ${text(is)}.`
}

function list(value: unknown): string {
  const items = Array.isArray(value) ? (value as unknown[]) : [value]
  return items.map((item) => (typeof item === 'object' ? `\`${JSON.stringify(item)}\`` : text(item))).join(' and ')
}

/** A value so that its type and every blank of it can be seen. */
function text(value: unknown): string {
  if (typeof value !== 'string') return `\`${JSON.stringify(value)}\``
  if (value.includes('\n'))
    return `\n\n\`\`\`\n${value.endsWith('\n') ? value : `${value}\n`}\`\`\`\n(${value.endsWith('\n') ? 'with' : 'without'} a line end after the last line)`
  return /^(true|false|null|-?[\d.]+|)$/.test(value) || /[`"]/.test(value)
    ? `the text ${JSON.stringify(value)}`
    : `\`${value}\``
}
