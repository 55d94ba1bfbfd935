import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { readAudit } from './read-audit.ts'

const agent = 'system:serviceaccount:default:oncall'
const kubelet = 'system:node:node-1'

async function read(lines: { by: string; to: string; code?: number }[]): Promise<string[]> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'audit-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const text = lines.map(({ by, to, code = 200 }, i) => {
    const [verb, resource, name, subresource] = to.split(/[ /]/)
    const objectRef = { resource, namespace: 'shop', name, ...(subresource ? { subresource } : {}) }
    const event = { auditID: String(i), stage: 'ResponseComplete', verb, user: { username: by }, objectRef }
    return JSON.stringify({ ...event, responseStatus: { code }, requestReceivedTimestamp: '', stageTimestamp: '' })
  })
  await writeFile(path.join(dir, 'audit.log'), `${text.join('\n')}\n{"auditID":"cut sh`)
  return (await readAudit(path.join(dir, 'audit.log'), agent)).map(({ auditID }) => auditID)
}

it('keeps the last of the statuses that one writer wrote in a row, and the one before each other write', async () => {
  const status = { by: kubelet, to: 'patch pods/web/status' }
  expect(await read([status, status, status])).toEqual(['2'])
  expect(await read([status, status, { by: agent, to: 'patch pods/web' }, status, status])).toEqual(['1', '2', '4'])
  expect(await read([status, { by: 'another', to: 'patch pods/web/status' }, status])).toEqual(['0', '1', '2'])
  expect(await read([status, { by: kubelet, to: 'patch pods/api/status' }, status])).toEqual(['1', '2'])
  expect(await read([status, { ...status, code: 409 }])).toEqual(['0', '1'])
  expect(await read([status, { by: kubelet, to: 'delete pods/web' }, status])).toEqual(['0', '1', '2'])
})

it('leaves Events out, and nothing of the agent’s', async () => {
  const event = { by: kubelet, to: 'create events/web.1' }
  const mine = { by: agent, to: 'patch pods/web/status' }
  expect(await read([event, { ...event, by: agent }, mine, mine, { by: agent, to: 'get pods/web' }])).toEqual([
    '1',
    '2',
    '3',
    '4',
  ])
})
