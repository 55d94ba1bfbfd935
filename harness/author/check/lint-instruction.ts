import { printId } from '../../state/cluster-state.ts'
import type { Difference } from '../../state/difference.ts'
import { parsePath } from '../../state/path.ts'
import type { Difficulty } from '../../task/kubemend-metadata.ts'
import type { Finding } from './check-report.ts'

/**
 * Whether a story tells the answer: the object and the field that a repair changes, or words that only the repair has.
 * `repairs` are the differences that correct repairs made.
 */
export function lintInstruction(
  instruction: string,
  {
    difficulty,
    repairs,
    names = new Set(),
  }: {
    difficulty: Difficulty | undefined
    repairs: readonly Difference[]
    /** What objects of the broken world are called: a story may speak of those that the broken thing has to do with. */
    names?: ReadonlySet<string>
  },
): Finding[] {
  const sentences = sentencesOf(instruction)
  const told = new Map<string, string>()
  const broken = new Set(repairs.flatMap(({ before }) => [...wordsOf(before)]))
  const isInvolved = (name: string): boolean =>
    broken.has(name) || repairs.some(({ object }) => object.name === name || object.name.startsWith(`${name}-`))
  for (const { object, path, before, after } of repairs) {
    for (const word of answerWords(path, before, after)) {
      if (names.has(word) && isInvolved(word)) continue
      const sentence = sentences.find((text) => hasWord(text, word))
      if (sentence !== undefined)
        told.set(word, `the story says "${word}", which is part of the repair of ${printId(object)}: "${sentence}"`)
    }
    const field = plainField(path)
    if (field === undefined) continue
    const sentence = sentences.find((text) => hasWord(text, object.name) && hasWord(text, field))
    if (sentence !== undefined)
      told.set(`${object.name} ${field}`, `the story names ${printId(object)} and its ${field}: "${sentence}"`)
  }
  const findings = [...told.values()].map((because): Finding => ({
    check: 'instruction',
    because,
    at: 'instruction.md',
  }))
  return [...findings, ...lintSparseness(instruction, difficulty)]
}

/** Medium and hard tasks say what was seen, not where to look and with what. */
function lintSparseness(instruction: string, difficulty: Difficulty | undefined): Finding[] {
  if (difficulty === undefined || difficulty === 'easy') return []
  const findings: Finding[] = []
  const say = (because: string): void => void findings.push({ check: 'instruction', because, at: 'instruction.md' })
  const words = instruction.split(/\s+/).filter(Boolean).length
  if (words > wordsAtMost) say(`a ${difficulty} task's story has at most ${wordsAtMost} words, this has ${words}`)
  const command = /\bkubectl\s+[a-z-]+/.exec(instruction)?.[0]
  if (command !== undefined) say(`a ${difficulty} task's story gives no commands, this says "${command}"`)
  return findings
}

const wordsAtMost = 260

/** What only somebody who knows the repair would write: special field names, and what of a value changed. */
function answerWords(path: string, before: unknown, after: unknown): string[] {
  const steps = path === '' ? [] : parsePath(path)
  const names = steps.flatMap((step) => ('field' in step ? [step.field] : 'key' in step ? Object.values(step.key) : []))
  // names along the way to the place are the world's; the last one, and all that came or went below it, is the repair's
  const last = names.slice(-1).filter((name) => !isPlain(name) && 'field' in (steps.at(-1) ?? {}))
  const [old, now] = [wordsOf(before), wordsOf(after)]
  const changed = [...old, ...now].filter((word) => !(old.has(word) && now.has(word)) && isTelling(word))
  return [...new Set([...last, ...changed])]
}

/** The words of all texts and names in a value. */
function wordsOf(value: unknown): Set<string> {
  if (typeof value === 'string') return new Set(value.split(/[^\w.-]+/).filter(Boolean))
  if (typeof value === 'number') return new Set([String(value)])
  if (typeof value !== 'object' || value === null) return new Set()
  const own = Array.isArray(value) ? [] : Object.keys(value).filter((key) => !isPlain(key))
  return new Set([...own, ...Object.values(value).flatMap((item) => [...wordsOf(item)])])
}

/** A word that stories have anyway: small numbers, plain words. */
function isTelling(word: string): boolean {
  return word.length > 2 && !isPlain(word)
}

function isPlain(word: string): boolean {
  return /^[A-Z]?[a-z]+$/.test(word)
}

/** The innermost field with a plain name, such as image or selector; too common to be the answer by itself. */
function plainField(path: string): string | undefined {
  const fields = (path === '' ? [] : parsePath(path)).flatMap((step) => ('field' in step ? [step.field] : []))
  const last = fields.at(-1)
  return last !== undefined && isPlain(last) && !everyday.has(last) ? last : undefined
}

/** Names of fields that say nothing. */
const everyday = new Set([
  'spec',
  'data',
  'value',
  'name',
  'metadata',
  'labels',
  'annotations',
  'status',
  'items',
  'key',
])

function sentencesOf(text: string): string[] {
  return text
    .replaceAll(/\s+/g, ' ')
    .split(/(?<=[.!?:;])\s+/)
    .map((sentence) => sentence.trim())
    .filter(Boolean)
}

function hasWord(text: string, word: string): boolean {
  const at = new RegExp(`(?<![\\w.-])${word.replaceAll(/[^\w\s]/g, '\\$&')}(?![\\w-]|\\.\\w)`)
  return at.test(text)
}
