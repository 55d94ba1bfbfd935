import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EndsBuffer } from './ends-buffer.ts'
import { bufferFor, shortenOutput, type OutputShape } from './shorten-output.ts'

const plain: OutputShape = { headShare: 0.5, advice: 'ask for less' }
const logs: OutputShape = { headShare: 0.1, advice: 'ask for less' }
const describeShape: OutputShape = { headShare: 0.6, advice: 'one object', isDescribe: true }

test('the two ends of any output are kept exactly, whatever the sizes of its chunks', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.nat(50), fc.nat(50), (chunks, headBytes, tailBytes) => {
      const buffer = new EndsBuffer(headBytes, tailBytes)
      for (const chunk of chunks) buffer.push(chunk)
      const all = Buffer.concat(chunks)
      expect(buffer.head()).toEqual(all.subarray(0, headBytes))
      const rest = all.subarray(headBytes)
      expect(Buffer.from(buffer.tail())).toEqual(rest.subarray(Math.max(0, rest.length - tailBytes)))
      expect(buffer.totalBytes).toBe(all.length)
      expect(buffer.lostBytes).toBe(Math.max(0, all.length - headBytes - tailBytes))
      expect(buffer.totalLines).toBe(all.filter((byte) => byte === 10).length)
    }),
  )
})

test('short output stays as it is', () => {
  expect(shorten('one\ntwo\n', plain, 100)).toEqual({ text: 'one\ntwo\n', totalBytes: 8, leftOutBytes: 0 })
})

test('long output is cut in the middle at line ends, with a count and advice', () => {
  const { text, leftOutBytes } = shorten(numbered(1000), plain, 200)
  expect(text).toMatch(/^line 1\nline 2\n/)
  expect(text).toMatch(/line 999\nline 1000\n$/)
  const [, bytes, lines] =
    /\[\.\.\. ([\d,]+) bytes \(([\d,]+) lines\) left out here; ask for less \.\.\.\]/.exec(text) ?? []
  const shown = text.split('\n').filter((line) => line.startsWith('line')).length
  expect(Number(lines?.replace(',', ''))).toBe(1000 - shown)
  expect(Number(bytes?.replace(',', ''))).toBe(leftOutBytes)
})

test('logs keep their end rather than their beginning', () => {
  const { text } = shorten(numbered(1000), logs, 1000)
  const [head = '', tail = ''] = text.split('[...')
  expect(tail.length).toBeGreaterThan(head.length * 5)
})

test('no character is cut in half', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀', '\n'), minLength: 100, maxLength: 200 })
  fc.assert(
    fc.property(text, fc.integer({ min: 20, max: 90 }), (given, maxBytes) => {
      expect(shorten(given, plain, maxBytes).text).not.toContain('\ufffd')
    }),
  )
})

describe('describe', () => {
  const events = 'Events:\n  Warning  BackOff  pulling image\n'
  const object = (name: string): string =>
    `Name: ${name}\n${Array.from({ length: 200 }, (_, i) => `  field-${i}: x\n`).join('')}${events}`

  test('keeps the Events of one long object', () => {
    const { text } = shorten(object('web'), describeShape, 1000)
    expect(text).toContain(events)
    expect(text).toMatch(/^Name: web\n/)
    expect(text.length).toBeLessThan(1300)
  })

  test('keeps the Events of every one of several objects', () => {
    const { text } = shorten(['a', 'b', 'c'].map(object).join('\n\n\n'), describeShape, 2400)
    expect(text.split(events).length - 1).toBe(3)
    for (const name of ['a', 'b', 'c']) expect(text).toContain(`Name: ${name}\n`)
  })

  test('says how many objects are missing altogether', () => {
    const many = Array.from({ length: 100 }, (_, i) => object(`n${i}`)).join('\n\n\n')
    const { text } = shorten(many, describeShape, 2000)
    expect(text).toMatch(/\[\.\.\. 95 more objects left out/)
  })
})

describe('binary is named, not shown', () => {
  test('by its first bytes', () => {
    const gzip = Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), Buffer.alloc(100, 0xfe)])
    expect(shorten(gzip, plain, 1000).text).toBe('[gzip data, 104 bytes, not shown]\n')
  })

  test('anything with a NUL', () => {
    expect(shorten('text\0text', plain, 1000).text).toBe('[binary data, 9 bytes, not shown]\n')
  })

  test('but not UTF-8 text', () => {
    expect(shorten('Grüße — 你好\n'.repeat(50), plain, 10_000).text).toContain('你好')
  })
})

test('a hundred megabytes take no more memory than their two ends', () => {
  const buffer = bufferFor(logs, 32_000)
  const chunk = Buffer.from('a line of log, quite a usual one\n'.repeat(2000))
  const before = process.memoryUsage.rss()
  let pushed = 0
  for (; pushed < 100_000_000; pushed += chunk.length) buffer.push(chunk)
  const { text, totalBytes } = shortenOutput(buffer, logs, 32_000)
  expect(totalBytes).toBe(pushed)
  expect(text.length).toBeLessThan(33_000)
  expect(process.memoryUsage.rss() - before).toBeLessThan(20_000_000)
})

function shorten(output: string | Buffer, shape: OutputShape, maxBytes: number): ReturnType<typeof shortenOutput> {
  const buffer = bufferFor(shape, maxBytes)
  buffer.push(Buffer.from(output))
  return shortenOutput(buffer, shape, maxBytes)
}

function numbered(lines: number): string {
  return Array.from({ length: lines }, (_, i) => `line ${i + 1}\n`).join('')
}
