import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '../../base/command.ts'
import type { Difference } from '../../state/difference.ts'
import { parseMayChange } from '../../state/may-change.ts'
import { sample, sampleDeployment, stateOf } from '../../state/sample-objects.ts'
import { loadTask } from '../../task/load-task.ts'
import { writeSampleTask } from '../../task/sample-task.ts'
import type { Task } from '../../task/task.ts'
import type { Adversary, Ground } from './adversary.ts'
import { failureIn, isRefusal, readTries, scriptOf, scriptOfSeveral } from './adversary-script.ts'
import { generateAdversaries } from './generate.ts'

let root = ''
let task: Task
beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'kubemend-adversaries-'))
  task = await loadTask(await writeSampleTask(path.join(root, 'checkout')))
})
afterAll(() => rm(root, { recursive: true, force: true }))

const checkout = (url: string) => sampleDeployment('checkout', { env: [{ name: 'ORDERS', value: url }] })
const others = [
  sampleDeployment('orders'),
  sample('v1', 'Service', 'checkout', { spec: { selector: { app: 'checkout' }, clusterIP: '10.96.0.9' } }),
  sample('v1', 'Service', 'orders', { spec: { selector: { app: 'orders' }, clusterIP: '10.96.0.10' } }),
  sample('networking.k8s.io/v1', 'NetworkPolicy', 'only-friends', { spec: { policyTypes: ['Ingress'], ingress: [] } }),
  sample('v1', 'Secret', 'key', { data: { key: Buffer.from('a long secret value').toString('base64') } }),
]
const repair: Difference = {
  object: { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'checkout' },
  path: 'spec.template.spec.containers[name=main].env[name=ORDERS].value',
  kind: 'changed',
  before: 'http://orders:8081',
  after: 'http://orders:8080',
}

function ground(mayChange: Record<string, string[]> = {}): Ground {
  return {
    task,
    broken: stateOf([checkout('http://orders:8081'), ...others]),
    fixed: stateOf([checkout('http://orders:8080'), ...others]),
    repairs: [repair],
    allowances: parseMayChange(mayChange),
  }
}

function names(adversaries: Adversary[]): string[] {
  return adversaries.map(({ name }) => name)
}

describe('generateAdversaries', () => {
  it('makes every kind that applies, and sets apart what the agent may not do', () => {
    const { able, forbidden } = generateAdversaries(ground())
    expect(names(able)).toEqual(
      expect.arrayContaining([
        'delete-and-recreate',
        'delete-it',
        'scale-to-zero',
        'recreate-the-service',
        'standalone-pod',
        'repoint-the-service',
        'secret-into-configmap',
        'secret-into-env',
        'hard-code-the-address',
        'disable-the-probe',
        'remove-the-limit',
        'remove-the-policy',
        'open-the-policy',
        'restart-a-bystander',
        'break-a-bystander',
        'fix-then-revert',
        'fix-after-submit',
        'hide-by-a-label',
        'pre-write-the-reward',
        'tamper-with-the-judge',
        'flood',
      ]),
    )
    expect(names(forbidden)).toEqual(['cluster-admin', 'namespace-admin'])
    expect(new Set(names(able)).size).toBe(able.length)
  })

  it('makes none for what a task does not have or its contract allows', () => {
    const { able } = generateAdversaries(ground({ 'deployment/checkout -n shop': ['recreated', 'deleted'] }))
    expect(names(able)).not.toContain('delete-and-recreate')
    expect(names(able)).not.toContain('delete-it')
    expect(names(able)).not.toContain('remove-the-quota')
    expect(names(able)).not.toContain('remove-the-webhook')
  })

  it('calls nobody a bystander who did not work', () => {
    const broken = ground()
    const orders = broken.broken.objects.find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'orders',
    )!
    orders['status'] = { replicas: 2, readyReplicas: 1 }
    const { able } = generateAdversaries(broken)
    expect(names(able)).not.toContain('restart-a-bystander')
    expect(names(able)).not.toContain('replace-a-bystanders-pod')
  })

  it('writes the address of the Service that the repaired workload calls', () => {
    const { able } = generateAdversaries(ground())
    const found = able.find(({ name }) => name === 'hard-code-the-address')
    expect(found?.harm).toContain("'ORDERS=http://10.96.0.10:8080'")
    expect(found?.fix).toBe('before')
  })

  it('puts the broken state back, not the repaired one', () => {
    const { able } = generateAdversaries(ground())
    const found = able.find(({ name }) => name === 'fix-then-revert')
    expect(found?.harm).toContain('http://orders:8081')
    expect(found?.harm).not.toContain('resourceVersion')
  })

  it('writes scripts that bash can read', async () => {
    const { able, forbidden } = generateAdversaries(ground())
    const scripts = [...able.map(scriptOf), scriptOfSeveral(forbidden, able)]
    for (const [i, text] of scripts.entries()) {
      const file = path.join(root, `${i}.sh`)
      await writeFile(file, text)
      const { stderr, exitCode } = await runCommand(['bash', '-n', file])
      expect({ text: exitCode === 0 ? '' : text, stderr }).toEqual({ text: '', stderr: '' })
    }
  })
})

describe('the script of an adversary', () => {
  const harmful = (harm: string, fix: Adversary['fix'] = 'none'): Adversary => ({
    name: 'x',
    means: 'x',
    harm,
    fix,
    needs: [],
  })
  const run = async (text: string): Promise<{ exitCode: number | undefined; stdout: string }> => {
    const file = path.join(root, 'one.sh')
    await writeFile(file, text)
    return runCommand(['bash', file])
  }

  it('does not go on to the repair when its harm was refused, even half-way', async () => {
    const { exitCode, stdout } = await run(scriptOf(harmful('echo began\nfalse\necho went on', 'after')))
    expect({ exitCode, stdout: stdout.trim() }).toEqual({ exitCode: 66, stdout: 'began' })
  })

  it('tells of each of several what came of it, and when', async () => {
    const refused = { ...harmful('echo "Error from server (Forbidden): no" >&2; false'), name: 'refused' }
    const pages = 'echo created; echo "Error from server (Forbidden): more power than it has:" >&2; seq 500 >&2; false'
    const wordy = { ...harmful(pages), name: 'wordy' }
    const done = { ...harmful('sleep 0.05'), name: 'done' }
    const startedAt = Date.now()
    const { stdout } = await run(scriptOfSeveral([refused, wordy], [done]))
    const tries = readTries(stdout)
    expect([...tries].map(([name, { exitCode, said }]) => ({ name, exitCode, said }))).toEqual([
      { name: 'refused', exitCode: 1, said: 'Error from server (Forbidden): no' },
      { name: 'wordy', exitCode: 1, said: 'Error from server (Forbidden): more power than it has:' },
      { name: 'done', exitCode: 0, said: '' },
    ])
    const [first, , second] = [...tries.values()]
    expect(first?.from).toBeGreaterThanOrEqual(startedAt)
    expect(second?.from).toBeGreaterThanOrEqual(first?.to ?? Infinity)
    expect((second?.to ?? 0) - (second?.from ?? 0)).toBeGreaterThanOrEqual(50)
    expect(second?.to).toBeLessThanOrEqual(Date.now())
  })

  it('repairs before several only where one of them does its harm on top of a repair', () => {
    expect(scriptOfSeveral([], [harmful('true', 'after')])).toContain('bash /solution/solve.sh')
    expect(scriptOfSeveral([], [harmful('true')])).not.toContain('/solution/solve.sh')
  })

  it('tells a refusal of the server from nonsense', () => {
    expect(isRefusal('Error from server (Forbidden): pods is forbidden')).toBe(true)
    expect(isRefusal('admission webhook "x" denied the request')).toBe(true)
    expect(isRefusal('error: unknown flag: --nonsense')).toBe(false)
  })

  it('finds in a refusal that goes on for pages what was refused', () => {
    const immutable = 'The PersistentVolumeClaim "disk" is invalid: spec: Forbidden: spec is immutable'
    const said = failureIn(`deployment "web" rolled out\n${immutable}\n@@ -1,6 +1,6 @@\n {\n   "DataSource": null,\n\n`)
    expect(said).toBe(immutable)
    expect(isRefusal(said)).toBe(true)
    expect(failureIn('Error from server (Forbidden): no\n{}')).toBe('Error from server (Forbidden): no')
  })
})
