import { InputError } from '../base/errors.ts'

/**
 * A step into an object: a field, an element of a list by its key fields or by its index, or in patterns any field
 * (`*`) or any element (`[*]`).
 */
export type Step =
  | { field: string }
  | { key: Record<string, string> }
  | { index: number }
  | { any: 'field' }
  | { any: 'element' }

/** A path as contract.yaml writes it: `spec.template.spec.containers[name=web].env[name=X].value`. */
export type Path = Step[]

/** Reads a path or a pattern; what is wrong with it is an `InputError`. */
export function parsePath(text: string): Path {
  const steps: Path = []
  let at = 0
  const fail = (expected: string): never => {
    throw new InputError([`path ${JSON.stringify(text)}: expected ${expected} at character ${at + 1}`])
  }
  while (at < text.length) {
    if (text[at] === '[') {
      const end = endOfBracket(text, at)
      if (end === undefined) return fail('a closing ]')
      const step = parseBracket(text.slice(at + 1, end))
      if (step === undefined) return fail('[*], [0], [name=value] or ["a field"]')
      steps.push(step)
      at = end + 1
      if (at < text.length && text[at] !== '.' && text[at] !== '[') return fail('. or [')
    } else {
      if (steps.length > 0 || text[at] === '.') {
        if (steps.length === 0 || text[at] !== '.') return fail('a field name')
        at += 1
      }
      const field = /^[^.[\]\s]+/.exec(text.slice(at))?.[0]
      if (field === undefined) return fail('a field name')
      steps.push(field === '*' ? { any: 'field' } : { field })
      at += field.length
    }
  }
  return steps
}

/** Writes a path so that `parsePath` reads it back. */
export function printPath(path: Path): string {
  let text = ''
  for (const step of path) {
    if ('field' in step) {
      if (!/^[^.[\]\s*"']+$/.test(step.field)) text += `[${JSON.stringify(step.field)}]`
      else text += text === '' ? step.field : `.${step.field}`
    } else if ('key' in step) {
      text += `[${Object.entries(step.key)
        .map(([name, value]) => `${name}=${/^[^\],"'\s]+$/.test(value) ? value : JSON.stringify(value)}`)
        .join(',')}]`
    } else if ('index' in step) text += `[${step.index}]`
    else if (step.any === 'element') text += '[*]'
    else text += text === '' ? '*' : '.*'
  }
  return text
}

/** Whether a pattern names this path or something above it: `spec.ports` covers `spec.ports[name=http].port`. */
export function covers(pattern: Path, path: Path): boolean {
  return pattern.length <= path.length && pattern.every((step, i) => isStepMatch(step, path[i] as Step))
}

function isStepMatch(pattern: Step, step: Step): boolean {
  if ('any' in pattern) return pattern.any === 'field' ? 'field' in step : !('field' in step)
  if ('field' in pattern) return 'field' in step && step.field === pattern.field
  if ('index' in pattern) return 'index' in step && step.index === pattern.index
  return 'key' in step && Object.entries(pattern.key).every(([name, value]) => step.key[name] === value)
}

/** The place of the ] that ends the bracket opened at a place, quotes respected. */
function endOfBracket(text: string, from: number): number | undefined {
  let quote = ''
  for (let i = from + 1; i < text.length; i++) {
    const c = text[i] as string
    if (quote !== '') {
      if (c === '\\' && quote === '"') i += 1
      else if (c === quote) quote = ''
    } else if (c === '"' || c === "'") quote = c
    else if (c === ']') return i
  }
  return undefined
}

function parseBracket(inside: string): Step | undefined {
  if (inside === '*') return { any: 'element' }
  if (/^\d+$/.test(inside)) return { index: Number(inside) }
  const quoted = /^(?:"(?:[^"\\]|\\.)*"|'[^']*')$/.test(inside) ? unquote(inside) : undefined
  if (quoted !== undefined) return { field: quoted }
  const key: Record<string, string> = {}
  const pair = /([^=,"'\s]+)=("(?:[^"\\]|\\.)*"|'[^']*'|[^,"']*)(,|$)/y
  while (pair.lastIndex < inside.length) {
    const found = pair.exec(inside)
    const value = found === null ? undefined : unquote(found[2] ?? '')
    if (found === null || value === undefined) return undefined
    key[found[1] as string] = value
  }
  return Object.keys(key).length > 0 && !inside.endsWith(',') ? { key } : undefined
}

function unquote(text: string): string | undefined {
  if (text.startsWith("'")) return text.slice(1, -1)
  if (!text.startsWith('"')) return text
  try {
    return JSON.parse(text) as string
  } catch {
    return undefined
  }
}
