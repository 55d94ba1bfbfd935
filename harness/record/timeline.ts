import { open, type FileHandle } from 'node:fs/promises'
import { KubemendError } from '../base/errors.ts'
import type { KubeObject } from '../base/kube-client.ts'
import { applyDelta } from './delta.ts'
import type { ObjectRef, StateChange } from './events.ts'
import { readLines } from './lines.ts'
import { objectKey, timelineVersion, type TimelineEntry, type TimelineLine } from './timeline-format.ts'

/** A moment on the trial's clock, in milliseconds. */
export type Moment = number

export type ObjectName = Pick<ObjectRef, 'apiVersion' | 'kind' | 'namespace' | 'name'>

export interface StateDifference {
  object: ObjectRef
  change: 'added' | 'modified' | 'removed' | 'replaced'
  before?: KubeObject
  after?: KubeObject
  /** The entries in between, oldest first. */
  entries: number[]
}

interface Position {
  entry: number
  ms: Moment
  change: StateChange['change']
  isWhole: boolean
  offset: number
  bytes: number
}

interface Track {
  ref: ObjectRef
  positions: Position[]
}

/**
 * Answers what the cluster looked like at any moment of a trial. Memory holds where things are, not what they are:
 * states are read from the file when asked for.
 */
export class Timeline implements AsyncDisposable {
  readonly startedAt: Date
  readonly entries: number
  /** Bytes of a last line that was never finished. */
  readonly tornBytes: number
  readonly #handle: FileHandle
  readonly #tracks: Track[]
  readonly #byKey = new Map<string, Track[]>()
  readonly #calls: Map<string, { start?: Moment; end?: Moment }>

  private constructor(handle: FileHandle, index: TimelineIndex) {
    this.#handle = handle
    this.startedAt = new Date(index.startedAt)
    this.entries = index.entries
    this.tornBytes = index.tornBytes
    this.#tracks = index.tracks
    this.#calls = index.calls
    for (const track of index.tracks) {
      const key = objectKey(track.ref)
      this.#byKey.set(key, [...(this.#byKey.get(key) ?? []), track])
    }
  }

  static async open(file: string): Promise<Timeline> {
    const index = await readIndex(file)
    return new Timeline(await open(file, 'r'), index)
  }

  /** The tool calls that were marked, in order. */
  get calls(): string[] {
    return [...this.#calls.keys()]
  }

  /** The moment just before a tool call, by its id or its number (1 for the first). */
  beforeCall(call: string | number): Moment {
    return this.#moment(this.#callId(call), 'start')
  }

  /** The moment just before the next tool call: the state that the call led to. Infinity after the last one. */
  afterCall(call: string | number): Moment {
    const next = this.calls[this.calls.indexOf(this.#callId(call)) + 1]
    return next === undefined ? Infinity : this.#moment(next, 'start')
  }

  /** A moment given by the wall clock. */
  momentOf(at: Date): Moment {
    return at.getTime() - this.startedAt.getTime()
  }

  /** Every object ever seen; one that was deleted and made again is there twice, with another UID. */
  objects(): ObjectRef[] {
    return this.#tracks.map((track) => track.ref)
  }

  /** What an object looked like; undefined when it was not there. */
  async stateAt(name: ObjectName, moment: Moment): Promise<KubeObject | undefined> {
    const found = lastAt(this.#byKey.get(objectKey(name)) ?? [], moment)
    return found && this.#read(found.track, found.index)
  }

  /** Every object that was there. */
  async *allAt(moment: Moment): AsyncGenerator<KubeObject> {
    for (const tracks of this.#byKey.values()) {
      const found = lastAt(tracks, moment)
      const state = found && (await this.#read(found.track, found.index))
      if (state) yield state
    }
  }

  /** What became of each object after `from` and until `to`, in the order of the first change. */
  async *changesBetween(from: Moment, to: Moment): AsyncGenerator<StateDifference> {
    const touched = [...this.#byKey.values()].flatMap((tracks) => {
      const inside = tracks.flatMap((track) => positionsBetween(track, from, to))
      return inside.length > 0 ? [{ tracks, entries: inside.map((p) => p.entry).toSorted((a, b) => a - b) }] : []
    })
    for (const { tracks, entries } of touched.toSorted((a, b) => (a.entries[0] ?? 0) - (b.entries[0] ?? 0))) {
      const was = lastAt(tracks, from)
      const is = lastAt(tracks, to)
      const before = was && (await this.#read(was.track, was.index))
      const after = is && (await this.#read(is.track, is.index))
      if (!before && !after) continue
      const change = !before ? 'added' : !after ? 'removed' : was.track === is.track ? 'modified' : 'replaced'
      const object = (is ?? was)?.track.ref
      if (object) yield { object, change, entries, ...(before ? { before } : {}), ...(after ? { after } : {}) }
    }
  }

  /** An object's life, change by change. */
  async *history(
    name: ObjectName,
  ): AsyncGenerator<{ entry: number; ms: Moment; change: StateChange['change']; state?: KubeObject }> {
    for (const track of this.#byKey.get(objectKey(name)) ?? []) {
      let whole: unknown
      for (const position of track.positions) {
        const line = await this.#entryAt(position)
        whole = line.state ?? whole
        const state = line.state ?? (line.delta && applyDelta(whole, line.delta))
        const { entry, ms, change } = position
        yield { entry, ms, change, ...(state === undefined ? {} : { state: state as KubeObject }) }
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close()
  }

  async #read(track: Track, index: number): Promise<KubeObject | undefined> {
    if (track.positions[index]?.change === 'removed') return undefined
    const whole = track.positions.findLast((position, i) => position.isWhole && i <= index)
    const position = track.positions[index]
    if (!whole || !position) return undefined
    const { state } = await this.#entryAt(whole)
    const { delta } = whole === position ? {} : await this.#entryAt(position)
    return applyDelta(state, delta ?? []) as KubeObject
  }

  async #entryAt(position: Position): Promise<TimelineEntry> {
    const buffer = Buffer.alloc(position.bytes)
    await this.#handle.read(buffer, 0, position.bytes, position.offset)
    return JSON.parse(buffer.toString('utf8')) as TimelineEntry
  }

  #callId(call: string | number): string {
    const id = typeof call === 'string' ? call : this.calls[call - 1]
    if (id === undefined || !this.#calls.has(id))
      throw new KubemendError('no-such-call', `tool call ${call}: the timeline knows ${this.#calls.size} calls`)
    return id
  }

  #moment(id: string, edge: 'start' | 'end'): Moment {
    return this.#calls.get(id)?.[edge] ?? Infinity
  }
}

interface TimelineIndex {
  startedAt: string
  entries: number
  tornBytes: number
  tracks: Track[]
  calls: Map<string, { start?: Moment; end?: Moment }>
}

async function readIndex(file: string): Promise<TimelineIndex> {
  const index: TimelineIndex = { startedAt: '', entries: 0, tornBytes: 0, tracks: [], calls: new Map() }
  for await (const { text, bytes, isWhole, offset, number } of readLines(file)) {
    if (!isWhole) {
      index.tornBytes = bytes
      break
    }
    const line = parseLine(text, `${file}:${number}`)
    if ('timeline' in line) {
      if (line.timeline > timelineVersion)
        throw new KubemendError(
          'newer-record',
          `${file}: written in version ${line.timeline}; this Kubemend knows ${timelineVersion}`,
        )
      index.startedAt = line.startedAt
    } else if ('mark' in line) {
      index.calls.set(line.mark, { ...index.calls.get(line.mark), [line.edge]: line.ms })
    } else {
      index.entries++
      if (line.object) index.tracks[line.o] ??= { ref: line.object, positions: [] }
      const { entry, ms, change } = line
      index.tracks[line.o]?.positions.push({ entry, ms, change, isWhole: line.state !== undefined, offset, bytes })
    }
  }
  return index
}

function parseLine(text: string, where: string): TimelineLine {
  try {
    return JSON.parse(text) as TimelineLine
  } catch (cause) {
    throw new KubemendError('damaged-record', `${where}: expected a line of a timeline, found ${text.slice(0, 80)}`, {
      cause,
    })
  }
}

/** The last change at or before a moment, over all lives of an object. */
function lastAt(tracks: Track[], moment: Moment): { track: Track; index: number } | undefined {
  for (const track of tracks.toReversed()) {
    const index = countUntil(track.positions, moment) - 1
    if (index >= 0) return { track, index }
  }
  return undefined
}

function positionsBetween(track: Track, from: Moment, to: Moment): Position[] {
  return track.positions.slice(countUntil(track.positions, from), countUntil(track.positions, to))
}

/** How many positions are at or before a moment, by halving. */
function countUntil(positions: Position[], moment: Moment): number {
  let low = 0
  let high = positions.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((positions[middle]?.ms ?? Infinity) <= moment) low = middle + 1
    else high = middle
  }
  return low
}
