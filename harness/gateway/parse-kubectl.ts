import { findLongFlag, findShortFlag, kubectlTree, type KubectlNode } from './kubectl-flags.ts'
import { Refusal } from './refusal.ts'

/** A kubectl command line, understood: what it is for sure, whatever way it was spelled. */
export interface KubectlCommand {
  /** `get`, `rollout undo`, or empty when no command was named. */
  path: string
  flags: KubectlFlagUse[]
  positionals: string[]
  /** What followed `--`. */
  afterDashes?: string[]
}

export interface KubectlFlagUse {
  name: string
  /** Missing where the flag stood alone (`--watch`). */
  value?: string
  isGlobal: boolean
}

/** Reads words as kubectl's own parser (cobra and pflag) reads them; a flag that kubectl does not know is refused. */
export function parseKubectl(words: readonly string[]): KubectlCommand | Refusal {
  const args = words[0] === 'kubectl' ? words.slice(1) : [...words]
  const nul = args.find((arg) => arg.includes('\0'))
  if (nul !== undefined) return new Refusal('bad-value', 'an argument holds a NUL character')
  const { node, rest } = findCommand(kubectlTree, args)
  const stray = node === kubectlTree ? indexOfFirstWord(node, rest) : undefined
  if (stray !== undefined) return unknownCommand(rest[stray]!)
  const command: KubectlCommand = { path: node.path, flags: [], positionals: [] }
  const queue = [...rest]
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (word === '--') {
      command.afterDashes = queue.splice(0)
    } else if (word.startsWith('--')) {
      const refusal = takeLongFlag(node, word, queue, command)
      if (refusal) return refusal
    } else if (word.startsWith('-') && word !== '-') {
      const refusal = takeShortFlags(node, word, queue, command)
      if (refusal) return refusal
    } else {
      command.positionals.push(word)
    }
  }
  return command
}

/**
 * The one spelling in which we run a command: every flag long, every value joined by `=`, so that no second parser can
 * read it differently.
 */
export function toArgv(command: KubectlCommand): string[] {
  return [
    ...command.path.split(' ').filter(Boolean),
    ...command.flags.map(({ name, value }) => (value === undefined ? `--${name}` : `--${name}=${value}`)),
    ...command.positionals,
    ...(command.afterDashes === undefined ? [] : ['--', ...command.afterDashes]),
  ]
}

/** Cobra's search for the command: the first word that is neither a flag nor, as far as is known yet, a flag's value. */
function findCommand(node: KubectlNode, args: readonly string[]): { node: KubectlNode; rest: readonly string[] } {
  const at = indexOfFirstWord(node, args)
  const child = at === undefined ? undefined : node.children.get(args[at]!)
  return child === undefined ? { node, rest: args } : findCommand(child, args.toSpliced(at!, 1))
}

function indexOfFirstWord(node: KubectlNode, args: readonly string[]): number | undefined {
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!
    if (word === '--') return undefined
    if (word !== '' && !word.startsWith('-')) return i
    if (takesNextWord(node, word)) i++
  }
  return undefined
}

function takesNextWord(node: KubectlNode, word: string): boolean {
  if (word.includes('=')) return false
  if (word.startsWith('--')) return findLongFlag(node, word.slice(2))?.flag.needsValue ?? true
  return word.length === 2 && word.startsWith('-') && (findShortFlag(node, word.slice(1))?.flag.needsValue ?? true)
}

function takeLongFlag(node: KubectlNode, word: string, queue: string[], into: KubectlCommand): Refusal | undefined {
  const [, name = '', joined] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? []
  const found = findLongFlag(node, name)
  if (!found) return unknownFlag(node, `--${name}`)
  return addFlag(found, joined, queue, into)
}

function takeShortFlags(node: KubectlNode, word: string, queue: string[], into: KubectlCommand): Refusal | undefined {
  for (let letters = word.slice(1); letters !== '';) {
    const letter = letters[0]!
    letters = letters.slice(1)
    const found = findShortFlag(node, letter)
    if (!found) return unknownFlag(node, `-${letter}`)
    if (letters.startsWith('=') && letters.length > 1) return addFlag(found, letters.slice(1), queue, into)
    if (found.flag.needsValue) return addFlag(found, letters === '' ? undefined : letters, queue, into)
    into.flags.push({ name: found.flag.name, isGlobal: found.isGlobal })
  }
  return undefined
}

function addFlag(
  found: NonNullable<ReturnType<typeof findLongFlag>>,
  joined: string | undefined,
  queue: string[],
  into: KubectlCommand,
): Refusal | undefined {
  const { name, needsValue } = found.flag
  const value = joined ?? (needsValue ? queue.shift() : undefined)
  if (needsValue && value === undefined) return new Refusal('bad-value', `--${name} needs a value`)
  into.flags.push({ name, isGlobal: found.isGlobal, ...(value === undefined ? {} : { value }) })
  return undefined
}

function unknownCommand(word: string): Refusal {
  const known = [...new Set([...kubectlTree.children.values()].map(({ path }) => path))].join(', ')
  return new Refusal('unknown-command', `kubectl has no command ${word} here; it has ${known}`)
}

function unknownFlag(node: KubectlNode, flag: string): Refusal {
  const command = ['kubectl', node.path].filter(Boolean).join(' ')
  return new Refusal('unknown-flag', `${command} has no flag ${flag}`)
}
