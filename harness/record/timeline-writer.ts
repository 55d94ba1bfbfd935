import { hash } from 'node:crypto'
import path from 'node:path'
import type { KubeObject } from '../base/kube-client.ts'
import { AppendFile } from './append-file.ts'
import { concealSecret } from './conceal-secret.ts'
import { diffJson } from './delta.ts'
import type { ObjectRef, StateChange } from './events.ts'
import type { Recorder } from './recorder.ts'
import { objectKey, timelineVersion, type TimelineEntry, type TimelineLine } from './timeline-format.ts'

export interface TimelineOptions {
  /** The folder that gets `timeline.jsonl`. */
  dir: string
  /** Its clock is the timeline's; every entry goes into the record by number and digest. */
  recorder: Recorder
}

interface LiveObject {
  number: number
  ref: ObjectRef
  digest: string
  /** Where its last whole state lies in the file, which deltas are made against. */
  whole: { offset: number; length: number }
}

/**
 * Writes down what the cluster's objects look like over time, as whole states and deltas. States are not kept in
 * memory but read back from the file, so memory grows with the objects alive and not with what happens to them.
 */
export class TimelineWriter implements Disposable {
  readonly file: string
  readonly #lines: AppendFile
  readonly #recorder: Recorder
  readonly #live = new Map<string, LiveObject>()
  #entries = 0
  #objects = 0

  constructor(options: TimelineOptions) {
    this.file = path.join(options.dir, 'timeline.jsonl')
    this.#recorder = options.recorder
    this.#lines = new AppendFile(this.file)
    const startedAt = new Date(Date.now() - this.#recorder.nowMs()).toISOString()
    this.#write({ timeline: timelineVersion, startedAt })
  }

  /** An object as it is now. Secrets' values are concealed here, and managedFields left out. */
  put(object: KubeObject, change: 'present' | 'added' | 'modified'): void {
    const state = cleaned(object)
    const json = JSON.stringify(state)
    const digest = hash('sha256', json, 'base64')
    const ref = refOf(object)
    const key = objectKey(ref)
    const known = this.#live.get(key)
    if (!known) return this.#putWhole(this.#objects++, change, ref, json, digest)
    if (known.ref.uid !== ref.uid) {
      this.remove(known.ref)
      return this.#putWhole(this.#objects++, 'added', ref, json, digest)
    }
    if (known.digest === digest) return
    const delta = diffJson(this.#readWhole(known), state)
    const line = JSON.stringify({ ...this.#next(change, known.number), delta } satisfies TimelineEntry)
    if (line.length > json.length / 2) return this.#putWhole(known.number, change, ref, json, digest)
    this.#add(line, change, ref)
    known.digest = digest
  }

  /** An object that is gone; one that was never seen is no news. */
  remove(ref: ObjectRef): void {
    const key = objectKey(ref)
    const live = this.#live.get(key)
    if (!live) return
    this.#add(JSON.stringify(this.#next('removed', live.number)), 'removed', live.ref)
    this.#live.delete(key)
  }

  /** A tool call began or ended: questions can name it from now on. */
  mark(call: string, edge: 'start' | 'end'): void {
    this.#write({ mark: call, edge, ms: this.#recorder.nowMs() })
  }

  [Symbol.dispose](): void {
    this.#lines[Symbol.dispose]()
  }

  #putWhole(number: number, change: StateChange['change'], ref: ObjectRef, json: string, digest: string): void {
    const head = `${JSON.stringify({ ...this.#next(change, number), object: ref }).slice(0, -1)},"state":`
    const whole = { offset: this.#lines.length + Buffer.byteLength(head), length: Buffer.byteLength(json) }
    this.#add(`${head}${json}}`, change, ref)
    this.#live.set(objectKey(ref), { number, ref, digest, whole })
  }

  #readWhole({ whole }: LiveObject): unknown {
    return JSON.parse(this.#lines.read(whole.offset, whole.length))
  }

  #next(change: StateChange['change'], number: number): TimelineEntry {
    return { entry: this.#entries, ms: this.#recorder.nowMs(), change, o: number }
  }

  #add(line: string, change: StateChange['change'], object: ObjectRef): void {
    this.#lines.append(line)
    this.#recorder.record({
      type: 'state-change',
      object,
      change,
      entry: this.#entries++,
      digest: hash('sha256', line, 'hex'),
    })
  }

  #write(line: TimelineLine): void {
    this.#lines.append(JSON.stringify(line))
  }
}

function refOf(object: KubeObject): ObjectRef {
  const { namespace, name, uid } = object.metadata
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...(uid === undefined ? {} : { uid }),
  }
}

function cleaned(object: KubeObject): Record<string, unknown> {
  const { managedFields: _, ...metadata } = object.metadata
  return concealSecret({ ...object, metadata })
}
