import type { KubeObject } from '../base/kube-client.ts'
import { similarityOf } from '../manifest/generate/split-tasks.ts'
import { isObject } from '../state/json.ts'
import { differencesOf } from './compare-objects.ts'
import type { Candidate } from './compose.ts'

/** Candidates above this in both world and fault are near-duplicates. */
export const nearDuplicate = 0.85

/** What a candidate is once names are taken away: the leaves of its world, and those of its faults. */
export interface Shape {
  world: ReadonlySet<string>
  faults: ReadonlySet<string>
}

export function shapeOf({ world, faults, released, broken }: Candidate): Shape {
  const names = namesOf(world.objects)
  const mask = maskWith(names, (i) => `~${i}`)
  const blind = maskWith(names, () => '~')
  const operators = faults.map(({ operator }) => `operator=${operator.name}`)
  const changes = differencesOf(released, broken).flatMap(({ object, path, before, after }) => {
    const at = `${object.kind} ${blind(path)}`
    return [`${at} was ${blind(JSON.stringify(before) ?? '')}`, `${at} is ${blind(JSON.stringify(after) ?? '')}`]
  })
  return {
    world: new Set(world.objects.flatMap((object) => leavesOf(object, mask))),
    faults: new Set([...operators, ...changes]),
  }
}

/** From 0 to 1: the smaller of how much two worlds share and how much their faults share. */
export function likeness(a: Shape, b: Shape): number {
  return Math.min(similarityOf(a.faults, b.faults), similarityOf(a.world, b.world))
}

/** The first of the accepted that a candidate is too much like. */
export function findTwin<T extends { shape: Shape }>(
  shape: Shape,
  accepted: readonly T[],
): { twin: T; likeness: number } | undefined {
  for (const twin of accepted) {
    const how = likeness(shape, twin.shape)
    if (how > nearDuplicate) return { twin, likeness: how }
  }
  return undefined
}

function namesOf(objects: readonly KubeObject[]): string[] {
  return [...new Set(objects.flatMap(({ metadata }) => [metadata.name, metadata.namespace ?? metadata.name]))]
}

function maskWith(names: readonly string[], word: (i: number) => string): (text: string) => string {
  const rank = new Map(names.map((name, i) => [name, i]))
  const pattern = new RegExp(
    `(?<![A-Za-z0-9])(?:${names
      .toSorted((a, b) => b.length - a.length)
      .map(escape)
      .join('|')})(?![A-Za-z0-9])`,
    'g',
  )
  return (text) => text.replaceAll(pattern, (name) => word(rank.get(name) ?? 0))
}

function escape(text: string): string {
  return text.replaceAll(/[^\w]/g, String.raw`\$&`)
}

/** Every leaf of an object as `kind/path=value`; what a program says does not count. */
function leavesOf(object: KubeObject, mask: (text: string) => string): string[] {
  const leaves: string[] = []
  const walk = (value: unknown, at: string): void => {
    if (Array.isArray(value)) for (const item of value) walk(item, `${at}[]`)
    else if (isObject(value)) for (const [key, inner] of Object.entries(value)) walk(inner, `${at}/${key}`)
    else if (!String(value).startsWith('--text=')) leaves.push(mask(`${at}=${String(value)}`))
  }
  walk(object, mask(`${object.kind} ${object.metadata.name}`))
  return leaves
}
