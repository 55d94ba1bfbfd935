import { realpath, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Problem } from '../task/problem.ts'
import { readPlacedYaml } from './yaml-place.ts'

/**
 * Files that a compose file has Docker Compose read on this machine while it is still being understood: they must lie in
 * the task's environment folder.
 */
export async function checkComposeReferences(environmentDir: string): Promise<Problem[]> {
  const file = path.join(environmentDir, 'docker-compose.yaml')
  const read = readPlacedYaml(await readFile(file, 'utf8'))
  if ('problems' in read) return read.problems.map((problem) => ({ file, ...problem }))
  const { yaml } = read
  const problems: Problem[] = []
  for (const { at, place } of referencesOf(yaml.value)) {
    if (await isWithin(environmentDir, path.resolve(environmentDir, place))) continue
    problems.push({ file, line: yaml.lineOf(at), message: `${place} leads out of the task's environment folder` })
  }
  return problems
}

/** Whether a place, all links followed, is a folder or in it; what is not there is judged by its name. */
export async function isWithin(folder: string, place: string): Promise<boolean> {
  const [root, real] = await Promise.all([folder, place].map((one) => realpath(one).catch(() => path.resolve(one))))
  return real === root || (real ?? '').startsWith(`${root}${path.sep}`)
}

type Reference = { at: (string | number)[]; place: string }

function referencesOf(root: unknown): Reference[] {
  if (!isDict(root)) return []
  const found = placesIn(['include'], root['include'], ['path', 'env_file', 'project_directory'])
  const services = isDict(root['services']) ? Object.entries(root['services']) : []
  for (const [name, service] of services) {
    if (!isDict(service)) continue
    found.push(...placesIn(['services', name, 'env_file'], service['env_file'], ['path']))
    found.push(...placesIn(['services', name, 'label_file'], service['label_file'], []))
    const { extends: parent } = service
    if (isDict(parent)) found.push(...placesIn(['services', name, 'extends', 'file'], parent['file'], []))
  }
  return found
}

/** A text, a list of texts, or maps that hold such under one of these keys. */
function placesIn(at: (string | number)[], given: unknown, keys: readonly string[]): Reference[] {
  if (typeof given === 'string') return [{ at, place: given }]
  if (Array.isArray(given)) return given.flatMap((one: unknown, i) => placesIn([...at, i], one, keys))
  if (!isDict(given)) return []
  return keys.flatMap((key) => placesIn([...at, key], given[key], []))
}

function isDict(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
