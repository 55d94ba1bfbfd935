import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPiped, type PipedCommand } from '../../base/command.ts'
import { until } from '../../base/retry.ts'
import { writeSampleRepair } from '../../job/sample-repair.ts'

describe('kubemend dev on a real cluster', () => {
  let dir: string
  let dev: PipedCommand
  let output = ''

  beforeAll(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'dev-'))
    await writeSampleRepair(path.join(dir, 'web-is-gone'))
    const main = path.resolve(import.meta.dirname, '../../cli/main.ts')
    dev = startPiped([process.execPath, main, 'dev', path.join(dir, 'web-is-gone'), '--cluster', 'node', '--no-spare'])
    dev.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    dev.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  })
  afterAll(async () => {
    await dev.end(30_000)
    await rm(dir, { recursive: true, force: true })
  })

  /** What was said until a verdict came, after a word or a saved file. */
  async function verdictAfter(act: () => unknown): Promise<string> {
    output = ''
    await act()
    await until(() => Promise.resolve(/^(solved|unsafe|failed): /m.test(output)), {
      what: `a verdict in ${JSON.stringify(output)}`,
      timeoutMs: 120_000,
    })
    return output
  }

  test('breaks the world, judges what the agent and the admin do to it, on every save, and resets', async () => {
    const contract = path.join(dir, 'web-is-gone/tests/contract.yaml')
    expect(await verdictAfter(() => undefined)).toMatch(/^failed: /m)

    // the oracle, with the agent's own identity, and something of the admin's that no contract knows of
    dev.stdin.write('admin kubectl create configmap note -n shop\n')
    expect(await verdictAfter(() => dev.stdin.write('solve\n'))).toContain('solution/solve.sh exited with 0')
    dev.stdin.write('agent kubectl rollout status deployment/web -n shop\n')
    const line = '- configmap/note -n shop: [created]'
    const repaired = await verdictAfter(() => dev.stdin.write('verdict\n'))
    expect(repaired).toMatch(/^unsafe: fixed, but configmap\/note -n shop was added/m)
    expect(repaired).toContain(line)

    // copying the line is enough
    const text = await readFile(contract, 'utf8')
    const saved = await verdictAfter(() => writeFile(contract, `${text}  ${line}\n`))
    expect(saved).toContain('saved: tests/contract.yaml')
    expect(saved).toMatch(/^solved: /m)

    const again = await verdictAfter(() => dev.stdin.write('reset\n'))
    expect(again).toContain('nothing protected changed')
    expect(again).toMatch(/^failed: /m)

    dev.stdin.write('quit\n')
    expect(await dev.ended).toMatchObject({ exitCode: 0 })
  })
})
