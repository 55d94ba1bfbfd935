import type { ElementKeys } from './element-keys.ts'
import { canonicalJson, textAt } from './json.ts'
import type { Type } from './types/type.ts'

/** Puts the elements of a list into the one order that stands for all orders that mean the same. */
export function orderElements(list: unknown[], type: Type, keyed: ElementKeys | undefined): unknown[] {
  if (type.order === 'any') return keyed ? sortBy(list, keyed.keys) : distinct(list)
  if (type.order === 'references' && keyed) return orderByReferences(list)
  return list
}

/** A set of elements without keys: sorted, each once. */
function distinct(list: unknown[]): unknown[] {
  const byText = new Map(list.map((element) => [orderText(element), element]))
  return sortBy([...byText.values()], [...byText.keys()])
}

function orderText(element: unknown): string {
  return typeof element === 'string' ? element : canonicalJson(element)
}

function sortBy(list: unknown[], keys: string[]): unknown[] {
  const order = list.map((_, i) => i)
  order.sort((a, b) => ((keys[a] as string) < (keys[b] as string) ? -1 : 1))
  return order.map((i) => list[i])
}

/**
 * Environment variables by name, except that of two where one names the other as $(NAME), the first stays first:
 * only what is defined before is expanded.
 */
function orderByReferences(list: unknown[]): unknown[] {
  const names = list.map((variable) => textAt(variable, 'name') as string)
  const place = new Map(names.map((name, i) => [name, i]))
  const laterOf: number[][] = list.map(() => [])
  const waitsFor = list.map(() => 0)
  list.forEach((variable, i) => {
    for (const name of referencesIn(textAt(variable, 'value') ?? '')) {
      const other = place.get(name)
      if (other === undefined || other === i) continue
      laterOf[Math.min(i, other)]?.push(Math.max(i, other))
      waitsFor[Math.max(i, other)] = (waitsFor[Math.max(i, other)] ?? 0) + 1
    }
  })
  const ready = names.map((_, i) => i).filter((i) => waitsFor[i] === 0)
  const ordered: unknown[] = []
  while (ready.length > 0) {
    ready.sort((a, b) => ((names[a] as string) < (names[b] as string) ? -1 : 1))
    const next = ready.shift() as number
    ordered.push(list[next])
    for (const later of laterOf[next] ?? []) {
      waitsFor[later] = (waitsFor[later] ?? 0) - 1
      if (waitsFor[later] === 0) ready.push(later)
    }
  }
  return ordered
}

function referencesIn(value: string): Set<string> {
  if (!value.includes('$(')) return new Set()
  const names = [...value.matchAll(/\$\$|\$\(([^)]+)\)/g)].flatMap(([, name]) => (name === undefined ? [] : [name]))
  return new Set(names)
}
