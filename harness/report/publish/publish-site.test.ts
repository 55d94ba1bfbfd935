import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { writeSampleJob } from '../sample-results.ts'
import { publishSite, type Publication } from './publish-site.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'publish-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const agents = [
  { name: 'model', model: 'acme/large' },
  { name: 'model', model: 'acme/small' },
]
const site = (): string => path.join(dir, 'site')
const sampleJob = (options: Partial<Parameters<typeof writeSampleJob>[0]> = {}): Promise<string> =>
  writeSampleJob({
    jobsDir: path.join(dir, 'jobs'),
    jobName: `job-${Math.random().toString(36).slice(2)}`,
    agents,
    tasks: 2,
    attempts: 1,
    ...options,
  })
const publish = (job: string, options: Partial<Parameters<typeof publishSite>[0]> = {}): Promise<Publication> =>
  publishSite({ jobs: [job], out: site(), title: 'Test', kubemend: '0.1.0', ...options })

async function allFiles(): Promise<{ name: string; text: string }[]> {
  const entries = await readdir(site(), { recursive: true, withFileTypes: true })
  return Promise.all(
    entries
      .filter((e) => e.isFile() && !e.name.startsWith('site.'))
      .map(async (e) => ({
        name: path.join(e.parentPath, e.name),
        text: await readFile(path.join(e.parentPath, e.name), 'utf8'),
      })),
  )
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const encodings: Record<string, (secret: string) => string> = {
  'as it is': (s) => s,
  base64,
  'base64 without padding': (s) => base64(s).replace(/=+$/, ''),
  base64url: (s) => Buffer.from(s).toString('base64url'),
  'base64 inside a longer value': (s) => base64(`u:${s}: and more`),
  'base64 twice': (s) => base64(base64(s)),
  hex: (s) => Buffer.from(s).toString('hex'),
  'URL-encoded': (s) => encodeURIComponent(s),
  'JSON-escaped': (s) => JSON.stringify(JSON.stringify(s)),
  'HTML-escaped': (s) => s.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
}

describe('what is published', () => {
  const secretText = fc
    .string({ unit: fc.constantFrom(...'abcdefgABCDEFG0123456789-_.+/<&"'.split('')), minLength: 14, maxLength: 40 })
    .filter((s) => new Set(s).size >= 8 && /[a-z0-9]{4}/i.test(s))

  test(
    'holds no secret of a baseline, whatever text of a job it stood in and however it was written',
    { timeout: 180_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(secretText, async (secret) => {
          const forms = Object.values(encodings).map((encode) => encode(secret))
          const job = await sampleJob({ secret, plant: forms.map((form) => `[ ${form} ]`).join(' '), tasks: 1 })
          const { redaction } = await publish(job)
          expect(redaction.total).toBeGreaterThan(0)
          for (const { name, text } of await allFiles())
            for (const form of forms) {
              expect(text.includes(form), `${name} holds ${form}`).toBe(false)
              expect(text.includes(JSON.stringify(form).slice(1, -1)), `${name} holds ${form}, escaped`).toBe(false)
            }
        }),
        { numRuns: 8 },
      )
    },
  )

  test('holds every number that leads to evidence, and a canary note on every page', async () => {
    const { pages, trials } = await publish(await sampleJob({ attempts: 2 }))
    expect(trials).toBe(8)
    const html = (await allFiles()).filter(({ name }) => name.endsWith('.html'))
    expect(html).toHaveLength(pages)
    for (const { text } of html) expect(text).toContain('Benchmark data, not for training')
    const results = JSON.parse(readFileSync(path.join(site(), 'results.json'), 'utf8')) as { trials: { id: string }[] }
    for (const { id } of results.trials) expect(html.some(({ name }) => name.endsWith(`trials/${id}.html`))).toBe(true)
    expect(readFileSync(path.join(site(), 'results.csv'), 'utf8').split('\r\n')).toHaveLength(8 + 2)
  })

  test('keeps the verdicts of held-out tasks and none of their steps', async () => {
    const job = await sampleJob({ plant: 'telling-words' })
    const { heldOut } = await publish(job, { isHeldOut: () => true })
    expect(heldOut).toHaveLength(2)
    for (const { name, text } of await allFiles()) expect(text.includes('telling-words'), name).toBe(false)
    const results = JSON.parse(readFileSync(path.join(site(), 'results.json'), 'utf8')) as {
      trials: { outcome: string; verdicts: unknown }[]
    }
    expect(results.trials.every(({ outcome, verdicts }) => outcome.length > 0 && verdicts !== undefined)).toBe(true)
  })

  test('takes out what the user names', async () => {
    await publish(await sampleJob({ plant: 'internal-host-42' }), {
      patterns: [{ name: 'own-pattern', pattern: /internal-host-\d+/dg }],
    })
    for (const { name, text } of await allFiles()) expect(text.includes('internal-host-42'), name).toBe(false)
  })
})

describe('with threads', () => {
  test('the same pages are made, and the same is taken out', async () => {
    const job = await sampleJob({ secret: 'hunter2-and-more-9Q', plant: 'hunter2-and-more-9Q', tasks: 3 })
    const patterns = [{ name: 'own-pattern', pattern: /live\b/dg }]
    const alone = await publish(job, { threads: 0, patterns })
    const pages = (files: { name: string; text: string }[]): [string, string][] =>
      files
        .filter(({ name }) => name.includes('/trials/'))
        .map(({ name, text }): [string, string] => [name, text.replaceAll(/"madeAt":"[^"]*"/g, '')])
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
    const before = pages(await allFiles())
    const together = await publish(job, { threads: 2, patterns })
    expect(pages(await allFiles())).toEqual(before)
    expect(before).toHaveLength(6)
    expect(together.redaction.total).toBe(alone.redaction.total)
    expect(together.pages).toBe(alone.pages)
  })

  test('a tampered record is refused, too', async () => {
    const job = await sampleJob()
    const trial = (await readdir(job)).find((name) => name.includes('__')) ?? ''
    const record = path.join(job, trial, 'kubemend', 'record.jsonl')
    writeFileSync(record, readFileSync(record, 'utf8').replace('Orders are accepted', 'Orders are excepted'))
    await expect(publish(job, { threads: 2 })).rejects.toMatchObject({ code: 'tampered-record' })
  })
})

describe('what is refused', () => {
  const nothingThere = async (): Promise<void> => expect(readdir(site())).rejects.toThrow(/ENOENT/)

  test('a record with one changed letter', async () => {
    const job = await sampleJob()
    const trial = (await readdir(job)).find((name) => name.includes('__')) ?? ''
    const record = path.join(job, trial, 'kubemend', 'record.jsonl')
    writeFileSync(record, readFileSync(record, 'utf8').replace('Orders are accepted', 'Orders are excepted'))
    await expect(publish(job)).rejects.toMatchObject({ code: 'tampered-record' })
    await nothingThere()
  })

  test('a timeline with a line more', async () => {
    const job = await sampleJob()
    const trial = (await readdir(job)).find((name) => name.includes('__')) ?? ''
    const timeline = path.join(job, trial, 'kubemend', 'timeline.jsonl')
    writeFileSync(timeline, readFileSync(timeline, 'utf8').replace('orders:broken', 'orders:brokem'))
    await expect(publish(job)).rejects.toMatchObject({ code: 'tampered-record' })
    await nothingThere()
  })

  test('a credential in the name of a page, where nothing can be taken out', async () => {
    const job = await sampleJob({ jobName: 'AKIAABCDEFGHIJKLMNOP' })
    await expect(publish(job)).rejects.toMatchObject({ code: 'credentials-left' })
    await nothingThere()
  })

  test('a folder that is not a site of ours', async () => {
    const job = await sampleJob()
    appendFileSync(path.join(dir, 'mine.txt'), 'mine')
    await expect(publish(job, { out: dir })).rejects.toMatchObject({ code: 'bad-input' })
    expect(readFileSync(path.join(dir, 'mine.txt'), 'utf8')).toBe('mine')
  })
})
