import { appendFileSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AuditWatch } from './audit-watch.ts'
import { AuditJoin, parseAuditLine, summarizeUnexplained, type AuditLine } from './audit.ts'
import { FileTail } from './file-tail.ts'
import { readRecord } from './reader.ts'
import { Recorder } from './recorder.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'audit-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const agent = 'system:serviceaccount:ops:repairer'

const line = (auditID: string, more: Partial<AuditLine> = {}): AuditLine => ({
  auditID,
  stage: 'ResponseComplete',
  verb: 'patch',
  requestURI: '/apis/apps/v1/namespaces/shop/deployments/checkout',
  user: { username: agent },
  userAgent: 'kubectl/v1.35',
  objectRef: { resource: 'deployments', namespace: 'shop', name: 'checkout', apiGroup: 'apps' },
  responseStatus: { code: 200 },
  requestReceivedTimestamp: '2026-11-21T01:00:00.000000Z',
  stageTimestamp: '2026-11-21T01:00:00.012000Z',
  ...more,
})

async function allOf(tail: FileTail): Promise<string[]> {
  const lines: string[] = []
  for await (const text of tail.readNew()) lines.push(text)
  return lines
}

test('each request is joined to its tool call once, whichever report comes first, also when calls overlap', () => {
  const requests = fc.array(fc.record({ call: fc.constantFrom('call-1', 'call-2', 'call-3') }), {
    minLength: 1,
    maxLength: 20,
  })
  fc.assert(
    fc.property(requests, fc.infiniteStream(fc.nat()), (sent, order) => {
      const join = new AuditJoin([agent])
      const reports = sent.flatMap(({ call }, i) => [
        () => join.sent({ auditId: `id-${i}`, call }),
        () => join.seen(line(`id-${i}`)),
      ])
      const joined = []
      while (reports.length > 0) {
        const [report] = reports.splice((order.next().value ?? 0) % reports.length, 1)
        joined.push(...(report?.() ?? []))
      }
      expect(joined.map((r) => `${r.auditId} ${r.call}`).toSorted()).toEqual(
        sent.map(({ call }, i) => `id-${i} ${call}`).toSorted(),
      )
      expect(join.unexplained()).toEqual([])
      expect(join.unlogged()).toEqual([])
    }),
  )
})

test('a request that the gateway never sent is a finding, and so is one that uses an audit ID again', () => {
  const join = new AuditJoin([agent])
  join.sent({ auditId: 'known', call: 'call-1' })
  join.seen(line('known'))
  join.seen(line('forged', { verb: 'delete', userAgent: 'curl/8' }))
  join.seen(line('known', { verb: 'delete', requestURI: '/api/v1/namespaces/shop/pods/x' }))
  join.seen(line('as-agent', { user: { username: 'kubernetes-admin' }, impersonatedUser: { username: agent } }))
  join.seen(line('somebody-else', { user: { username: 'system:serviceaccount:kube-system:replicaset-controller' } }))
  expect(join.unexplained().map((r) => [r.auditId, r.verb])).toEqual([
    ['forged', 'delete'],
    ['as-agent', 'patch'],
    ['known', 'delete'],
  ])
  expect(summarizeUnexplained(join.unexplained())?.because).toMatch(
    /^3 API requests as .*repairer came from no tool call: first delete .* \(curl\/8, kubectl\/v1\.35\)$/,
  )
  expect(summarizeUnexplained([])).toBeUndefined()
})

test('a watch is one request: its beginning and its end do not count twice', () => {
  const join = new AuditJoin([agent])
  join.sent({ auditId: 'w', call: 'call-1' })
  expect(join.seen(line('w', { stage: 'RequestReceived', verb: 'watch' }))).toEqual([])
  expect(join.seen(line('w', { stage: 'ResponseStarted', verb: 'watch' }))).toHaveLength(1)
  expect(join.seen(line('w', { stage: 'ResponseComplete', verb: 'watch' }))).toEqual([])
  expect(join.unexplained()).toEqual([])
})

test('a line that is no audit event is none', () => {
  for (const text of ['', 'null', '[]', '{"auditID":"x"}', '{"auditID":']) expect(parseAuditLine(text)).toBeUndefined()
})

test('a growing log is read line by line, with unfinished lines waiting for their rest, cut anywhere', async () => {
  const texts = ['{"a":"ünï😀"}', '{"b":2}', 'x'.repeat(3000), '{"c":3}']
  const all = Buffer.from(`${texts.join('\n')}\n`)
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(all.length), { maxLength: 8 }), async (cuts) => {
      const file = path.join(dir, `${run++}.log`)
      await using tail = new FileTail(file)
      expect(await allOf(tail)).toEqual([])
      const seen = []
      const places = [0, ...cuts.toSorted((a, b) => a - b), all.length]
      for (const [i, place] of places.slice(1).entries()) {
        appendFileSync(file, all.subarray(places[i], place))
        seen.push(...(await allOf(tail)))
      }
      expect(seen).toEqual(texts)
    }),
    { numRuns: 50 },
  )
})

test('a log read from its end has only what is finished from now on', async () => {
  const file = path.join(dir, 'log')
  writeFileSync(file, 'before\nhalf')
  await using tail = await FileTail.fromEnd(file)
  expect(await allOf(tail)).toEqual([])
  appendFileSync(file, ' of it\nafter\n')
  expect(await allOf(tail)).toEqual(['half of it', 'after'])
})

test('a log that is rotated, cut or absurdly long loses nothing that could be kept', async () => {
  const file = path.join(dir, 'audit.log')
  await using tail = new FileTail(file, { maxLineBytes: 100 })
  writeFileSync(file, 'one\ntwo')
  expect(await allOf(tail)).toEqual(['one'])
  appendFileSync(file, ' and a half\nthree\n')
  renameSync(file, `${file}.1`)
  writeFileSync(file, 'four\n')
  expect(await allOf(tail)).toEqual(['two and a half', 'three', 'four'])
  truncateSync(file)
  expect(await allOf(tail)).toEqual([])
  appendFileSync(file, `${'x'.repeat(300_000)}\nfive\n`)
  expect(await allOf(tail)).toEqual(['five'])
  expect(tail.skipped).toBe(1)
})

test('a watched log ends in the record: explained requests with their calls, others as a finding', async () => {
  const recorder = new Recorder({ dir, trial: 't', task: 't', agent: 'a', kubemend: '0' })
  const file = path.join(dir, 'audit.log')
  const copyTo = path.join(dir, 'copy.jsonl')
  await using watch = new AuditWatch({ file, agentUsers: [agent], recorder, copyTo, intervalMs: 5 })
  watch.sent({ auditId: 'a', call: 'call-1' })
  writeFileSync(file, `${JSON.stringify(line('a'))}\nnonsense\n`)
  appendFileSync(file, JSON.stringify(line('stolen', { userAgent: 'curl/8' })))
  setTimeout(() => appendFileSync(file, '\n'), 40)
  const summary = await watch.finish({ quietMs: 100 })
  recorder.end()
  expect(summary).toMatchObject({ explained: 1, unreadable: 1, unlogged: [] })
  expect(summary.unexplained.map((r) => r.auditId)).toEqual(['stolen'])
  const events = []
  for await (const event of readRecord(recorder.file)) events.push(event)
  expect(events.slice(1, -1)).toMatchObject([
    {
      type: 'audited-request',
      auditId: 'a',
      call: 'call-1',
      status: 200,
      durationMs: 12,
      object: { group: 'apps', resource: 'deployments', namespace: 'shop', name: 'checkout' },
    },
    { type: 'audited-request', auditId: 'stolen' },
    { type: 'integrity-finding', finding: 'request-outside-the-gateway' },
  ])
  expect(readFileSync(copyTo, 'utf8').split('\n')).toHaveLength(4)
  // what a controller does in consequence comes when the agent is long gone
  appendFileSync(
    file,
    `${JSON.stringify(line('later', { user: { username: 'system:serviceaccount:shop:operator' } }))}\n`,
  )
  await summary.readOn()
  expect(readFileSync(copyTo, 'utf8')).toContain('"later"')
})

test("requests from before the agent began are nobody's concern, and no object can pass for one", async () => {
  const file = path.join(dir, 'audit.log')
  const early = line('early', { requestReceivedTimestamp: '2026-11-21T00:59:59.900000Z' })
  const late = { ...line('late'), requestObject: { requestReceivedTimestamp: '2020-01-01T00:00:00.000000Z' } }
  // the API server writes objects before its own times
  const { requestReceivedTimestamp, ...rest } = late
  writeFileSync(file, `${JSON.stringify(early)}\n${JSON.stringify({ ...rest, requestReceivedTimestamp })}\n`)
  using recorder = new Recorder({ dir, trial: 't', task: 't', agent: 'a', kubemend: '0' })
  const since = new Date('2026-11-21T01:00:00Z')
  const copyTo = path.join(dir, 'copy.jsonl')
  await using watch = new AuditWatch({ file, agentUsers: [agent], recorder, copyTo, since, intervalMs: 5 })
  const { unexplained } = await watch.finish({ quietMs: 20 })
  expect(unexplained.map(({ auditId }) => auditId)).toEqual(['late'])
  expect(readFileSync(copyTo, 'utf8').trim().split('\n')).toHaveLength(1)
})
