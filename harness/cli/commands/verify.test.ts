import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { object, SampleCluster } from '../../../verifiers/sample-cluster.ts'
import { runCommand, type CommandResult } from '../../base/command.ts'
import { packageRoot } from '../../base/package-root.ts'
import { sampleTask, writeSampleTask } from '../../task/sample-task.ts'

let root = ''
beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'kubemend-cli-verify-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

describe('kubemend verify', () => {
  it('judges a live cluster by the outcome of a task', async () => {
    const counts = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 }
    const deployment = object('deployment', 'checkout', { spec: { replicas: 1 }, status: counts })
    await using cluster = await SampleCluster.open({ objects: [deployment] })
    const kubeconfig = await writeKubeconfig(cluster)
    const dir = await writeSampleTask(path.join(root, 'checkout'))
    const good = await kubemend('verify', dir, '--kubeconfig', kubeconfig, '--json')
    expect(JSON.parse(good.stdout)).toMatchObject({
      outcome: 'met',
      checks: [
        {
          verifier: 'deployment-available',
          at: 'outcome[0]',
          status: 'met',
          because: 'deployment/checkout has 1 of 1 available',
        },
      ],
    })
    expect(good.exitCode).toBe(0)
    cluster.objects = []
    const bad = await kubemend('verify', dir, '--kubeconfig', kubeconfig, '--within', '0s')
    expect(bad.stdout).toContain('there is no deployment/checkout in namespace shop')
    expect(bad.exitCode).toBe(1)
    await cluster[Symbol.asyncDispose]()
    const gone = await kubemend('verify', dir, '--kubeconfig', kubeconfig, '--within', '0s')
    expect(gone.stdout).toContain('unknown  could not be looked at')
    expect(gone.exitCode).toBe(3)
  })

  it('judges a folder by the outcome of a workspace task', async () => {
    const dir = await writeWorkspaceTask(path.join(root, 'release'))
    const work = path.join(root, 'work')
    await mkdir(work)
    await writeFile(path.join(work, 'version.txt'), '1.0')
    expect(await kubemend('verify', dir, '--workspace', work, '--within', '0s')).toMatchObject({ exitCode: 1 })
    await writeFile(path.join(work, 'version.txt'), '2.0')
    expect(await kubemend('verify', dir, '--workspace', work)).toMatchObject({ exitCode: 0 })
  })

  it('says what it needs before it asks anybody', async () => {
    const dir = await writeSampleTask(path.join(root, 'checkout'))
    const [bare, wrong, time] = await Promise.all([
      kubemend('verify', dir),
      kubemend('verify', dir, '--kubeconfig', '/nowhere'),
      kubemend('verify', dir, '--kubeconfig', '/nowhere', '--within', 'soon'),
    ])
    expect(bare).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('say --kubeconfig FILE') as string })
    expect(wrong).toMatchObject({ exitCode: 2, stderr: 'error: --kubeconfig /nowhere: there is no such file\n' })
    expect(time).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('expected a duration') as string })
  })
})

describe('kubemend explain', () => {
  it('lists, explains and refuses', async () => {
    const [list, one, json, none] = await Promise.all([
      kubemend('explain'),
      kubemend('explain', 'can-i'),
      kubemend('explain', 'can-i', '--json'),
      kubemend('explain', 'cani'),
    ])
    expect(list.stdout).toMatch(/^VERIFIER .*\ndeployment-available +A Deployment/)
    expect(one.stdout).toMatch(/^can-i: .*\n\n {2}- can-i: /)
    expect(JSON.parse(json.stdout)).toMatchObject({
      name: 'can-i',
      params: [{ name: 'as', type: 'text', isRequired: true }, {}, {}, {}],
    })
    expect(none).toMatchObject({ exitCode: 2, stderr: 'error: there is no verifier cani\nhint: did you mean can-i?\n' })
  })
})

function writeWorkspaceTask(dir: string): Promise<string> {
  const isOfCluster = (file: string): boolean => /^environment\/(world|fault|cluster)/.test(file)
  const none = Object.fromEntries(
    Object.keys(sampleTask)
      .filter(isOfCluster)
      .map((file) => [file, undefined]),
  )
  return writeSampleTask(dir, {
    ...none,
    'task.toml': sampleTask['task.toml']?.replace('kind = "repair"', 'kind = "workspace"'),
    'environment/workspace/version.txt': '1.0',
    'tests/contract.yaml':
      '# kubemend canary 11111111-2222-4333-8444-555555555555\noutcome:\n  - file-equals: { path: version.txt, equals: "2.0" }\n',
  })
}

async function writeKubeconfig(cluster: SampleCluster): Promise<string> {
  const file = path.join(root, 'kubeconfig')
  const { server } = cluster.context.client.access
  const contexts = [{ name: 'c', context: { cluster: 'c', user: 'u' } }]
  const text = stringify({
    'current-context': 'c',
    contexts,
    clusters: [{ name: 'c', cluster: { server } }],
    users: [],
  })
  await writeFile(file, text)
  return file
}

function kubemend(...words: string[]): Promise<CommandResult> {
  return runCommand([process.execPath, path.join(packageRoot, 'harness/cli/main.ts'), ...words], { cwd: root })
}
