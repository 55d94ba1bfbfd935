import type { Delta } from './delta.ts'
import type { ObjectRef, StateChange } from './events.ts'

export const timelineVersion = 1

/** The lines of `timeline.jsonl`: types and their version. */
export type TimelineLine = TimelineHeader | TimelineMark | TimelineEntry

export interface TimelineHeader {
  timeline: number
  /** The wall clock at millisecond 0 of the trial's clock. */
  startedAt: string
}

/** A tool call began or ended. */
export interface TimelineMark {
  mark: string
  edge: 'start' | 'end'
  ms: number
}

/**
 * One change of one object: `state` is all of it; `delta` is how it differs from the last entry of this object that has
 * all of it; with neither it is gone.
 */
export interface TimelineEntry {
  entry: number
  ms: number
  change: StateChange['change']
  /** The object's number in this file; its reference is in the first entry of that number. */
  o: number
  object?: ObjectRef
  state?: Record<string, unknown>
  delta?: Delta
}

/** What makes two references the same object to the eye: the group, not the version, and not the UID. */
export function objectKey(ref: Pick<ObjectRef, 'apiVersion' | 'kind' | 'namespace' | 'name'>): string {
  const group = ref.apiVersion.includes('/') ? ref.apiVersion.slice(0, ref.apiVersion.indexOf('/')) : ''
  return `${group}/${ref.kind}/${ref.namespace ?? ''}/${ref.name}`
}
