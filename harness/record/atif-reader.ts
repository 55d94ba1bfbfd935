import { readFile } from 'node:fs/promises'
import { InputError, messageOf } from '../base/errors.ts'
import { checkAgainst } from '../base/schema-problems.ts'
import type { AtifTrajectory } from './atif-format.ts'
import { atifSchema } from './atif-schema.ts'

/** A trajectory from a file, of any ATIF version so far; everything that is wrong with it at once. */
export async function readTrajectory(file: string): Promise<AtifTrajectory> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new InputError([`${file}: ${messageOf(cause)}`], { cause })
  })
  return parseTrajectory(text, file)
}

export function parseTrajectory(text: string, where: string): AtifTrajectory {
  const { value, problems } = checkAgainst(atifSchema, withoutNulls(parseJson(text, where)))
  if (problems) throw new InputError(problems.map((p) => `${where}: ${p.path === '' ? '' : `${p.path}: `}${p.message}`))
  return value
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new InputError([`${where}: expected JSON: ${messageOf(cause)}`], { cause })
  }
}

/** Harbor takes null for a field that is not there; in what is free, null is a value. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, free.has(key) ? (item as unknown) : withoutNulls(item)]),
  )
}

const free = new Set(['arguments', 'extra', 'tool_definitions'])
