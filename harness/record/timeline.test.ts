import { createHash } from 'node:crypto'
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runCommand } from '../base/command.ts'
import type { KubeObject } from '../base/kube-client.ts'
import { readRecord } from './reader.ts'
import { Recorder } from './recorder.ts'
import { TimelineWriter } from './timeline-writer.ts'
import { Timeline, type Moment, type StateDifference } from './timeline.ts'

let dir: string
let recorder: Recorder
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'timeline-'))
  recorder = new Recorder({ dir, trial: 't', task: 't', agent: 'a', kubemend: '0' })
})
afterEach(async () => {
  recorder.end()
  await rm(dir, { recursive: true, force: true })
})

const deployment = (replicas: number, more: Record<string, unknown> = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'checkout', namespace: 'shop', uid: 'u1', managedFields: [{ manager: 'kubectl' }] },
  spec: { replicas, ...more },
})
const checkout = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' }

/** A moment that is later than everything written and earlier than everything to come. */
function moment(): Moment {
  const last = recorder.nowMs()
  while (recorder.nowMs() <= last);
  const now = recorder.nowMs()
  while (recorder.nowMs() <= now);
  return now
}

async function listed(differences: AsyncIterable<StateDifference>): Promise<StateDifference[]> {
  const list: StateDifference[] = []
  for await (const difference of differences) list.push(difference)
  return list
}

test('it says what an object looked like at a tool call, and what changed between two', async () => {
  const writer = new TimelineWriter({ dir, recorder })
  writer.put(deployment(2), 'present')
  for (const [call, replicas] of [
    ['call-1', 2],
    ['call-2', 3],
    ['call-3', 5],
  ] as const) {
    moment()
    writer.mark(call, 'start')
    writer.put(deployment(replicas), 'modified')
    writer.mark(call, 'end')
  }
  moment()
  writer.mark('call-4', 'start')
  writer.remove(checkout)
  writer[Symbol.dispose]()

  await using timeline = await Timeline.open(writer.file)
  const replicasAt = async (at: Moment): Promise<unknown> =>
    ((await timeline.stateAt(checkout, at))?.['spec'] as { replicas?: number } | undefined)?.replicas
  expect(await replicasAt(timeline.beforeCall(2))).toBe(2)
  expect(await replicasAt(timeline.afterCall(2))).toBe(3)
  expect(await replicasAt(timeline.beforeCall('call-4'))).toBe(5)
  expect(await replicasAt(timeline.afterCall(4))).toBeUndefined()
  const between = await listed(timeline.changesBetween(timeline.beforeCall(2), timeline.beforeCall(3)))
  expect(between).toMatchObject([
    { object: checkout, change: 'modified', before: { spec: { replicas: 2 } }, after: { spec: { replicas: 3 } } },
  ])
  expect(await listed(timeline.changesBetween(timeline.beforeCall(1), timeline.beforeCall(2)))).toEqual([])
  expect(await listed(timeline.changesBetween(timeline.beforeCall(4), Infinity))).toMatchObject([{ change: 'removed' }])
  expect(() => timeline.beforeCall(9)).toThrow('tool call 9: the timeline knows 4 calls')
})

test('an object that was deleted and made again is told apart from one that was changed', async () => {
  const writer = new TimelineWriter({ dir, recorder })
  writer.put(deployment(2), 'present')
  const before = moment()
  writer.put({ ...deployment(2), metadata: { ...deployment(2).metadata, uid: 'u2' } }, 'modified')
  await using timeline = await Timeline.open(writer.file)
  expect(await listed(timeline.changesBetween(before, Infinity))).toMatchObject([
    { change: 'replaced', before: { metadata: { uid: 'u1' } }, after: { metadata: { uid: 'u2' } } },
  ])
  expect(timeline.objects().map((o) => o.uid)).toEqual(['u1', 'u2'])
  const history = []
  for await (const { change } of timeline.history(checkout)) history.push(change)
  expect(history).toEqual(['present', 'removed', 'added'])
  writer[Symbol.dispose]()
})

test('it agrees with a plain list of snapshots, whatever happens', async () => {
  const operation = fc.oneof(
    { weight: 6, arbitrary: fc.record({ name: fc.nat(4), spec: fc.jsonValue({ maxDepth: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ name: fc.nat(4) }) },
  )
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 30 }), async (operations) => {
      const folder = path.join(dir, String(run++))
      const writer = new TimelineWriter({ dir: folder, recorder })
      const now = new Map<string, KubeObject>()
      const snapshots = [{ at: moment(), objects: new Map(now) }]
      for (const operationOf of operations) {
        const name = `o${operationOf.name}`
        if ('spec' in operationOf) {
          const spec = JSON.parse(JSON.stringify(operationOf.spec)) as unknown
          const object: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, uid: name }, spec }
          writer.put(object, now.has(name) ? 'modified' : 'added')
          now.set(name, object)
        } else {
          writer.remove({ apiVersion: 'v1', kind: 'ConfigMap', name })
          now.delete(name)
        }
        snapshots.push({ at: moment(), objects: new Map(now) })
      }
      writer[Symbol.dispose]()
      await using timeline = await Timeline.open(writer.file)
      for (const { at, objects } of snapshots) {
        const seen = new Map<string, KubeObject>()
        for await (const object of timeline.allAt(at)) seen.set(object.metadata.name, object)
        expect(seen).toEqual(objects)
      }
    }),
    { numRuns: 60 },
  )
})

test('the record holds the digest of every line of the timeline', async () => {
  const writer = new TimelineWriter({ dir, recorder })
  writer.put(deployment(1), 'present')
  writer.put(deployment(2), 'modified')
  writer[Symbol.dispose]()
  const lines = readFileSync(writer.file, 'utf8').trimEnd().split('\n').slice(1)
  const digests = []
  for await (const event of readRecord(recorder.file)) if (event.type === 'state-change') digests.push(event.digest)
  expect(digests).toEqual(lines.map((line) => createHash('sha256').update(line).digest('hex')))
})

test('values of Secrets are not written, and their changes still show', async () => {
  const secret = (password: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'db',
      namespace: 'shop',
      uid: 's',
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': `{"data":"${password}"}`, team: 'shop' },
    },
    data: { password: Buffer.from(password).toString('base64'), user: 'c2hvcA==' },
  })
  const writer = new TimelineWriter({ dir, recorder })
  writer.put(secret('hunter22222'), 'present')
  const before = moment()
  writer.put(secret('correct horse'), 'modified')
  writer[Symbol.dispose]()
  const text = readFileSync(writer.file, 'utf8') + readFileSync(recorder.file, 'utf8')
  for (const value of ['hunter22222', 'correct horse', 'c2hvcA']) expect(text).not.toContain(value)
  expect(text).not.toContain(Buffer.from('hunter22222').toString('base64'))
  await using timeline = await Timeline.open(writer.file)
  const [difference] = await listed(timeline.changesBetween(before, Infinity))
  const data = (object: KubeObject | undefined): Record<string, string> => object?.['data'] as Record<string, string>
  expect(data(difference?.before)['password']).not.toBe(data(difference?.after)['password'])
  expect(data(difference?.before)['user']).toBe(data(difference?.after)['user'])
  expect(difference?.after?.metadata.annotations).toEqual({ team: 'shop' })
})

test('a torn last line is tolerated', async () => {
  const writer = new TimelineWriter({ dir, recorder })
  writer.put(deployment(1), 'present')
  writer.put(deployment(2), 'modified')
  writer[Symbol.dispose]()
  truncateSync(writer.file, statSync(writer.file).size - 9)
  await using timeline = await Timeline.open(writer.file)
  expect(timeline.tornBytes).toBeGreaterThan(0)
  expect(await timeline.stateAt(checkout, Infinity)).toMatchObject({ spec: { replicas: 1 } })
})

test('100,000 changes of 3,000 objects, half of them short-lived, are written and queried in under 300 MB', async () => {
  const here = JSON.stringify(import.meta.dirname)
  const child = path.join(dir, 'child.ts')
  writeFileSync(
    child,
    `import { Recorder } from ${here.replace(/"$/, '/recorder.ts"')}
     import { TimelineWriter } from ${here.replace(/"$/, '/timeline-writer.ts"')}
     import { Timeline } from ${here.replace(/"$/, '/timeline.ts"')}
     const dir = ${JSON.stringify(path.join(dir, 'many'))}
     const recorder = new Recorder({ dir, trial: 't', task: 't', agent: 'a', kubemend: '0' })
     const writer = new TimelineWriter({ dir, recorder })
     const pod = (name, generation, restarts) => ({
       apiVersion: 'v1', kind: 'Pod',
       metadata: { name, namespace: 'shop', uid: name + generation, resourceVersion: String(restarts), labels: { app: name, tier: 'web' },
         managedFields: Array.from({ length: 5 }, (_, i) => ({ manager: 'm' + i, fieldsV1: { 'f:spec': { 'f:containers': {} } } })) },
       spec: { nodeName: 'node-1', containers: Array.from({ length: 3 }, (_, i) => ({ name: 'c' + i, image: 'registry.example/shop/checkout:1.' + i,
         env: Array.from({ length: 20 }, (_, j) => ({ name: 'VARIABLE_' + j, value: 'some value ' + name + j })) })) },
       status: { phase: 'Running', conditions: ['Ready', 'Initialized', 'PodScheduled'].map((type) => ({ type, status: restarts % 2 ? 'True' : 'False', lastTransitionTime: new Date(restarts * 1000).toISOString() })),
         containerStatuses: Array.from({ length: 3 }, (_, i) => ({ name: 'c' + i, restartCount: restarts, ready: restarts % 2 === 1 })) },
     })
     let changes = 0
     for (let i = 0; changes < 100_000; i++) {
       const name = 'pod-' + (i % 3000)
       const round = Math.floor(i / 3000)
       if (i % 2 && round % 3 === 2) writer.remove({ apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name })
       else writer.put(pod(name, i % 2 ? Math.floor(round / 3) : 0, i), 'modified')
       if (i % 1000 === 0) writer.mark('call-' + (i / 1000 + 1), 'start')
       if (++changes % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
     }
     writer[Symbol.dispose]()
     recorder.end()
     const timeline = await Timeline.open(writer.file)
     const state = await timeline.stateAt({ apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'pod-10' }, timeline.beforeCall(80))
     let changed = 0
     for await (const _ of timeline.changesBetween(timeline.beforeCall(50), timeline.beforeCall(51))) changed++
     console.log(JSON.stringify({ entries: timeline.entries, restarts: state.status.containerStatuses[0].restartCount, changed, maxRssMb: process.resourceUsage().maxRSS / 1024 }))`,
  )
  const result = await runCommand([process.execPath, child], { timeoutMs: 90_000 })
  expect(result.stderr).toBe('')
  const said = JSON.parse(result.stdout) as { entries: number; restarts: number; changed: number; maxRssMb: number }
  expect(said).toMatchObject({ entries: 100_000, restarts: 78_010, changed: 1000 })
  expect(said.maxRssMb).toBeLessThan(250)
}, 100_000)
