import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Recorder } from './recorder.ts'
import { TimelineWriter } from './timeline-writer.ts'
import { verifyRecord } from './verify-record.ts'

let dir: string
let head: string
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'verify-'))
  const recorder = new Recorder({ dir, trial: 't', task: 't', agent: 'a', kubemend: '0' })
  using writer = new TimelineWriter({ dir, recorder })
  const node = (cpu: string) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', uid: 'u' }, status: { cpu } })
  writer.put(node('1'), 'present')
  recorder.record({ type: 'note', text: 'long '.repeat(10_000) })
  writer.put(node('2'), 'modified')
  recorder.end()
  head = recorder.head
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const change = (name: string, from: string, to: string): void => {
  const file = path.join(dir, name)
  writeFileSync(file, readFileSync(file, 'utf8').replace(from, to))
}

test('evidence that nobody touched is whole', async () => {
  expect(await verifyRecord(dir, { expectedHead: head })).toMatchObject({ isWhole: true, badBlobs: [], badEntries: [] })
})

test('a changed line, blob or timeline entry is named', async () => {
  change('timeline.jsonl', '"cpu":"1"', '"cpu":"9"')
  expect(await verifyRecord(dir)).toMatchObject({ isWhole: false, badEntries: [0] })
  change('timeline.jsonl', '"cpu":"9"', '"cpu":"1"')
  const [blob] = readdirSync(path.join(dir, 'blobs'))
  change(`blobs/${blob}`, 'long long', 'long lost')
  expect(await verifyRecord(dir)).toMatchObject({ isWhole: false, badBlobs: [blob], badEntries: [] })
  change('record.jsonl', '"change":"modified"', '"change":"added"')
  expect(await verifyRecord(dir)).toMatchObject({ isWhole: false, badLine: { line: 4 } })
})

test('a timeline that was taken away is noticed', async () => {
  await rm(path.join(dir, 'timeline.jsonl'))
  expect(await verifyRecord(dir)).toMatchObject({ isWhole: false, badEntries: [0, 1] })
})
