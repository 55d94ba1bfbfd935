import { isAlias, isMap, isScalar, isSeq, Lexer, parseAllDocuments, type Document, type Node, type Scalar } from 'yaml'

/**
 * A value as PyYAML's safe_load sees it: YAML 1.1 with Python's types, where 1 and 1.0 and true are told apart and
 * `on`, `0644` and `12:30:00` are what YAML 1.1 says.
 */
export type SafeValue =
  | { type: 'null' }
  | { type: 'bool'; value: boolean }
  | { type: 'int'; value: bigint }
  | { type: 'float'; value: number }
  | { type: 'str' | 'date' | 'datetime' | 'bytes'; value: string }
  | { type: 'list'; items: SafeValue[] }
  | { type: 'dict'; entries: Map<string, { key: SafeValue; value: SafeValue }> }

/** Every document of a stream; throws where safe_load_all would. */
export function safeLoadAll(given: string): SafeValue[] {
  const text = given.replaceAll(/\r\n?|\x85/g, '\n')
  if (hasTabBetweenTokens(text)) throw new Error('a tab cannot start any token')
  const parsed = parseAllDocuments(text, { version: '1.1', schema: 'failsafe', uniqueKeys: false, prettyErrors: false })
  const documents: Document[] = Array.isArray(parsed) ? parsed : []
  return documents.map((document) => {
    const [error] = document.errors
    if (error) throw error
    return construct(document.contents, { document, text, open: new Set(), budget: { left: 100_000 } })
  })
}

function hasTabBetweenTokens(text: string): boolean {
  if (!text.includes('\t')) return false
  let before = ''
  for (const token of new Lexer().lex(text)) {
    if (before !== scalarMark && /^[ \t]*\t[ \t]*$/.test(token)) return true
    before = token
  }
  return false
}

/** The lexer's sign that a scalar's text comes next. */
const scalarMark = '\x1f'

/** Which keys are one key: Python's 1, 1.0 and True are. */
export function keyOfValue(value: SafeValue): string {
  switch (value.type) {
    case 'null':
      return 'null'
    case 'bool':
      return `number ${value.value ? 1 : 0}`
    case 'int':
      return `number ${value.value}`
    case 'float':
      return `number ${value.value}`
    case 'list':
    case 'dict':
      throw new Error(`found unhashable key: ${value.type}`)
    default:
      return `${value.type} ${value.value}`
  }
}

interface Place {
  document: Document
  text: string
  /** Nodes being built: an alias to one of them has no end. */
  open: Set<Node>
  budget: { left: number }
}

function construct(node: unknown, place: Place): SafeValue {
  if (node === null || node === undefined) return { type: 'null' }
  if (place.budget.left-- <= 0) throw new Error('expands to too many values')
  if (isAlias(node)) {
    const target = node.resolve(place.document)
    if (!target || place.open.has(target)) throw new Error(`alias *${node.source} has no value`)
    return construct(target, place)
  }
  if (isScalar(node)) return constructScalar(node, place.text)
  if (!isMap(node) && !isSeq(node)) throw new Error('not a value')
  place.open.add(node)
  try {
    checkTag(node.tag, isMap(node) ? 'tag:yaml.org,2002:map' : 'tag:yaml.org,2002:seq')
    if (isSeq(node)) return { type: 'list', items: node.items.map((item) => construct(item, place)) }
    return { type: 'dict', entries: constructEntries(node.items, place) }
  } finally {
    place.open.delete(node)
  }
}

type Entries = Map<string, { key: SafeValue; value: SafeValue }>

function constructEntries(pairs: readonly { key: unknown; value: unknown }[], place: Place): Entries {
  const own: Entries = new Map()
  const merged: Entries = new Map()
  for (const pair of pairs) {
    if (isScalar(pair.key) && pair.key.type === 'PLAIN' && pair.key.source === '<<') {
      for (const entries of mergeSources(construct(pair.value, place))) {
        for (const [name, entry] of entries) if (!merged.has(name)) merged.set(name, entry)
      }
      continue
    }
    const key = construct(pair.key, place)
    own.set(keyOfValue(key), { key, value: construct(pair.value, place) })
  }
  return new Map([...merged, ...own])
}

function mergeSources(value: SafeValue): Entries[] {
  if (value.type === 'dict') return [value.entries]
  if (value.type !== 'list') throw new Error('expected a mapping or list of mappings for merging')
  return value.items.map((item) => {
    if (item.type !== 'dict') throw new Error('expected a mapping for merging')
    return item.entries
  })
}

function constructScalar(node: Scalar, source: string): SafeValue {
  const given = typeof node.value === 'string' ? node.value : ''
  // the end of the text is no line break, though the YAML library counts it as one in a block
  const endsWithText =
    node.type?.startsWith('BLOCK') && (node.range?.[1] ?? 0) >= source.length && !source.endsWith('\n')
  const text = endsWithText && given.endsWith('\n') ? given.slice(0, -1) : given
  const isPlain = node.type === 'PLAIN' || node.type === undefined
  const tag = node.tag?.replace('tag:yaml.org,2002:', '')
  if (tag === undefined || tag === '!')
    return isPlain && tag === undefined ? resolvePlain(text) : { type: 'str', value: text }
  switch (tag) {
    case 'str':
      return { type: 'str', value: text }
    case 'null':
      return { type: 'null' }
    case 'binary':
      return { type: 'bytes', value: Buffer.from(text, 'base64').toString('base64') }
    case 'bool': {
      const value = bools.get(text.toLowerCase())
      if (value === undefined) throw new Error(`not a bool: ${text}`)
      return { type: 'bool', value }
    }
    case 'int':
      return { type: 'int', value: readInt(text) }
    case 'float':
      return { type: 'float', value: readFloat(text) }
    case 'timestamp': {
      const value = readTimestamp(text)
      if (!value) throw new Error(`not a timestamp: ${text}`)
      return value
    }
    default:
      throw new Error(`could not determine a constructor for the tag ${node.tag}`)
  }
}

function checkTag(tag: string | undefined, only: string): void {
  if (tag !== undefined && tag !== only && tag !== '!') {
    throw new Error(`could not determine a constructor for the tag ${tag}`)
  }
}

const bools = new Map([
  ...['yes', 'true', 'on'].map((word): [string, boolean] => [word, true]),
  ...['no', 'false', 'off'].map((word): [string, boolean] => [word, false]),
])
const boolWord = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/
const intWord =
  /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/
const floatWord =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/

function resolvePlain(text: string): SafeValue {
  if (/^(?:~|null|Null|NULL|)$/.test(text)) return { type: 'null' }
  if (boolWord.test(text)) return { type: 'bool', value: bools.get(text.toLowerCase()) === true }
  if (intWord.test(text)) return { type: 'int', value: readInt(text) }
  if (floatWord.test(text)) return { type: 'float', value: readFloat(text) }
  if (text === '=') throw new Error('could not determine a constructor for the tag of =')
  return readTimestamp(text) ?? { type: 'str', value: text }
}

function readInt(word: string): bigint {
  const text = word.replaceAll('_', '')
  const isNegative = text.startsWith('-')
  const digits = text.replace(/^[-+]/, '')
  let value: bigint
  if (/^0b|^0x/.test(digits)) value = BigInt(digits)
  else if (digits.includes(':')) value = digits.split(':').reduce((sum, part) => sum * 60n + BigInt(part), 0n)
  else if (digits.length > 1 && digits.startsWith('0')) value = BigInt(`0o${digits.slice(1)}`)
  else value = BigInt(digits)
  return isNegative ? -value : value
}

function readFloat(word: string): number {
  const text = word.replaceAll('_', '').toLowerCase()
  const sign = text.startsWith('-') ? -1 : 1
  const digits = text.replace(/^[-+]/, '')
  if (digits === '.inf') return sign * Infinity
  if (digits === '.nan') return Number.NaN
  if (digits.includes(':')) return sign * digits.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  const value = Number(digits)
  if (digits === '' || Number.isNaN(value)) throw new Error(`could not convert string to float: ${word}`)
  return sign * value
}

const timestamp =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?(?:[ \t]*(Z|([-+])(\d\d?)(?::(\d\d))?))?)?$/

/** A date, or a moment in UTC with a Z where it named a zone. */
function readTimestamp(text: string): SafeValue | undefined {
  const match = timestamp.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second, fraction = '', named, sign, zoneHour = '0', zoneMinute = '0'] = match
  if (hour === undefined && !/^\d{4}-\d\d-\d\d$/.test(text)) return undefined
  const at = (...parts: (string | undefined)[]): number[] => parts.map((part) => Number(part ?? 0))
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = at(year, month, day, hour, minute, second)
  const moment = new Date(Date.UTC(y, mo - 1, d, h, mi, s))
  if (moment.getUTCMonth() !== mo - 1 || moment.getUTCDate() !== d || mi > 59 || s > 59 || h > 23) {
    throw new Error(`${text}: no such moment`)
  }
  if (hour === undefined) return { type: 'date', value: text }
  const zone = (sign === '-' ? -1 : 1) * (Number(zoneHour) * 60 + Number(zoneMinute))
  const utc = new Date(moment.getTime() - zone * 60_000).toISOString().slice(0, 19)
  return { type: 'datetime', value: `${utc}.${fraction.slice(0, 6).padEnd(6, '0')}${named ? 'Z' : ''}` }
}
