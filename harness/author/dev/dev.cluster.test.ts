import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { startPiped } from '../../base/command.ts'
import { until } from '../../base/retry.ts'
import { writeSampleRepair } from '../../job/sample-repair.ts'

test('kubemend dev breaks a world, judges on every word and every save, shows what to copy, and resets', async () => {
  await using dir = await scratch()
  const task = path.join(dir.path, 'web-is-gone')
  const contract = path.join(task, 'tests/contract.yaml')
  await writeSampleRepair(task)
  await using dev = startDev(task)
  expect(await dev.verdictAfter(() => undefined)).toMatch(/^failed: /m)

  // the oracle, with the agent's own identity, and something of the admin's that no contract knows of
  dev.type('admin kubectl create configmap note -n shop')
  expect(await dev.verdictAfter(() => dev.type('solve'))).toContain('solution/solve.sh exited with 0')
  dev.type('agent kubectl rollout status deployment/web -n shop')
  const line = '- configmap/note -n shop: [created]'
  const repaired = await dev.verdictAfter(() => dev.type('verdict'))
  expect(repaired).toMatch(/^unsafe: fixed, but configmap\/note -n shop was added/m)
  expect(repaired).toContain(line)

  // copying the line is enough
  const text = await readFile(contract, 'utf8')
  const saved = await dev.verdictAfter(() => writeFile(contract, `${text}  ${line}\n`))
  expect(saved).toContain('saved: tests/contract.yaml')
  expect(saved).toMatch(/^solved: /m)

  const again = await dev.verdictAfter(() => dev.type('reset'))
  expect(again).toContain('nothing protected changed')
  expect(again).toMatch(/^failed: /m)

  dev.type('quit')
  expect(await dev.ended).toMatchObject({ exitCode: 0 })
}, 300_000)

interface Dev extends AsyncDisposable {
  type: (line: string) => void
  /** What was said until a verdict came, after a word or a saved file. */
  verdictAfter: (act: () => unknown) => Promise<string>
  ended: Promise<unknown>
}

function startDev(task: string): Dev {
  const main = path.resolve(import.meta.dirname, '../../cli/main.ts')
  const dev = startPiped([process.execPath, main, 'dev', task, '--cluster', 'node', '--no-spare'])
  let output = ''
  for (const stream of [dev.stdout, dev.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return {
    type: (line) => void dev.stdin.write(`${line}\n`),
    async verdictAfter(act) {
      output = ''
      await act()
      const verdict = { what: 'a verdict', timeoutMs: 150_000 }
      await until(() => Promise.resolve(/^(solved|unsafe|failed): /m.test(output)), verdict).catch(() => {
        throw new Error(`there was no verdict, but: ${output}`)
      })
      return output
    },
    ended: dev.ended,
    [Symbol.asyncDispose]: () => dev.end(30_000),
  }
}

async function scratch(): Promise<AsyncDisposable & { path: string }> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'dev-'))
  return { path: dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) }
}
