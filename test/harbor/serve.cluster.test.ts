import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectMcp } from '../../agents/mcp-client.ts'
import type { DoorFile } from '../../agents/outside/outside.ts'
import { mustRun, runCommand } from '../../harness/base/command.ts'
import { packageRoot } from '../../harness/base/package-root.ts'
import { until } from '../../harness/base/retry.ts'
import { startCli, type CliProcess } from '../../harness/job/cli-process.ts'

// What an exported task does in its containers, without the containers: the cluster's side serves, the agent's side has
// an address and the solution's key, and the verifier judges the evidence far from the cluster.
const task = path.join(packageRoot, 'tasks/core/checkout-lost-its-orders')
const key = 'a key that only the solution has'

let dir: string
let server: CliProcess
let door: DoorFile

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'serve-'))
  const keyHash = createHash('sha256').update(key).digest('hex')
  server = startCli(['serve', 'open', task, '--dir', dir, '--key-hash', keyHash, '--cluster', 'node'], {})
  const ended = server.ended.then(() => Promise.reject(new Error(server.said)))
  const file = path.join(dir, 'door.json')
  const opened = until(async () => readFile(file, 'utf8').catch(() => undefined), {
    what: 'the door',
    timeoutMs: 280_000,
    intervalMs: 100,
  })
  door = JSON.parse(await Promise.race([opened, ended])) as DoorFile
}, 300_000)

afterAll(async () => {
  // twice: the second does not wait for the agent
  for (const signal of ['SIGTERM', 'SIGTERM'] as const) server.kill(signal)
  await server.ended
  await rm(dir, { recursive: true, force: true })
})

describe("a task's cluster for an agent that runs elsewhere", () => {
  it('leads whoever calls to the gateway, without a token', async () => {
    await using client = await connectMcp({ url: `http://127.0.0.1:${door.port}/mcp`, token: 'none' }, 'elsewhere')
    expect(await client.toolNames()).toEqual(['kubectl', 'submit'])
  })

  it('lets a solution in with its key only, and runs it as the agent', async () => {
    const archive = path.join(dir, 'solution.tar')
    await mustRun(['tar', '--create', '--file', archive, '--directory', path.join(task, 'solution'), '.'])
    const post = async (given: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${door.port}/script/solve.sh`, {
        method: 'POST',
        headers: { authorization: `Bearer ${given}` },
        body: await readFile(archive),
      })
    expect((await post('another key')).status).toBe(403)
    const ran = await post(key)
    expect([ran.status, await ran.text()]).toEqual([200, expect.stringContaining('successfully rolled out')])
  })

  it('judges when it is told that the agent is done, and again from the evidence alone', async () => {
    const cli = path.join(packageRoot, 'harness/cli/main.ts')
    const evidence = path.join(dir, 'evidence')
    const closed = await mustRun([process.execPath, cli, 'serve', 'close', dir, '--evidence', evidence, '--json'])
    expect(JSON.parse(closed.stdout)).toMatchObject({ outcome: 'solved', rewards: { reward: 1, preservation: 1 } })

    const verify = path.join(packageRoot, 'bin/kubemend-verify')
    const contract = path.join(task, 'tests/contract.yaml')
    const logs = path.join(dir, 'logs')
    const judged = await runCommand([verify, contract, '--evidence', evidence, '--logs', logs])
    expect([judged.exitCode, judged.stderr]).toEqual([0, ''])
    const [ours, theirs] = await Promise.all(
      [logs, path.join(evidence, 'verifier')].map((folder) => readFile(path.join(folder, 'reward.json'), 'utf8')),
    )
    expect(theirs).toBe(ours)

    // a record that somebody touched is no evidence
    await mustRun(['sed', '-i', '3s/"seq":/"sec":/', path.join(evidence, 'kubemend/record.jsonl')])
    await rm(logs, { recursive: true })
    const refused = await runCommand([verify, contract, '--evidence', evidence, '--logs', logs])
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('the record is not whole')])
    await expect(readFile(path.join(logs, 'reward.json'))).rejects.toThrow('ENOENT')
  })
})
