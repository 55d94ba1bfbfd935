import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { verifiers } from '../../../verifiers/library.ts'
import { runCommand, type CommandResult } from '../../base/command.ts'
import { packageRoot } from '../../base/package-root.ts'
import { checkReportJsonSchema } from '../../author/check/check-report.ts'
import { jsonSchema, schemaNames } from '../../task/json-schemas.ts'
import { writeSampleTask } from '../../task/sample-task.ts'

let root = ''
beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'kubemend-cli-task-'))
  await writeFile(path.join(root, 'dataset.toml'), '[dataset]\nname = "acme/shop"\n')
  await writeSampleTask(path.join(root, 'checkout'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

describe('kubemend list', () => {
  it('prints one document of tasks', async () => {
    const { stdout, exitCode } = await kubemend('list', '.', '--json')
    const id = `${path.basename(root)}/checkout`
    expect(JSON.parse(stdout)).toEqual({
      tasks: [{ id, path: 'checkout', dataset: path.basename(root), difficulty: 'easy', kind: 'repair' }],
    })
    expect(exitCode).toBe(0)
  })

  it('shows what is in order, reports what is broken, and exits with 2', async () => {
    await writeSampleTask(path.join(root, 'broken'), { 'task.toml': '[metadata.kubemend]\nkind = "repair"\n' })
    const people = await kubemend('list', '.')
    expect(people).toMatchObject({ exitCode: 2 })
    expect(people.stdout).toContain('Checkout cannot reach orders')
    expect(people.stderr).toContain(
      'error: broken/task.toml: metadata.kubemend.difficulty: missing; expected one of easy, medium, hard\n',
    )
    const machines = await kubemend('list', '.', '--json')
    expect(JSON.parse(machines.stdout)).toMatchObject({
      tasks: [{ difficulty: 'easy' }],
      problems: [
        'broken/task.toml: metadata.kubemend.difficulty: missing; expected one of easy, medium, hard',
        'broken/task.toml: metadata.kubemend.category: missing; expected text',
      ],
    })
    expect(machines.exitCode).toBe(2)
  })

  it('selects, and refuses a selection that cannot be', async () => {
    expect((await kubemend('list', '.', '--tag', 'none', '--json')).stdout).toBe('{\n  "tasks": []\n}\n')
    expect(await kubemend('list', '.', '--difficulty', 'trivial')).toMatchObject({
      exitCode: 2,
      stderr: 'error: --difficulty trivial: expected one of easy, medium, hard\n',
    })
  })
})

describe('kubemend show', () => {
  it('is a calm page', async () => {
    const { stdout, exitCode } = await kubemend('show', 'checkout')
    expect(exitCode).toBe(0)
    expect(stdout.replace(/sha256:\w+/, 'sha256:…')).toBe(page.replace('DATASET', path.basename(root)))
  })

  it('gives everything as one document', async () => {
    const { stdout } = await kubemend('show', 'checkout', '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'acme/checkout',
      fault: ['environment/fault/10-wrong-port.yaml'],
      contract: { withinMs: 60_000 },
      cluster: { nodes: [{ name: 'node-1' }, { name: 'node-2' }] },
    })
  })

  it('tells the story of each step of a task that has several', async () => {
    const { stdout, exitCode } = await kubemend(
      'show',
      path.join(packageRoot, 'test/harbor/ordinary/letters-in-two-steps'),
    )
    expect(exitCode).toBe(0)
    expect(stdout).toContain('Step 1, sort\n  Sort the letters')
    expect(stdout).toMatch(/Step 2, stamp\n {2}\S/)
    expect(stdout).not.toContain('Story')
  })

  it('does not guess which task was meant', async () => {
    expect(await kubemend('show', 'nowhere')).toMatchObject({
      exitCode: 2,
      stderr: 'error: nowhere: there is no such task or folder\n',
    })
  })
})

describe('kubemend dataset digest', () => {
  it('writes digests, and checks them', async () => {
    expect(await kubemend('dataset', 'digest', '.', '--check')).toMatchObject({
      exitCode: 1,
      stderr: 'added acme/checkout\ndataset.toml is not current\n',
    })
    expect(await kubemend('dataset', 'digest', '.')).toMatchObject({ exitCode: 0 })
    expect(await kubemend('dataset', 'digest', '.', '--check')).toMatchObject({ exitCode: 0, stderr: '' })
    await writeFile(path.join(root, 'checkout/instruction.md'), 'Other.\n')
    expect(await kubemend('dataset', 'digest', '.', '--check')).toMatchObject({
      exitCode: 1,
      stderr: 'changed acme/checkout\ndataset.toml is not current\n',
    })
  })
})

describe('kubemend schema', () => {
  it.each(schemaNames)(
    'prints what docs/schemas/%s.json holds (npx vitest run --project unit -u harness/cli writes it anew)',
    async (name) => {
      const text = `${JSON.stringify(jsonSchema(name, verifiers), undefined, 2)}\n`
      await expect(text).toMatchFileSnapshot(path.join(packageRoot, `docs/schemas/${name}.json`))
    },
  )

  it('prints what docs/schemas/check.json holds', async () => {
    const text = `${JSON.stringify(checkReportJsonSchema(), undefined, 2)}\n`
    await expect(text).toMatchFileSnapshot(path.join(packageRoot, 'docs/schemas/check.json'))
  })

  it('prints the document and nothing else', async () => {
    const { stdout } = await kubemend('schema', 'cluster')
    expect(stdout).toBe(await readFile(path.join(packageRoot, 'docs/schemas/cluster.json'), 'utf8'))
    expect(await kubemend('schema', 'clusters')).toMatchObject({
      exitCode: 2,
      stderr: 'error: schema clusters: expected one of task, cluster, contract, requirements, dataset, check\n',
    })
  })
})

function kubemend(...words: string[]): Promise<CommandResult> {
  return runCommand([process.execPath, path.join(packageRoot, 'harness/cli/main.ts'), ...words], { cwd: root })
}

const page = `DATASET/checkout  repair  easy  configuration  #env

Story
  Customers cannot check out since this morning.

Cluster
  Kubernetes 1.35 with network-policy
  node node-1
  node node-2 (zone=b, dedicated=batch:NoSchedule, cpu 4)
  namespace shop: 1 Deployment, 1 Service
  broken by environment/fault/10-wrong-port.yaml

Outcome
  deployment-available {"namespace":"shop","name":"checkout"}
  within 1m

Kept at the end
  everything that may not change

May change
  deployment/checkout -n shop: spec.template.spec.containers[*].env

The agent may
  edit
  = 14 rules in shop
  = in the whole cluster: namespaces, nodes

Limits
  10m

Images
  kubemend/echo:1

Solutions
  solution/solve.sh

Digest
  sha256:…
`
