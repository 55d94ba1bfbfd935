import type { KubeObject } from '../../base/kube-client.ts'
import { applyDelta } from '../../record/delta.ts'
import type { ObjectRef } from '../../record/events.ts'
import { readLines } from '../../record/lines.ts'
import type { TimelineLine } from '../../record/timeline-format.ts'
import { diffStates } from '../../state/diff-states.ts'
import type { Difference } from '../../state/difference.ts'
import { healthOf } from './pod-health.ts'
import type { Change, PodLane } from './story.ts'

/** What became of the cluster while the agent worked. */
export interface ClusterStory {
  /** After each moment that was asked for, until the next one: what people would call changed. */
  segments: { changes: Change[]; followers: number }[]
  pods: PodLane[]
  /** The first moment at which everything was as it was in the end. */
  settledAt: number | undefined
}

interface Live {
  ref: ObjectRef
  whole: KubeObject | undefined
  state: KubeObject | undefined
}

interface Entry {
  ms: number
  object: number
  before: KubeObject | undefined
  after: KubeObject | undefined
}

/**
 * Reads a timeline once. `cuts` are the moments, in order, at which a new segment begins: what comes before the first
 * one is the state that was found. `until` is when the trial was over, `revokedAt` when the agent's identity was taken
 * back, which is nobody's repair.
 */
export async function readClusterStory(
  file: string,
  { cuts, until, revokedAt = Infinity }: { cuts: readonly number[]; until: number; revokedAt?: number | undefined },
): Promise<ClusterStory> {
  const objects: (Live | undefined)[] = []
  const entries: Entry[] = []
  const pods = new Map<number, PodLane>()
  const from = cuts[0] ?? 0
  for await (const { text, isWhole } of readLines(file)) {
    if (!isWhole) break
    const line = JSON.parse(text) as TimelineLine
    if (!('entry' in line)) continue
    if (line.object) objects[line.o] ??= { ref: line.object, whole: undefined, state: undefined }
    const live = objects[line.o]
    if (!live) continue
    const before = live.state
    if (line.state) live.whole = line.state as unknown as KubeObject
    const after = line.state ? live.whole : line.delta ? (applyDelta(live.whole, line.delta) as KubeObject) : undefined
    live.state = after
    entries.push({ ms: line.ms, object: line.o, before, after })
    if (live.ref.kind === 'Pod') extendLane(pods, line.o, live.ref, line.ms, after)
  }
  for (const number of revoked(entries, objects, revokedAt)) objects[number] = undefined
  const end = Math.max(until, entries.at(-1)?.ms ?? 0)
  for (const lane of pods.values()) closeLane(lane, end)
  return {
    segments: cuts.map((cut, i) => segmentOf(entries, objects, cut, cuts[i + 1] ?? Infinity)),
    pods: [...pods.values()].filter(({ spans }) => spans.length > 0),
    settledAt: settledAt(entries, objects, from),
  }
}

function extendLane(
  lanes: Map<number, PodLane>,
  number: number,
  ref: ObjectRef,
  ms: number,
  pod: KubeObject | undefined,
): void {
  const lane = lanes.get(number) ?? { name: `${ref.namespace ?? ''}/${ref.name}`, spans: [] }
  lanes.set(number, lane)
  const last = lane.spans.at(-1)
  const health = pod && healthOf(pod)
  if (last && last[1] === Infinity) {
    if (last[2] === health) return
    last[1] = ms
  }
  if (health) lane.spans.push([ms, Infinity, health])
}

function closeLane(lane: PodLane, end: number): void {
  const last = lane.spans.at(-1)
  if (last && last[1] === Infinity) last[1] = end
}

/** What made the agent's identity up, and went with it. */
function revoked(entries: readonly Entry[], objects: readonly (Live | undefined)[], revokedAt: number): Set<number> {
  return new Set(
    entries
      .slice(firstAfter(entries, revokedAt))
      .filter(({ object, after }) => !after && identityKinds.has(objects[object]?.ref.kind ?? ''))
      .map(({ object }) => object),
  )
}

const identityKinds = new Set(['ServiceAccount', 'Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'])

/** Each object as it was at the beginning of the segment against how it was at its end. */
function segmentOf(
  entries: readonly Entry[],
  objects: readonly (Live | undefined)[],
  from: number,
  to: number,
): { changes: Change[]; followers: number } {
  const touched = new Map<number, { before: KubeObject | undefined; after: KubeObject | undefined }>()
  for (let i = firstAfter(entries, from); i < entries.length; i++) {
    const entry = entries[i]
    if (!entry || entry.ms > to) break
    const known = touched.get(entry.object)
    if (known) known.after = entry.after
    else touched.set(entry.object, { before: entry.before, after: entry.after })
  }
  // an object that was deleted and made again has two numbers
  const byName = new Map<string, { ref: ObjectRef; before: KubeObject[]; after: KubeObject[] }>()
  let followers = 0
  for (const [number, { before, after }] of touched) {
    const ref = objects[number]?.ref
    if (!ref) continue
    if (isFollower(ref, after ?? before)) {
      if (!before || !after) followers++
      continue
    }
    const name = `${ref.kind}/${ref.namespace ?? ''}/${ref.name}`
    const group = byName.get(name) ?? { ref, before: [], after: [] }
    if (before) group.before.push(before)
    if (after) group.after.push(after)
    byName.set(name, group)
  }
  const changes = [...byName.values()].flatMap(({ before, after }) =>
    diffStates(stateOf(before.slice(0, 1)), stateOf(after.slice(-1))).map(changeOf),
  )
  return { changes, followers }
}

function firstAfter(entries: readonly Entry[], moment: number): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((entries[middle]?.ms ?? Infinity) <= moment) low = middle + 1
    else high = middle
  }
  return low
}

function stateOf(objects: KubeObject[]): { takenAt: string; objects: KubeObject[]; unreadable: [] } {
  return { takenAt: '', objects, unreadable: [] }
}

/** What controllers make and keep by themselves. */
function isFollower({ kind }: ObjectRef, object: KubeObject | undefined): boolean {
  return followerKinds.has(kind) || (object?.metadata.ownerReferences ?? []).length > 0
}

const followerKinds = new Set(['Endpoints', 'EndpointSlice', 'Event', 'Lease', 'Node', 'ControllerRevision'])

export function changeOf(difference: Difference): Change {
  const { object, path, kind } = difference
  return {
    object: nameOf(object),
    path,
    kind,
    ...('before' in difference && path !== '' ? { before: inShort(difference.before) } : {}),
    ...('after' in difference && path !== '' ? { after: inShort(difference.after) } : {}),
    ...(path === '' && kind === 'added' ? { after: inShort(difference.after) } : {}),
  }
}

/** `deployment/web -n shop` */
export function nameOf({
  kind,
  namespace,
  name,
}: {
  kind: string
  namespace?: string | undefined
  name: string
}): string {
  return `${kind.toLowerCase()}/${name}${namespace ? ` -n ${namespace}` : ''}`
}

function inShort(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return text.length > 4000 ? `${text.slice(0, 4000)}…` : text
}

/**
 * The first moment after `from` at which every object that people make was as in the end, and every workload as ready.
 * Undefined when nothing changed at all.
 */
function settledAt(
  entries: readonly Entry[],
  objects: readonly (Live | undefined)[],
  from: number,
): number | undefined {
  // what is gone is judged by what it was
  const goal = Array.from(objects, (live) =>
    !live || isFollower(live.ref, live.whole) ? undefined : markOf(live.state),
  )
  const current = new Map<number, string>()
  for (const { object, after, ms } of entries) {
    if (ms > from) break
    current.set(object, markOf(after))
  }
  const away = new Set(goal.flatMap((mark, i) => (mark === undefined || (current.get(i) ?? gone) === mark ? [] : [i])))
  if (away.size === 0) return undefined
  for (let i = firstAfter(entries, from); i < entries.length; i++) {
    const entry = entries[i]
    if (!entry) break
    const { object, after, ms } = entry
    if (goal[object] === undefined) continue
    if (markOf(after) === goal[object]) away.delete(object)
    else away.add(object)
    if (away.size === 0) return ms
  }
  return undefined
}

const gone = ''

/** What of an object counts: what people write, and how ready a workload is. */
function markOf(object: KubeObject | undefined): string {
  if (!object) return gone
  const { metadata, status, ...rest } = object
  const { uid, labels } = metadata
  const { readyReplicas, availableReplicas, numberReady } = (status ?? {}) as Record<string, unknown>
  const isPod = object.kind === 'Pod'
  return JSON.stringify([
    uid,
    labels,
    rest,
    readyReplicas,
    availableReplicas,
    numberReady,
    isPod ? healthOf(object) : 0,
  ])
}
