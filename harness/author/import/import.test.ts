import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFakeProvider } from '../../../environments/fake/fake-provider.ts'
import { verifiers } from '../../../verifiers/library.ts'
import { KubeClient } from '../../base/kube-client.ts'
import { loadTask } from '../../task/load-task.ts'
import { writeSkeleton } from '../new/skeleton.ts'
import { loadWorld } from '../worlds/load-world.ts'
import { importBenchTask } from './bench-task.ts'
import { importNamespace } from './import-namespace.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'import-'))
})
afterAll(() => rm(dir, { recursive: true }))

describe('importBenchTask', () => {
  test('makes a task that loads: setup, files and verifier included', async () => {
    const place = await writeBench('no-endpoints', {
      'task.yaml': `script:
- prompt: "The 'web' service in the 'picky' namespace has no endpoints. Find out why and fix it. Thanks!"
setup: "setup.sh"
verifier: "verify.sh"
cleanup: "cleanup.sh"
difficulty: "easy"
timeout: 5m
`,
      'setup.sh': `#!/usr/bin/env bash
set -e
NS=picky
kubectl delete namespace $NS --ignore-not-found
kubectl create namespace "$NS"
kubectl apply -n "$NS" -f artifacts/web.yaml
`,
      'verify.sh': '#!/usr/bin/env bash\nkubectl wait --for=condition=Ready pod -l app=web -n picky --timeout=30s\n',
      'cleanup.sh': '#!/bin/bash\nkubectl delete namespace picky\n',
      'artifacts/web.yaml':
        'apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  containers:\n  - name: web\n    image: nginx:1.27\n',
    })
    const { skeleton, remarks } = await importBenchTask(place)
    const made = path.join(dir, 'made-no-endpoints')
    await writeSkeleton(made, skeleton)
    const task = await loadTask(made, { verifiers })
    expect(task).toMatchObject({ kind: 'repair', difficulty: 'easy', namespaces: ['picky'], images: ['nginx:1.27'] })
    expect(task.instruction).toContain("The 'web' service in the 'picky' namespace has no endpoints.")
    expect(task.permissions.namespaces).toHaveProperty('picky')
    expect(remarks.join('\n')).toContain('nobody has written the repair yet')
  })

  test('runs its setup as it was, in a folder with its files, and minds a namespace that is there', async () => {
    const script = path.join(dir, 'made-no-endpoints/environment/fault/10-setup.sh')
    const bin = path.join(dir, 'bin')
    await mkdir(bin)
    const kubectl =
      '#!/bin/bash\necho "kubectl $*" >> "$LOG"\nfor word; do [ -f "$word" ] && cat "$word" >> "$LOG"; done\nexit 0\n'
    await writeFile(path.join(bin, 'kubectl'), kubectl, { mode: 0o755 })
    const log = path.join(dir, 'log')
    await promisify(execFile)('bash', [script], {
      env: { PATH: `${bin}:${process.env['PATH']}`, LOG: log, TMPDIR: dir },
    })
    expect((await readFile(log, 'utf8')).split('\n').slice(0, 5)).toEqual([
      'kubectl delete namespace picky --ignore-not-found',
      'kubectl get namespace picky',
      'kubectl apply -n picky -f artifacts/web.yaml',
      'apiVersion: v1',
      'kind: Pod',
    ])
  })

  test('judges with its verifier', async () => {
    const tests = path.join(dir, 'made-no-endpoints/tests')
    expect(await readFile(path.join(tests, 'test.sh'), 'utf8')).toContain('bash ./verify.sh')
    expect(await readFile(path.join(tests, 'verify.sh'), 'utf8')).toContain('kubectl wait --for=condition=Ready')
  })

  test('refuses what asks for an answer and not for a repair, and what is no such folder', async () => {
    const words = await writeBench('words', {
      'task.yaml':
        'script:\n- prompt: "Is my app healthy?"\nsetup: setup.sh\nexpect:\n- contains: "division by zero"\n',
      'setup.sh': 'true\n',
    })
    await expect(importBenchTask(words)).rejects.toThrow('not a repair')
    await expect(importBenchTask(dir)).rejects.toThrow('expected a folder of k8s-ai-bench with a task.yaml')
    const broken = await writeBench('broken', { 'task.yaml': 'script: nothing\n' })
    await expect(importBenchTask(broken)).rejects.toThrow(/task\.yaml: script: /)
  })
})

describe('importNamespace', () => {
  test('makes a task of a namespace, which loads and tells nothing of where it was', async () => {
    const provider = createFakeProvider()
    const spec = { name: 'import-test', kubernetes: '1.35', addons: [], images: [] }
    await using cluster = await provider.create(
      { ...spec, nodes: [{ name: 'node-1', labels: {}, taints: [], capacity: {} }] },
      { owner: 'this-process' },
    )
    using client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
    const { objects } = await loadWorld('shop', verifiers)
    for (const { object } of objects)
      if (object.kind === 'Namespace' || object.metadata.namespace === 'shop') await client.apply(object)
    await client.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'notes', namespace: 'shop' },
      data: { who: 'jane.doe@fernhut-outdoor.com', cart: 'redis://:larch-and-pine-31@cart.shop:6379' },
    })
    const { skeleton, remarks } = await importNamespace(client, { namespace: 'shop', as: 'store' })
    const made = path.join(dir, 'from-a-cluster')
    const written = await writeSkeleton(made, skeleton)
    const task = await loadTask(made, { verifiers })
    expect(task.namespaces).toEqual(['store'])
    const kinds = Map.groupBy(task.world, ({ object }) => object.kind)
    expect(kinds.get('Deployment')?.map(({ object }) => object.metadata.name)).toEqual(
      expect.arrayContaining(['cart', 'catalog', 'checkout', 'customers', 'web']),
    )
    expect(kinds.has('Pod') || kinds.has('ReplicaSet') || kinds.has('Event')).toBe(false)
    const texts = await Promise.all(written.map((file) => readFile(path.join(made, file), 'utf8')))
    for (const secret of ['larch-and-pine', 'jane.doe', 'fernhut', Buffer.from('larch-and-pine-31').toString('base64')])
      expect(texts.join('\n')).not.toContain(secret)
    expect(texts.join('\n')).toContain('@cart.store:6379')
    expect(remarks).toEqual(expect.arrayContaining(["taken out: 1 x a Secret's value", 'taken out: 1 x mail address']))
    expect(task.contract?.outcome.length).toBe(5)
  })

  test('says when there is nothing to export', async () => {
    const spec = { name: 'import-empty', kubernetes: '1.35', addons: [], images: [] }
    await using cluster = await createFakeProvider().create(
      { ...spec, nodes: [{ name: 'node-1', labels: {}, taints: [], capacity: {} }] },
      { owner: 'this-process' },
    )
    using client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
    await expect(importNamespace(client, { namespace: 'nowhere', as: 'nowhere' })).rejects.toThrow('nothing in it')
  })
})

async function writeBench(name: string, files: Record<string, string>): Promise<string> {
  const place = path.join(dir, 'bench', name)
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(place, file)), { recursive: true })
    await writeFile(path.join(place, file), text)
  }
  return place
}
