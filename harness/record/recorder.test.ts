import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runCommand } from '../base/command.ts'
import { verifyChain } from './chain.ts'
import type { RecordedEvent } from './events.ts'
import { readRecord, upgrade } from './reader.ts'
import { Recorder, type RecorderOptions } from './recorder.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'record-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const start = (more: Partial<RecorderOptions> = {}): Recorder =>
  new Recorder({ dir, trial: 'a-task__abc', task: 'a-task', agent: 'nop', kubemend: '0.1.0', ...more })

async function eventsOf(file: string, options = {}): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = []
  for await (const event of readRecord(file, options)) events.push(event)
  return events
}

test('events come back as they were told, in order and on one clock', async () => {
  const recorder = start()
  recorder.record({ type: 'note', text: 'one "quoted" line\nand ünïcode \ud83d\ude00' })
  await recorder.phase('create', () => Promise.resolve())
  recorder.end()
  const events = await eventsOf(recorder.file)
  expect(events.map((e) => [e.seq, e.type])).toEqual([
    [0, 'record-started'],
    [1, 'note'],
    [2, 'phase-started'],
    [3, 'phase-ended'],
    [4, 'record-ended'],
  ])
  expect(events[1]).toMatchObject({ text: 'one "quoted" line\nand ünïcode \ud83d\ude00' })
  expect(events.every((e, i) => i === 0 || e.ms >= (events[i - 1]?.ms ?? 0))).toBe(true)
  expect(await verifyChain(recorder.file, { expectedHead: recorder.head })).toEqual({
    isWhole: true,
    lines: 5,
    head: recorder.head,
  })
})

test('a phase that throws is recorded as failed and still throws', async () => {
  const recorder = start()
  await expect(recorder.phase('verify', () => Promise.reject(new Error('no API server')))).rejects.toThrow('no API')
  recorder.end()
  expect((await eventsOf(recorder.file))[2]).toMatchObject({ type: 'phase-ended', failedBecause: 'no API server' })
})

test('a big text is kept once beside the record and read back whole, or by its beginning', async () => {
  const recorder = start({ inlineChars: 300 })
  const text = 'ünï😀'.repeat(1000)
  recorder.record({ type: 'note', text })
  recorder.record({ type: 'note', text: 'again', data: { nested: [text] } })
  recorder.end()
  expect(readFileSync(recorder.file).length).toBeLessThan(4000)
  expect(readdirSync(recorder.blobs.dir)).toHaveLength(1)
  const whole = await eventsOf(recorder.file)
  expect(whole[1]).toMatchObject({ text })
  expect(whole[2]).toMatchObject({ data: { nested: [text] } })
  const short = await eventsOf(recorder.file, { texts: 'start' })
  expect((short[1] as { text: string }).text).toHaveLength(201)
})

test('of a text beyond the limit the beginning and the end are kept', async () => {
  const recorder = start({ blobBytes: 40_000 })
  recorder.record({ type: 'note', text: `begin${'x'.repeat(1_000_000)}end` })
  recorder.end()
  const [, note] = await eventsOf(recorder.file)
  const text = (note as { text: string }).text
  expect(text.length).toBeLessThan(41_000)
  expect(text).toMatch(/^begin/)
  expect(text).toMatch(/end$/)
  expect(text).toContain('[960008 bytes left out of the record]')
})

test('a blob that was changed is not handed out', async () => {
  const recorder = start({ inlineChars: 300 })
  recorder.record({ type: 'note', text: 'something long '.repeat(30) })
  recorder.end()
  const [name] = readdirSync(recorder.blobs.dir)
  writeFileSync(path.join(recorder.blobs.dir, name ?? ''), 'something else')
  expect(recorder.blobs.get(name ?? '')).toBeUndefined()
  expect(recorder.blobs.get('../record.jsonl')).toBeUndefined()
})

test('what must be concealed is gone before anything is written', async () => {
  const recorder = start({
    conceal: (value) => JSON.parse(JSON.stringify(value).replaceAll('s3cret', '[redacted]')) as unknown,
    inlineChars: 300,
  })
  recorder.record({ type: 'note', text: `a s3cret in a long text ${'.'.repeat(500)}` })
  recorder.end()
  const files = [recorder.file, ...readdirSync(recorder.blobs.dir).map((n) => path.join(recorder.blobs.dir, n))]
  expect(files).toHaveLength(2)
  for (const file of files) expect(readFileSync(file, 'utf8')).not.toContain('s3cret')
})

test('the chain names the first line that was changed, taken out, repeated or moved, whatever it is', async () => {
  const recorder = start()
  for (let i = 0; i < 12; i++) recorder.record({ type: 'note', text: `note ${i}` })
  recorder.end()
  const lines = readFileSync(recorder.file, 'utf8').trimEnd().split('\n')
  const copy = path.join(dir, 'copy.jsonl')
  const index = fc.nat(lines.length - 2)
  const tampering = fc.oneof(
    fc.record({ how: fc.constant('change' as const), at: index }),
    fc.record({ how: fc.constant('remove' as const), at: index }),
    fc.record({ how: fc.constant('repeat' as const), at: index }),
    fc.record({ how: fc.constant('swap' as const), at: index }),
  )
  await fc.assert(
    fc.asyncProperty(tampering, async ({ how, at }) => {
      const changed = [...lines]
      const line = lines[at] ?? ''
      if (how === 'change') changed[at] = line.replace(/"ms":\d/, '"ms":9')
      if (how === 'remove') changed.splice(at, 1)
      if (how === 'repeat') changed.splice(at, 0, line)
      if (how === 'swap') [changed[at], changed[at + 1]] = [lines[at + 1] ?? '', line]
      fc.pre(changed.join() !== lines.join())
      writeFileSync(copy, `${changed.join('\n')}\n`)
      const report = await verifyChain(copy)
      expect(report.isWhole).toBe(false)
      expect(report.badLine?.line).toBe(how === 'repeat' ? at + 2 : at + 1)
    }),
  )
})

test('lines cut off at the end are noticed with the head that the result names', async () => {
  const recorder = start()
  recorder.record({ type: 'note', text: 'the embarrassing part' })
  recorder.end()
  const lines = readFileSync(recorder.file, 'utf8').trimEnd().split('\n')
  writeFileSync(recorder.file, `${lines.slice(0, -2).join('\n')}\n`)
  expect((await verifyChain(recorder.file)).isWhole).toBe(true)
  const report = await verifyChain(recorder.file, { expectedHead: recorder.head })
  expect(report).toMatchObject({ isWhole: false, badLine: { line: 2 } })
})

test('a torn last line is tolerated and told, at every length', async () => {
  const recorder = start()
  recorder.record({ type: 'note', text: 'last words: ünï😀' })
  const whole = readFileSync(recorder.file)
  const before = whole.lastIndexOf('\n', whole.length - 2) + 1
  for (let length = whole.length - 1; length > before; length--) {
    truncateSync(recorder.file, length)
    let torn = 0
    const events = await eventsOf(recorder.file, { onTorn: (bytes: number) => (torn = bytes) })
    expect(events.map((e) => e.type)).toEqual(['record-started'])
    expect(torn).toBe(length - before)
    expect(await verifyChain(recorder.file)).toMatchObject({ isWhole: true, lines: 1, tornBytes: length - before })
  }
  recorder.end()
})

test('a record outlives kill -9 in the middle of writing', async () => {
  const child = path.join(dir, 'child.ts')
  writeFileSync(
    child,
    `import { Worker } from 'node:worker_threads'
     import { Recorder } from ${JSON.stringify(path.resolve(import.meta.dirname, 'recorder.ts'))}
     const recorder = new Recorder({ dir: ${JSON.stringify(dir)}, trial: 't', task: 't', agent: 'a', kubemend: '0' })
     new Worker("setTimeout(() => process.kill(process.pid, 'SIGKILL'), 150)", { eval: true })
     for (let i = 0; ; i++) recorder.record({ type: 'note', text: 'x'.repeat(i % 5000) })`,
  )
  const result = await runCommand([process.execPath, child], { timeoutMs: 15_000 })
  expect(result.signal).toBe('SIGKILL')
  const file = path.join(dir, 'record.jsonl')
  const report = await verifyChain(file)
  expect(report.isWhole).toBe(true)
  expect(report.lines).toBeGreaterThan(100)
  expect(await eventsOf(file)).toHaveLength(report.lines)
})

test('a damaged line in the middle and a newer version are refused with their place', async () => {
  const recorder = start()
  recorder.end()
  const text = readFileSync(recorder.file, 'utf8')
  appendFileSync(recorder.file, 'garbage\n{}\n')
  await expect(eventsOf(recorder.file)).rejects.toThrow('record.jsonl:3: expected an event, found garbage')
  writeFileSync(recorder.file, text.replace('"version":1', '"version":7'))
  await expect(eventsOf(recorder.file)).rejects.toThrow('written in version 7; this Kubemend knows 1')
})

test('old versions are upgraded step by step', () => {
  const steps = {
    1: (event: Record<string, unknown>) => ({ ...event, path: `${String(event['path'])} 1>2` }),
    2: (event: Record<string, unknown>) => ({ ...event, path: `${String(event['path'])} 2>3` }),
  }
  expect(upgrade({ type: 'note', path: '' }, 1, 3, steps)).toEqual({ type: 'note', path: ' 1>2 2>3' })
  expect(upgrade({ type: 'note', path: '' }, 3, 3, steps)).toEqual({ type: 'note', path: '' })
})

test('a second recorder does not write over the record of the first', () => {
  const recorder = start()
  expect(() => start()).toThrow('EEXIST')
  recorder.end()
  expect(() => recorder.record({ type: 'note', text: 'late' })).toThrow('the record has ended already')
})
