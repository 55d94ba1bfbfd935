import path from 'node:path'
import { KubemendError } from '../base/errors.ts'
import { Blobs, isStoredText } from './blobs.ts'
import { recordVersion, type RecordedEvent } from './events.ts'
import { readLines } from './lines.ts'

export interface ReadOptions {
  /** Big texts whole (default), or only their beginnings, which keeps memory small. */
  texts?: 'whole' | 'start'
  /** Told the size of a last line that was never finished. */
  onTorn?: (bytes: number) => void
}

/** An event of any version, before it is brought to the present one. */
export type RawEvent = Record<string, unknown>

/** `steps[n]` makes an event of version n into one of version n + 1. */
export type UpgradeSteps = Record<number, (event: RawEvent) => RawEvent>

/** The events of a record of any known version, as events of the present version, one at a time. */
export async function* readRecord(file: string, options: ReadOptions = {}): AsyncGenerator<RecordedEvent> {
  const blobs = new Blobs(path.join(path.dirname(file), 'blobs'))
  let version: number | undefined
  for await (const line of readLines(file)) {
    if (!line.isWhole) {
      options.onTorn?.(line.bytes)
      return
    }
    const raw = parseEvent(line.text, `${file}:${line.number}`)
    version ??= versionOf(raw, file)
    const event = upgrade(raw, version)
    delete event['hash']
    yield restoreTexts(event, blobs, options.texts ?? 'whole') as RecordedEvent
  }
}

/** Brings an event to the present version, one step after the other. */
export function upgrade(
  event: RawEvent,
  from: number,
  to: number = recordVersion,
  steps: UpgradeSteps = upgradeSteps,
): RawEvent {
  let upgraded = event
  for (let version = from; version < to; version++) upgraded = steps[version]?.(upgraded) ?? upgraded
  return upgraded
}

const upgradeSteps: UpgradeSteps = {}

function parseEvent(text: string, where: string): RawEvent {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && typeof (value as RawEvent)['type'] === 'string')
      return value as RawEvent
  } catch {
    // said below
  }
  throw new KubemendError('damaged-record', `${where}: expected an event, found ${text.slice(0, 80)}`)
}

function versionOf(first: RawEvent, file: string): number {
  const version = first['version']
  if (first['type'] !== 'record-started' || typeof version !== 'number')
    throw new KubemendError('damaged-record', `${file}:1: expected the event record-started with its version`)
  if (version > recordVersion)
    throw new KubemendError(
      'newer-record',
      `${file}: written in version ${version}; this Kubemend knows ${recordVersion}`,
      {
        hint: 'use a newer Kubemend to read it',
      },
    )
  return version
}

function restoreTexts(value: unknown, blobs: Blobs, texts: 'whole' | 'start'): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (isStoredText(value)) return (texts === 'whole' ? blobs.get(value.$blob) : undefined) ?? `${value.start}…`
  if (Array.isArray(value)) return value.map((item) => restoreTexts(item, blobs, texts))
  for (const [key, item] of Object.entries(value)) {
    if (typeof item === 'object' && item !== null) (value as RawEvent)[key] = restoreTexts(item, blobs, texts)
  }
  return value
}
