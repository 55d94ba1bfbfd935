import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runCommand } from '../../base/command.ts'
import { goldenCases } from './golden-cases.ts'

// Slow and in need of a package registry, which is why it stands with the cluster tests.
test('the golden values are what nltk, deepdiff and difflib compute today', { timeout: 400_000 }, async ({ skip }) => {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'kubemend-python-'))
  try {
    const venv = await runCommand(['python3', '-m', 'venv', dir], { timeoutMs: 120_000 })
    skip(venv.exitCode !== 0, 'no python3 with venv on this machine')
    const packages = ['nltk==3.10.4', 'deepdiff==9.1.0', 'PyYAML==6.0.3']
    const pip = path.join(dir, 'bin', 'pip')
    const installed = await runCommand([pip, 'install', '--quiet', ...packages], { timeoutMs: 170_000 })
    skip(installed.exitCode !== 0, 'no package registry can be reached')
    const script = fileURLToPath(new URL('golden.py', import.meta.url))
    const answer = await runCommand([path.join(dir, 'bin', 'python'), script], {
      stdin: JSON.stringify(goldenCases()),
      timeoutMs: 120_000,
    })
    const golden = await readFile(new URL('golden-values.json', import.meta.url), 'utf8')
    expect(JSON.parse(answer.stdout)).toEqual(JSON.parse(golden))
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})
