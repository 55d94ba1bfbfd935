import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { TrialEvent } from './events.ts'
import { Recorder } from './recorder.ts'
import { redactedText, redactFile } from './redact-file.ts'
import { parsePatterns } from './redact-patterns.ts'
import { findCredentials, Redactor } from './redact.ts'
import { modelTrial } from './sample-trial.ts'
import { secretsOf } from './secrets-of.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'redact-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const hex = (text: string): string => Buffer.from(text).toString('hex')
const folded = (text: string, width: number, by: string): string =>
  Array.from({ length: Math.ceil(text.length / width) }, (_, i) => text.slice(i * width, (i + 1) * width)).join(by)
const eachChar = (text: string, encode: (code: number) => string): string =>
  Array.from({ length: text.length }, (_, i) => encode(text.charCodeAt(i))).join('')
const eachByte = (text: string, encode: (byte: number) => string): string => [...Buffer.from(text)].map(encode).join('')
const two = (n: number): string => n.toString(16).padStart(2, '0')

const encodings: Record<string, (secret: string) => string> = {
  'as it is': (s) => s,
  base64: base64,
  'base64 without padding': (s) => base64(s).replace(/=+$/, ''),
  base64url: (s) => Buffer.from(s).toString('base64url'),
  'base64 one byte into a longer value': (s) => base64(`:${s}: and more`),
  'base64 two bytes into a longer value': (s) => base64(`u:${s}: and more`),
  'base64 broken into lines': (s) => folded(base64(s), 8, '\n    '),
  'base64 twice': (s) => base64(base64(s)),
  'base64 of JSON': (s) => base64(JSON.stringify({ user: 'shop', password: s })),
  'base64 of gzip': (s) => gzipSync(JSON.stringify({ release: s })).toString('base64'),
  hex: hex,
  'hex with colons, in capitals': (s) => folded(hex(s).toUpperCase(), 2, ':'),
  'hex as bytes of C': (s) => eachByte(s, (b) => `0x${two(b)}, `),
  'hex escapes': (s) => eachByte(s, (b) => `\\x${two(b)}`),
  'URL-encoded': (s) => encodeURIComponent(s),
  'URL-encoded, every byte': (s) => eachByte(s, (b) => `%${two(b)}`),
  'JSON-escaped': (s) => JSON.stringify(s).slice(1, -1),
  'JSON-escaped twice': (s) => JSON.stringify(JSON.stringify(s)).slice(1, -1),
  'unicode escapes': (s) => eachChar(s, (c) => `\\u${c.toString(16).padStart(4, '0')}`),
  'HTML-escaped': (s) =>
    s.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
  'HTML references': (s) => eachChar(s, (c) => `&#${c};`),
  'broken into lines': (s) => folded(s, 5, '\n  '),
  'broken into lines by a shell': (s) => folded(s, 5, '\\\n'),
}

const secretText = fc
  .oneof(
    fc.string({ unit: 'grapheme-ascii', minLength: 10, maxLength: 60 }),
    fc.string({
      unit: fc.constantFrom(...'abcdefghABCDEFGH0123456789-_.+/='.split('')),
      minLength: 10,
      maxLength: 120,
    }),
  )
  .map((s) => s.trim())
  .filter((s) => s.replaceAll(/[\s\\"'`]/g, '').length >= 8 && new Set(s).size >= 6)
  .filter((s) => !/^\[?redacted/.test(s))

const around = fc.constantFrom('', ' ', '"', 'password=', 'x', '\n', 'token: ', "'", '/', '{"a":"', '\t')

/** Whether anything telling of a text is left: eight characters in a row, whatever lies between them. */
function survives(encoded: string, output: string): boolean {
  const squeeze = (text: string): string => text.replaceAll(/[\s\\]+/g, '')
  const clean = squeeze(output.replaceAll(/\[redacted:[^\]]*\]/g, '\u0000'))
  const needle = squeeze(encoded)
  const width = Math.min(12, needle.length)
  if (width < 6) return false
  return Array.from({ length: needle.length - width + 1 }, (_, i) => needle.slice(i, i + width)).some((p) =>
    clean.includes(p),
  )
}

for (const [name, encode] of Object.entries(encodings)) {
  test(`a known secret does not survive ${name}`, () => {
    fc.assert(
      fc.property(secretText, around, around, (secret, before, after) => {
        const redactor = new Redactor({ secrets: [{ name: 'shop/db password', value: secret }], builtIn: false })
        const text = `some words ${before}${encode(secret)}${after} and others`
        const output = redactor.text(text)
        expect(output).toContain('[redacted:shop/db password]')
        expect(survives(name.startsWith('base64') ? encode(secret).slice(4, -8) : encode(secret), output)).toBe(false)
        expect(output.startsWith('some words')).toBe(true)
        expect(redactor.report.total).toBeGreaterThan(0)
        expect(JSON.stringify(redactor.report)).not.toContain(JSON.stringify(secret))
      }),
      { numRuns: 60 },
    )
  })
}

test('secrets planted in every text field of a record in every encoding are gone from its files', async () => {
  const secret = `P4-${randomBytes(15).toString('base64')}&"ü`
  const redactor = new Redactor({ secrets: [{ name: 'the token', value: secret }] })
  const plant = (value: unknown, encode: (s: string) => string): unknown => {
    if (typeof value === 'string') return `${value} ${encode(secret)} ${value}`
    if (Array.isArray(value)) return value.map((item) => plant(item, encode))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, item]) => [
        [key, key === 'type' ? (item as unknown) : plant(item, encode)],
        [`${key} ${encode(secret)}`, 1],
      ]),
    )
  }
  const recorder = new Recorder({ dir, trial: 't', task: 't', agent: 'a', kubemend: '0' })
  for (const event of modelTrial.slice(1))
    for (const encode of Object.values(encodings)) recorder.record(plant(event, encode) as TrialEvent)
  recorder.end()
  const planted = readFileSync(recorder.file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((l) => JSON.parse(l) as unknown)
  const files: Record<string, string> = {
    'record.jsonl': readFileSync(recorder.file, 'utf8'),
    'trajectory.json': JSON.stringify(planted, undefined, 2),
    'agent.txt': planted.map((p) => JSON.stringify(p)).join('\n'),
    'values.log': Object.values(encodings)
      .map((encode) => `line ${encode(secret)}`)
      .join('\n'),
  }
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(path.join(dir, name), content)
    await redactFile(path.join(dir, name), path.join(dir, 'out', name), redactor)
    const output = readFileSync(path.join(dir, 'out', name), 'utf8')
    for (const [encoding, encode] of Object.entries(encodings)) {
      const encoded = encoding.startsWith('base64') ? encode(secret).slice(4, -8) : encode(secret)
      for (const written of [encoded, JSON.stringify(encoded).slice(1, -1)])
        expect([name, encoding, survives(written, output)]).toEqual([name, encoding, false])
    }
    if (name.endsWith('.json')) expect(() => JSON.parse(output) as unknown).not.toThrow()
    if (name.endsWith('.jsonl')) expect(output.trimEnd().split('\n')).toHaveLength(content.trimEnd().split('\n').length)
  }
  expect(redactor.report.redactions.some((r) => /record\.jsonl:\d+\.text$/.test(r.where))).toBe(true)
}, 60_000)

test('redacting again changes nothing', () => {
  fc.assert(
    fc.property(secretText, fc.constantFrom(...Object.values(encodings)), around, (secret, encode, before) => {
      const redactor = new Redactor({ secrets: [{ name: 'a secret', value: secret }] })
      const once = redactor.text(`${before}${encode(secret)} token: "${encode(secret)}"`)
      expect(redactor.text(once)).toBe(once)
    }),
  )
})

test('a telling part of a long secret goes, too, as when output was cut in the middle', () => {
  const secret = randomBytes(60).toString('base64url')
  const redactor = new Redactor({ secrets: [{ name: 't', value: secret }], builtIn: false })
  fc.assert(
    fc.property(fc.nat(secret.length - 22), fc.integer({ min: 22, max: 60 }), (start, length) => {
      const part = secret.slice(start, start + length)
      fc.pre(/\d/.test(part.slice(0, 16)) && /[A-Za-z]/.test(part.slice(0, 16)))
      const output = redactor.text(`TOKEN ${part} … [900 bytes left out]`)
      expect(output).toContain('[redacted:t]')
      expect(output).toContain('[900 bytes left out]')
      expect(survives(part, output)).toBe(false)
      expect(redactor.text(Buffer.from(part).toString('hex'))).toContain('[redacted:t]')
    }),
  )
})

test('what merely looks like a credential goes', () => {
  const random = (n: number): string => randomBytes(n).toString('hex')
  const jwt = [{ alg: 'RS256', kid: 'x' }, { sub: 'system:serviceaccount:shop:web' }].map((p) =>
    Buffer.from(JSON.stringify(p)).toString('base64url'),
  )
  const pem = `-----BEGIN EC PRIVATE KEY-----\n${folded(base64(random(60)), 64, '\n')}\n-----END EC PRIVATE KEY-----`
  const samples: [text: string, gone: string][] = [
    [`${jwt.join('.')}.${random(20)}`, jwt[1] ?? ''],
    [pem, pem.slice(40, 100)],
    [JSON.stringify({ key: pem }), pem.slice(40, 90)],
    [`client-key-data: ${base64(pem)}`, base64(pem).slice(10, 60)],
    [`Authorization: Bearer ${random(12)}`, random(0) || 'Bearer'],
    ['curl -H "authorization: Basic dXNlcjpwYXNz"', 'dXNlcjpwYXNz'],
    ['postgres://shop:hunter22@db:5432/shop', 'hunter22'],
    ['kubectl --token=abcdef123456 get pods', 'abcdef123456'],
    ['DB_PASSWORD=correct7horse8battery', 'correct7horse8battery'],
    ['{"api_key": "9f8e7d6c5b4a39281706"}', '9f8e7d6c5b4a39281706'],
    [`sk-ant-api03-${random(20)}`, 'api03-'],
    [`ghp_${'a1B2'.repeat(9)}`, 'a1B2a1B2'],
    ['AKIAIOSFODNN7EXAMPLE', 'IOSFODNN7'],
    [`glpat-${random(10)}`, 'glpat-'],
    [`npm_${'a1B2'.repeat(9)}`, 'a1B2a1B2'],
    [`Set-Cookie: session=${random(8)}; HttpOnly`, 'session='],
  ]
  for (const [text, gone] of samples) {
    expect(findCredentials(text), text).not.toEqual([])
    const output = new Redactor().text(text)
    expect(output, text).toMatch(/\[redacted:[\w-]+\]/)
    if (gone !== 'Bearer') expect(output, text).not.toContain(gone)
    expect(findCredentials(output), output).toEqual([])
  }
})

test('ordinary Kubernetes text is left alone', () => {
  const text = `apiVersion: apps/v1
kind: Deployment
metadata: {name: checkout-7d9c5b6f4d, namespace: shop, uid: 0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0}
spec:
  automountServiceAccountToken: false
  imagePullSecrets: [{name: regcred}]
  env: [{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: db-credentials, key: password}}}]
  image: registry.example/shop/checkout@sha256:${'0123456789abcdef'.repeat(4)}
  token: $(TOKEN)
  password: <password>
Error from server (Forbidden): secrets is forbidden: User "system:serviceaccount:shop:agent" cannot list resource "secrets"`
  const redactor = new Redactor({
    secrets: [
      { name: 'shop/db username', value: 'shop' },
      { name: 'shop/db port', value: '5432' },
    ],
  })
  expect(redactor.text(text)).toBe(text)
  expect(redactor.report.skipped.map((s) => s.name)).toEqual(['shop/db username', 'shop/db port'])
})

test('values of Secrets are known with what stands inside them', () => {
  const secrets = secretsOf([
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'db', namespace: 'shop' },
      data: {
        url: base64('postgres://shop:hunter22@db:5432/shop'),
        '.dockerconfigjson': base64(JSON.stringify({ auths: { r: { auth: base64('robot:pushpull77') } } })),
      },
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: 'b' } },
  ])
  const redactor = new Redactor({ secrets, builtIn: false })
  expect(redactor.text('PGPASSWORD is hunter22, robot uses pushpull77')).toBe(
    'PGPASSWORD is [redacted:shop/db url token], robot uses [redacted:shop/db .dockerconfigjson token]',
  )
})

test("a user's own patterns are used, and wrong ones are all said at once", () => {
  const redactor = new Redactor({ patterns: parsePatterns(['ACME-\\d{4}', 'host-(\\w+)\\.corp']) })
  expect(redactor.text('ACME-1234 at host-db7.corp')).toBe('[redacted:own-pattern] at host-[redacted:own-pattern].corp')
  expect(() => parsePatterns(['(', 'a*', 'fine'])).toThrow(/pattern \(: .*\n.*pattern a\*: it matches the empty text/)
})

test('numbers and keys are looked at, and values without secrets come back as they were', () => {
  const redactor = new Redactor({ secrets: [{ name: 'pin code key', value: '8675309123' }] })
  expect(redactor.value({ a: 8675309123, b: [1, true, null], 'k-8675309123': 'x' })).toEqual({
    a: '[redacted:pin code key]',
    b: [1, true, null],
    'k-[redacted:pin code key]': 'x',
  })
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(new Redactor({ builtIn: false }).value(value)).toEqual(value)
    }),
  )
})

test('a stream is redacted as its whole text would be, wherever it is cut', async () => {
  const secret = randomBytes(24).toString('base64')
  const line = (i: number): string =>
    i % 7 === 0 ? `${i} ${Object.values(encodings)[i % 23]?.(secret)}\n` : `line ${i} of a log\n`
  const text = Array.from({ length: 400 }, (_, i) => line(i)).join('')
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(text.length), { maxLength: 20 }),
      fc.integer({ min: 1, max: 4000 }),
      async (cuts, chunkChars) => {
        const redactor = new Redactor({ secrets: [{ name: 's', value: secret }], builtIn: false })
        const places = [0, ...cuts.toSorted((a, b) => a - b), text.length]
        async function* parts(): AsyncGenerator<string> {
          for (const [i, place] of places.slice(1).entries()) yield text.slice(places[i], place)
        }
        const output: string[] = []
        for await (const part of redactedText(parts(), redactor, 'w', { chunkChars, overlapChars: 2000 }))
          output.push(part)
        for (const encode of Object.values(encodings))
          expect(survives(encode(secret).slice(4, -8), output.join(''))).toBe(false)
        expect(output.join('')).toBe(
          new Redactor({ secrets: [{ name: 's', value: secret }], builtIn: false }).text(text),
        )
      },
    ),
    { numRuns: 30 },
  )
})
