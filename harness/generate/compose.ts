import type { KubeObject } from '../base/kube-client.ts'
import { createDice, type Dice } from '../manifest/generate/dice.ts'
import { editObjects, findObject, printRef, refOf, type Edit } from './objects.ts'
import type { Operator, Site, Strike } from './operators/operator.ts'
import { operators } from './operators/operators.ts'
import { modelNames, splitOfKind, splitOfModel, type Split } from './split.ts'
import { buildWorld } from './worlds/build-world.ts'
import { clientsThrough, isBehind } from './worlds/system-map.ts'
import type { World } from './worlds/world.ts'

/** One fault of a candidate. */
export interface Fault {
  operator: Operator
  site: Site
  strike: Strike
  /** How far the cause lies from where it is seen. */
  hops: number
}

/** What one fault means for another: it hides it, or keeps it from being repaired. */
export interface Dependency {
  first: number
  second: number
  how: 'hides' | 'blocks'
}

/** A task before it has proven anything: a world, what breaks it, and the state that is to come back. */
export interface Candidate {
  seed: string
  index: number
  split: Split
  world: World
  faults: Fault[]
  dependencies: Dependency[]
  /** The world with what was rightly done to it, then broken, then repaired. */
  released: KubeObject[]
  broken: KubeObject[]
  repaired: KubeObject[]
}

export interface ComposeOptions {
  seed: string
  /** Candidates that share a world, so that proving them shares a cluster. */
  perWorld: number
  split?: Split
  /** Only operators for which this is so. */
  isWanted?: (operator: Operator) => boolean
  faults?: number
}

/** The candidate of an index: the same for the same seed, whatever was made before. */
export function composeCandidate(index: number, options: ComposeOptions): Candidate | { refused: string } {
  const group = Math.floor(index / options.perWorld)
  const place = index % options.perWorld
  const { split, leads } = planGroup(group, options)
  const lead = leads[place]
  if (!lead) return { refused: 'no operator of this part is wanted' }
  const dice = createDice(`${options.seed} candidate ${index}`)
  const world = worldOfGroup(group, split, leads, options.seed)
  const first = strikeAt(lead, world, dice)
  if (!first) return { refused: `precondition of ${lead.name} does not hold` }
  const count = options.faults ?? dice.pick([1, 1, 1, 2, 2, 3])
  const faults = addFaults([first], { count, world, split, dice, ...options })
  if (options.faults !== undefined && faults.length < options.faults)
    return { refused: `no ${options.faults} faults go together` }
  return finish({ seed: options.seed, index, split, world, faults })
}

/** Which part a group of candidates belongs to, and which operator each of them is about. */
function planGroup(group: number, options: ComposeOptions): { split: Split; leads: Operator[] } {
  const split = splitOfGroup(group, options)
  const known = operators.filter(
    (operator) => splitOfKind[operator.kind] === split && (options.isWanted?.(operator) ?? true),
  )
  // every operator has its turn before one comes again
  let ordinal = 0
  for (let earlier = 0; earlier < group; earlier++) if (splitOfGroup(earlier, options) === split) ordinal++
  const shuffled = shuffle(known, createDice(`${options.seed} operators of ${split}`))
  const leads = Array.from(
    { length: options.perWorld },
    (_, i) => shuffled[(ordinal * options.perWorld + i) % shuffled.length],
  )
  return { split, leads: leads.filter((lead): lead is Operator => lead !== undefined) }
}

function splitOfGroup(group: number, { seed, split, isWanted }: ComposeOptions): Split {
  if (split) return split
  const wanted = operators.filter((operator) => isWanted?.(operator) ?? true)
  const shares = (
    ['train', 'train', 'train', 'train', 'train', 'train', 'validation', 'validation', 'test', 'test'] as const
  ).filter((share) => wanted.some(({ kind }) => splitOfKind[kind] === share))
  return createDice(`${seed} part of group ${group}`).pick(shares.length > 0 ? shares : (['train'] as const))
}

function worldOfGroup(group: number, split: Split, leads: readonly Operator[], seed: string): World {
  const dice = createDice(`${seed} world ${group}`)
  const model = dice.pick(modelNames.filter((name) => splitOfModel[name] === split))
  const features = [...new Set(leads.flatMap(({ feature }) => feature ?? []))]
  return buildWorld({ model, features }, dice)
}

function shuffle<T>(items: readonly T[], dice: Dice): T[] {
  return items
    .map((item) => ({ item, rank: dice.roll(2 ** 30) }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ item }) => item)
}

/** One operator at one of its places, or nothing where it has none. */
export function strikeAt(operator: Operator, world: World, dice: Dice): Fault | undefined {
  const sites = operator.find(world)
  if (sites.length === 0) return undefined
  const site = dice.pick(sites)
  const strike = operator.strike(site, world, dice)
  const distances = clientsThrough(world, site.workload).map(({ hops }) => hops)
  const hops = Math.min(...distances, 4) + (site.object === undefined ? 0 : 1)
  return { operator, site, strike, hops: distances.length === 0 ? 1 : hops }
}

function addFaults(
  faults: Fault[],
  {
    count,
    world,
    split,
    dice,
    isWanted,
  }: { count: number; world: World; split: Split; dice: Dice } & Pick<ComposeOptions, 'isWanted'>,
): Fault[] {
  const known = shuffle(
    operators.filter((operator) => splitOfKind[operator.kind] === split && (isWanted?.(operator) ?? true)),
    dice,
  )
  const all = [...faults]
  for (const operator of known) {
    if (all.length >= count) break
    const next = strikeAt(operator, world, dice)
    if (next && all.every((other) => goTogether(other, next))) all.push(next)
  }
  return all
}

/** Whether two faults can be told apart and repaired one after the other. */
export function goTogether(a: Fault, b: Fault): boolean {
  if (a.strike.isAlone || b.strike.isAlone) return false
  if (a.operator === b.operator) return false
  const mine = sphereOf(a)
  if (sphereOf(b).some((key) => mine.includes(key))) return false
  return !isHeldUp(a, b) && !isHeldUp(b, a)
}

/** Objects that a fault is about: what it and its repair change, what suffers, and what it suffers from. */
function sphereOf({ site, strike }: Fault): string[] {
  const changed = [...strike.edits, ...(strike.company ?? []), ...(strike.repair ?? [])].map(({ on }) => on)
  const about = [site.workload, site.object, site.link?.to, site.link?.service].flatMap((object) =>
    object ? [refOf(object)] : [],
  )
  return [...changed, ...about].map(printRef)
}

/** A gate keeps new pods from coming; what shows only once its new pods are there would then never show. */
function isHeldUp(gate: Fault, other: Fault): boolean {
  if (!gate.strike.isGate || !isWithin(gate, other)) return false
  return other.strike.symptom.some(
    (entry) => typeof entry === 'object' && Object.keys(entry).some((name) => name.endsWith('-available')),
  )
}

function isWithin(gate: Fault, other: Fault): boolean {
  const isEverywhere = gate.operator.kind === 'nodes'
  return isEverywhere || gate.site.workload.metadata.namespace === other.site.workload.metadata.namespace
}

function dependenciesOf(world: World, faults: readonly Fault[]): Dependency[] {
  return faults.flatMap((a, first) =>
    faults.flatMap((b, second): Dependency[] => {
      if (first === second) return []
      if (a.strike.isGate && isWithin(a, b) && changesPods(b)) return [{ first, second, how: 'blocks' }]
      const isHidden = a.strike.isTraffic && b.strike.isTraffic && isBehind(world, b.site.workload, a.site.workload)
      return isHidden ? [{ first, second, how: 'hides' }] : []
    }),
  )
}

function changesPods({ strike }: Fault): boolean {
  return [...strike.edits, ...(strike.company ?? [])].some(({ on }) => on.kind === 'Deployment')
}

function finish(made: Pick<Candidate, 'seed' | 'index' | 'split' | 'world' | 'faults'>): Candidate {
  const { world } = made
  // what keeps others from being repaired comes first
  const faults = made.faults.toSorted((a, b) => Number(b.strike.isGate ?? false) - Number(a.strike.isGate ?? false))
  const released = editObjects(
    world.objects,
    faults.flatMap(({ strike }) => strike.company ?? []),
  )
  const broken = editObjects(
    released,
    faults.flatMap(({ strike }) => strike.edits),
  )
  const repaired = faults.reduce(
    (objects, { strike }) => editObjects(objects, repairOf(strike, objects, released)),
    broken,
  )
  return { ...made, faults, dependencies: dependenciesOf(world, faults), released, broken, repaired }
}

/** A fault's own repair, or the way back for every object that it touched. */
export function repairOf(strike: Strike, broken: readonly KubeObject[], released: readonly KubeObject[]): Edit[] {
  if (strike.repair) return strike.repair
  return strike.edits.flatMap(({ on }): Edit[] => {
    const before = findObject(released, on)
    const isThere = findObject(broken, on) !== undefined
    if (!before) return [{ on, remove: true }]
    return isThere
      ? [
          { on, remove: true },
          { on, create: before },
        ]
      : [{ on, create: before }]
  })
}
