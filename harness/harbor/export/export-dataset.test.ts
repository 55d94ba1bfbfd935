import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifiers } from '../../../verifiers/library.ts'
import { runCommand, type CommandResult } from '../../base/command.ts'
import { packageRoot } from '../../base/package-root.ts'
import { digestTask } from '../../task/digest.ts'
import { loadTask } from '../../task/load-task.ts'
import { parseTaskToml } from '../../task/task-toml.ts'
import { parseComposeFile } from '../compose-file.ts'
import { parseDockerfile } from '../dockerfile.ts'
import { exportDataset } from './export-dataset.ts'

const core = path.join(packageRoot, 'tasks/core')
const load = (name: string): ReturnType<typeof loadTask> => loadTask(path.join(core, name), { verifiers })

let dir: string
let out: string
const read = (file: string): Promise<string> => readFile(path.join(out, file), 'utf8')
const parts = (): Parameters<typeof exportDataset>[2] => ({
  packageFile: path.join(dir, 'package.tgz'),
  verifyProgram: path.join(dir, 'verify.mjs'),
  kubemend: '1.2.3',
})

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'export-'))
  out = path.join(dir, 'out')
  await writeFile(path.join(dir, 'package.tgz'), 'the package')
  await writeFile(path.join(dir, 'verify.mjs'), 'the program')
  await exportDataset(
    [await load('checkout-lost-its-orders'), await load('newsletter-release-is-refused')],
    out,
    parts(),
  )
})
afterAll(() => rm(dir, { recursive: true, force: true }))

async function textsBelow(folder: string): Promise<string[]> {
  const entries = await readdir(path.join(out, folder), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.tgz'))
  return Promise.all(files.map((entry) => readFile(path.join(entry.parentPath, entry.name), 'utf8')))
}

describe('a task in its exported form', () => {
  it('has no word of the solution, and no key, where containers are built from', async () => {
    const solution = await read('checkout-lost-its-orders/solution/solve.sh')
    const key = await read('checkout-lost-its-orders/solution/key')
    const line = solution.split('\n').find((one) => one.startsWith('kubectl set env'))
    expect(line).toBeDefined()
    for (const folder of ['environment', 'tests']) {
      const texts = await textsBelow(`checkout-lost-its-orders/${folder}`)
      expect(texts.length).toBeGreaterThan(3)
      expect(texts.filter((text) => text.includes(key) || text.includes(line ?? '-'))).toEqual([])
    }
    const compose = await read('checkout-lost-its-orders/environment/docker-compose.yaml')
    expect(compose).toContain(createHash('sha256').update(key).digest('hex'))
  })

  it('gives the agent the gateway, and nothing of the cluster', async () => {
    const compose = await read('checkout-lost-its-orders/environment/docker-compose.yaml')
    const { file, problems } = parseComposeFile(compose, {})
    expect(problems).toEqual([])
    const [main, kubemend] = file.services
    expect([main?.name, main?.mounts, main?.dependsOn[0]?.condition]).toEqual(['main', [], 'service_healthy'])
    expect(kubemend?.build?.context).toBe('./kubemend')
    const { value } = parseTaskToml(await read('checkout-lost-its-orders/task.toml'))
    expect(value?.environment.mcp_servers).toEqual([
      { name: 'kubernetes', transport: 'streamable-http', url: 'http://kubemend:7400/mcp', args: [] },
    ])
  })

  it('is judged in an image of its own, from evidence that only the cluster could write', async () => {
    const { value, problems } = parseTaskToml(await read('checkout-lost-its-orders/task.toml'))
    expect(problems).toEqual([])
    expect(value?.artifacts).toEqual([{ source: '/evidence', service: 'kubemend', exclude: [] }])
    expect(value?.verifier).toMatchObject({
      environment_mode: 'separate',
      collect: [{ service: 'kubemend', command: expect.stringContaining('serve close') as string }],
    })
    const facts = JSON.parse(await read('checkout-lost-its-orders/tests/kubemend.json')) as Record<string, unknown>
    expect(Object.keys((facts['permissions'] as { namespaces: object }).namespaces)).toEqual(['shop', 'fulfilment'])
  })

  it('takes the task along as it is, without its solution', async () => {
    const inside = path.join(out, 'checkout-lost-its-orders/environment/kubemend/task')
    const task = await loadTask(inside, { verifiers, mayLackSolution: true })
    const original = await load('checkout-lost-its-orders')
    const { solution: _, dir: __, id: ___, digest: ____, dataset: _____, images: ______, ...rest } = original
    expect(task).toMatchObject({ ...rest, solution: { solve: undefined, alternatives: [], unsafe: [] } })
    await expect(loadTask(inside, { verifiers })).rejects.toThrow('solution/solve.sh')
  })

  it('is a task of ours, too, with its cluster, contract and solution', async () => {
    for (const name of ['checkout-lost-its-orders', 'newsletter-release-is-refused']) {
      const task = await loadTask(path.join(out, name), { verifiers })
      const original = await load(name)
      const { dir: _, id, digest: __, dataset, toml: ___, workspace, world, fault, ...rest } = original
      expect(task).toMatchObject(rest)
      expect([task.world.length, task.fault.length]).toEqual([world.length, fault.length])
      expect([task.id, task.dataset]).toEqual([id.replace(dataset ?? '', 'out'), 'out'])
      expect(task.workspace === undefined).toBe(workspace === undefined)
      expect(await digestTask(task.dir)).toBe(task.digest)
    }
  })

  it('sends its solution to the cluster where there is none, and runs it where there is one', async () => {
    const bin = path.join(dir, 'bin')
    await mkdir(bin)
    const stub = (name: string, text: string): Promise<void> =>
      writeFile(path.join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    await stub('tar', 'echo archive')
    await stub('cat', 'echo the-key')
    await stub('curl', 'read -r sent; echo "$sent to $*"')
    const solve = path.join(out, 'checkout-lost-its-orders/solution/solve.sh')
    const run = (): Promise<CommandResult> =>
      runCommand(['/bin/bash', solve], { inheritEnv: false, env: { PATH: bin } })
    const sent = await run()
    expect([sent.exitCode, sent.stdout]).toEqual([
      0,
      expect.stringMatching(/^archive to .* Bearer the-key http:\/\/kubemend:7400\/script\/solve\.sh\n$/),
    ])
    await stub('kubectl', 'echo "kubectl $1"')
    expect((await run()).stdout).toBe('kubectl set\nkubectl rollout\n')
    await rm(path.join(bin, 'kubectl'))
    await stub('curl', 'exit 22')
    expect((await run()).exitCode).toBe(22)
  })

  it('about files needs no cluster: they are in main, and their originals with the verifier', async () => {
    const task = 'newsletter-release-is-refused'
    expect(parseTaskToml(await read(`${task}/task.toml`)).value?.artifacts).toEqual(['/app'])
    const [inMain, inTests] = await Promise.all([
      textsBelow(`${task}/environment/workspace`),
      textsBelow(`${task}/tests/workspace`),
    ])
    expect(inMain.length).toBeGreaterThan(0)
    expect(inTests).toEqual(inMain)
    expect(await read(`${task}/tests/test.sh`)).toContain('--workspace /app --original /tests/workspace')
  })

  it('has Dockerfiles that can be read, and scripts that can be run', async () => {
    for (const file of [
      'checkout-lost-its-orders/environment/Dockerfile',
      'checkout-lost-its-orders/environment/kubemend/Dockerfile',
      'checkout-lost-its-orders/tests/Dockerfile',
      'newsletter-release-is-refused/environment/Dockerfile',
    ])
      expect([file, parseDockerfile(await read(file)).problems]).toEqual([file, []])
    for (const file of ['solution/solve.sh', 'tests/test.sh']) {
      const { mode } = await stat(path.join(out, 'checkout-lost-its-orders', file))
      expect(mode & 0o111).toBe(0o111)
    }
  })

  it('is pinned in dataset.toml with its own digest', async () => {
    const pins = [...(await read('dataset.toml')).matchAll(/^digest = "(sha256:[0-9a-f]{64})"$/gm)]
    expect(new Set(pins.map(([, digest]) => digest)).size).toBe(2)
  })
})

describe('what cannot be exported', () => {
  it('is said at once, and nothing is written', async () => {
    const foreign = await loadTask(path.join(packageRoot, 'test/harbor/fixtures/menu-shows-yesterday'))
    const checkout = await load('checkout-lost-its-orders')
    await expect(exportDataset([foreign, checkout, checkout], out, parts())).rejects.toMatchObject({
      problems: [
        "menu-shows-yesterday: somebody else's Harbor task is one already",
        `${out}: expected a folder that is empty`,
        'checkout-lost-its-orders: there are two tasks whose folder is called so',
      ],
    })
  })
})
