import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findNodeProblems } from '../environments/node/node-problems.ts'
import { mustRun } from '../harness/base/command.ts'
import { packageRoot } from '../harness/base/package-root.ts'

interface PackedPackage {
  filename: string
  size: number
  files: { path: string }[]
}

let dir: string
let packed: PackedPackage

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'kubemend-package-'))
  const { stdout } = await mustRun(['npm', 'pack', '--json', '--pack-destination', dir], {
    cwd: packageRoot,
    ...userEnvironment,
  })
  packed = firstPackage(stdout)
  await writeFile(path.join(dir, 'package.json'), '{ "private": true }')
  const install = ['npm', 'install', '--prefer-offline', '--no-fund', '--no-audit', path.join(dir, packed.filename)]
  await mustRun(install, { cwd: dir, ...userEnvironment })
})

afterAll(async () => {
  if (dir) await rm(dir, { recursive: true, force: true })
})

describe('the packed package', () => {
  test('holds the program and its data, and nothing that only tests use', () => {
    const files = packed.files.map((file) => file.path)
    const ofTheProgram = files.filter((file) => !file.startsWith('tasks/'))
    expect(
      ofTheProgram.filter((file) => /\.ts$|\.test\.|_test\.go$|\.sweep\.|\.contract\.|\bfake\b/.test(file)),
    ).toEqual([])
    expect(files.filter((file) => file.includes('node_modules'))).toEqual([])
    expect(files).toEqual(
      expect.arrayContaining(['bin/kubemend', 'dist/harness/cli/main.js', 'environments/node/node-init.sh', 'LICENSE']),
    )
    expect(packed.size).toBeLessThan(2_000_000)
  })

  test('says what this machine can run, under whatever Node is installed', async () => {
    expect((await kubemend('doctor')).stdout).toContain('cluster node')
  })

  test('has the tasks of the checkout', async () => {
    const ids = ({ stdout }: { stdout: string }): string[] =>
      (JSON.parse(stdout) as { tasks: { id: string }[] }).tasks.map((task) => task.id)
    const main = path.join(packageRoot, 'harness/cli/main.ts')
    const ofCheckout = ids(await mustRun([process.execPath, main, 'list', '--json'], { cwd: packageRoot }))
    expect(ofCheckout.length).toBeGreaterThan(0)
    expect(ids(await kubemend('list', '--json'))).toEqual(ofCheckout)
  })

  test('finds in the cache what the checkout made, as both are made from the same bytes', async (ctx) => {
    await skipWhereNoClusterRuns(ctx)
    expect((await kubemend('prepare', '--for', 'test')).stderr).not.toContain('setup:')
  })

  test('brings a cluster up and takes it down', async (ctx) => {
    await skipWhereNoClusterRuns(ctx)
    const name = `package-${process.pid}`
    try {
      await kubemend('cluster', 'up', name, '--addon', 'network-policy')
      const { stdout } = await kubemend('cluster', 'shell', name, '--', 'kubectl', 'get', 'nodes')
      expect(stdout).toMatch(/control-plane\s+Ready/)
    } finally {
      await kubemend('cluster', 'down', name)
    }
    expect((await kubemend('cluster', 'list')).stdout).not.toContain(name)
  })
})

function kubemend(...words: string[]): Promise<{ stdout: string; stderr: string }> {
  return mustRun(['npx', '--no', 'kubemend', ...words], { cwd: dir, ...userEnvironment })
}

async function skipWhereNoClusterRuns(ctx: { skip(note: string): void }): Promise<void> {
  const [problem] = await findNodeProblems()
  if (problem) ctx.skip(problem.what)
}

/** npm answers a list, or since its version 12 an object by name. */
function firstPackage(json: string): PackedPackage {
  const [first] = Object.values(JSON.parse(json.slice(json.search(/^[[{]/m))) as Record<string, PackedPackage>)
  if (!first) throw new Error(`npm pack answered no package: ${json}`)
  return first
}

/** The environment of somebody who has never seen the checkout: nothing of its npm scripts, nor of its Node. */
const userEnvironment = {
  inheritEnv: false,
  env: Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]): [string, string][] => {
      if (value === undefined || /^npm_|^NODE|^VITEST|^INIT_CWD$/i.test(name)) return []
      if (name !== 'PATH') return [[name, value]]
      const folders = value.split(path.delimiter).filter((folder) => !folder.includes('node_modules'))
      return [[name, folders.join(path.delimiter)]]
    }),
  ),
}
