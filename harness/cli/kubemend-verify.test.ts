import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { object, SampleCluster } from '../../verifiers/sample-cluster.ts'
import { runCommand, type CommandResult } from '../base/command.ts'
import { packageRoot } from '../base/package-root.ts'

let root: string
let logs: string
beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'kubemend-verify-'))
  logs = path.join(root, 'logs/verifier')
})
afterEach(() => rm(root, { recursive: true, force: true }))

const verify = (...words: string[]): Promise<CommandResult> =>
  runCommand([path.join(packageRoot, 'bin/kubemend-verify'), ...words, '--logs', logs], {
    env: { KUBECONFIG: '/nowhere' },
  })
const rewards = async (): Promise<unknown> =>
  JSON.parse(await readFile(path.join(logs, 'reward.json'), 'utf8').catch(() => '"none"')) as unknown

// each of its processes takes half a second, and many times that on a machine that is busy
describe('kubemend-verify', { timeout: 240_000 }, () => {
  it('judges files, and what else was done to them', async () => {
    const task = path.join(packageRoot, 'tasks/core/newsletter-release-is-refused')
    const [contract, original] = [path.join(task, 'tests/contract.yaml'), path.join(task, 'environment/workspace')]
    const work = path.join(root, 'app')
    await cp(original, work, { recursive: true })
    const words = [contract, '--workspace', work, '--original', original]
    expect(await verify(...words)).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/^failed: /) as string })
    expect(await rewards()).toEqual({ reward: 0, outcome: 0, preservation: 1 })

    const script = await readFile(path.join(task, 'solution/solve.sh'), 'utf8')
    await writeFile(path.join(root, 'solve.sh'), script.replaceAll('/app/', `${work}/`))
    await runCommand(['bash', path.join(root, 'solve.sh')])
    expect(await verify(...words)).toMatchObject({ exitCode: 0 })
    expect(await rewards()).toEqual({ reward: 1, outcome: 1, preservation: 1 })

    await writeFile(path.join(work, 'README.md'), 'gone\n')
    expect(await verify(...words)).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(/^unsafe: /) as string })
    expect(await rewards()).toEqual({ reward: 0, outcome: 1, preservation: 0 })
  })

  it('judges a live cluster against how it was, or by its outcome alone where that was said', async () => {
    const counts = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 }
    const deployment = object('deployment', 'checkout', { spec: { replicas: 1 }, status: counts })
    await using cluster = await SampleCluster.open({ objects: [deployment] })
    const kubeconfig = path.join(root, 'kubeconfig')
    await writeFile(kubeconfig, kubeconfigOf(cluster.context.client.access.server))
    const contract = path.join(root, 'contract.yaml')
    await writeFile(contract, 'outcome:\n  - deployment-available: { namespace: shop, name: checkout }\nwithin: 0s\n')
    const words = [contract, '--kubeconfig', kubeconfig]
    expect(await verify(...words)).toMatchObject({
      exitCode: 2,
      stderr: 'error: expected --baseline, to see what else changed, or --outcome-only\n',
    })
    expect(await rewards()).toBe('none')
    expect(await verify(...words, '--outcome-only')).toMatchObject({ exitCode: 0 })
    expect(await rewards()).toEqual({ reward: 1, outcome: 1 })
  })

  it('gives no reward for what it cannot look at', async () => {
    const contract = path.join(root, 'contract.yaml')
    await writeFile(contract, 'outcome:\n  - deployment-availble: { namespace: shop, name: checkout }\n')
    expect(await verify(contract)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('did you mean deployment-available?') as string,
    })
    await writeFile(contract, 'outcome:\n  - deployment-available: { namespace: shop, name: checkout }\nwithin: 0s\n')
    expect(await verify(contract)).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('there is nothing to judge') as string,
    })
    const kubeconfig = path.join(root, 'kubeconfig')
    await writeFile(kubeconfig, kubeconfigOf('http://127.0.0.1:9'))
    const unreachable = await verify(contract, '--kubeconfig', kubeconfig, '--outcome-only')
    expect(unreachable).toMatchObject({ exitCode: 3, stdout: expect.stringMatching(/^invalid: /) as string })
    expect(await rewards()).toBe('none')
  })
})

function kubeconfigOf(server: string): string {
  return stringify({
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'here', user: 'here' } }],
    clusters: [{ name: 'here', cluster: { server } }],
    users: [{ name: 'here', user: {} }],
  })
}
