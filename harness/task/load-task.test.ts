import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { InputError } from '../base/errors.ts'
import { clusterSpecOf } from './cluster-file.ts'
import { loadTask } from './load-task.ts'
import { writeSampleTask } from './sample-task.ts'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'kubemend-task-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

describe('loadTask', () => {
  it('reads a repair task with its world, fault, contract and permissions', async () => {
    const task = await loadTask(await writeSampleTask(path.join(dir, 'checkout')))
    expect(task).toMatchObject({
      id: 'checkout',
      name: 'acme/checkout',
      dataset: undefined,
      kind: 'repair',
      difficulty: 'easy',
      category: 'configuration',
      tags: ['env'],
      instruction: 'Customers cannot check out since this morning.\n',
      namespaces: ['shop'],
      images: ['kubemend/echo:1'],
      solution: { solve: 'solution/solve.sh', alternatives: [], unsafe: [] },
      workspace: undefined,
      steps: [],
    })
    expect(task.digest).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(task.world.map(({ object, file, line }) => [object.kind, file, line])).toEqual([
      ['Namespace', 'environment/world/00-namespace.yaml', 1],
      ['Deployment', 'environment/world/10-checkout.yaml', 1],
      ['Service', 'environment/world/10-checkout.yaml', 14],
    ])
    expect(task.fault).toMatchObject([
      { kind: 'objects', file: 'environment/fault/10-wrong-port.yaml', changes: [{ action: 'patch' }] },
    ])
    expect(task.contract).toEqual({
      outcome: [
        { verifier: 'deployment-available', params: { namespace: 'shop', name: 'checkout' }, at: 'outcome[0]' },
      ],
      healthy: [],
      symptom: [],
      preserve: [],
      invariants: [],
      withinMs: 60_000,
      stableForMs: 0,
      mayChange: { 'deployment/checkout -n shop': ['spec.template.spec.containers[*].env'] },
      mayGrant: {},
      accept: [],
      forbid: [],
    })
    expect(Object.keys(task.permissions.namespaces)).toEqual(['shop'])
    expect(task.cluster && clusterSpecOf(task.cluster, 'a', task.images)).toEqual({
      name: 'a',
      kubernetes: '1.35',
      nodes: [
        { name: 'node-1', labels: {}, taints: [], capacity: {} },
        {
          name: 'node-2',
          labels: { zone: 'b' },
          taints: [{ key: 'dedicated', value: 'batch', effect: 'NoSchedule' }],
          capacity: { cpu: '4' },
        },
      ],
      addons: ['network-policy'],
      images: ['kubemend/echo:1'],
    })
  })

  it('gives a task without cluster.yaml one plain node', async () => {
    const task = await loadTask(await writeSampleTask(dir, { 'environment/cluster.yaml': undefined }))
    expect(task.cluster?.nodes).toEqual([{ name: 'node-1', labels: {}, taints: [], capacity: {} }])
  })

  it('names a task after the dataset that it lies in', async () => {
    await writeFile(path.join(dir, 'dataset.toml'), '[dataset]\nname = "acme/x"\n')
    const task = await loadTask(await writeSampleTask(path.join(dir, 'checkout')))
    expect(task.id).toBe(`${path.basename(dir)}/checkout`)
  })

  it('reads a workspace task, which has files and no cluster', async () => {
    const task = await loadTask(await writeSampleTask(dir, workspaceFiles))
    expect(task).toMatchObject({
      kind: 'workspace',
      cluster: undefined,
      world: [],
      fault: [],
      namespaces: [],
      permissions: { cluster: [], namespaces: {} },
      workspace: path.join(dir, 'environment/workspace'),
    })
  })

  it('knows what a fault does to each object', async () => {
    const task = await loadTask(
      await writeSampleTask(dir, {
        'environment/fault/20-more.yaml':
          'apiVersion: v1\nkind: Service\nmetadata: { name: checkout, namespace: shop }\n$patch: delete\n---\n' +
          'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: new, namespace: shop }\n',
        'environment/fault/30-more.sh': '#!/bin/sh\nkubectl run x --image=busybox:1.37\n',
      }),
    )
    expect(
      task.fault.map((step) => (step.kind === 'objects' ? step.changes.map(({ action }) => action) : step.kind)),
    ).toEqual([['patch'], ['delete', 'create'], 'script'])
    expect(task.images).toEqual(['busybox:1.37', 'kubemend/echo:1'])
  })

  it('leaves out images that do not exist on purpose', async () => {
    const task = await loadTask(
      await writeSampleTask(dir, {
        'environment/cluster.yaml': 'images: [redis:7]\nabsent-images: ["kubemend/echo:1-tpyo"]\n',
        'environment/fault/10-wrong-port.yaml':
          'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: checkout, namespace: shop }\n' +
          'spec: { template: { spec: { containers: [{ name: app, image: "kubemend/echo:1-tpyo" }] } } }\n',
      }),
    )
    expect(task.images).toEqual(['kubemend/echo:1', 'redis:7'])
  })

  it('reads tasks of older schema versions that others wrote', async () => {
    const task = await loadTask(
      await writeSampleTask(dir, {
        ...foreignFiles,
        'task.toml': `version = "1.0"
unknown_key = 1
[metadata]
author_name = "A"
difficulty = "hard"
category = "debugging"
tags = ["k8s"]
[verifier]
timeout_sec = 900.0
[environment]
memory = "2G"
storage = "512M"
cpus = 2.0
allow_internet = false
OS = "ignored"
[environment.env]
A = "\${HOST_A:-x}"
[[environment.mcp_servers]]
name = "a"
transport = "http"
url = "http://localhost:1"
`,
      }),
    )
    expect(task).toMatchObject({ kind: 'harbor', difficulty: 'hard', category: 'debugging', tags: ['k8s'] })
    expect(task.toml).toMatchObject({
      schema_version: '1.0',
      unknown_key: 1,
      verifier: { timeout_sec: 900 },
      agent: {},
      environment: {
        memory_mb: 2048,
        storage_mb: 512,
        cpus: 2,
        network_mode: 'no-network',
        build_timeout_sec: 600,
        mcp_servers: [{ name: 'a', transport: 'streamable-http' }],
      },
    })
    expect(task.toml.environment).not.toHaveProperty('memory')
  })

  it('recognises the steps of a multi-step task', async () => {
    const task = await loadTask(
      await writeSampleTask(dir, {
        ...foreignFiles,
        'instruction.md': undefined,
        'task.toml': '[[steps]]\nname = "one"\n[[steps]]\nname = "two"\nmin_reward = 0.5\n',
        'steps/one/instruction.md': '# canary line\n\nFirst.\n',
        'steps/two/instruction.md': 'Second.\n',
        'steps/two/tests/test.sh': '#!/bin/sh\n',
      }),
    )
    expect(task.steps).toEqual([
      { name: 'one', instruction: 'First.\n' },
      { name: 'two', instruction: 'Second.\n' },
    ])
    expect(task.toml.steps[1]).toMatchObject({ min_reward: 0.5, verifier: { timeout_sec: 600 } })
  })

  it('reports everything that is wrong with a task at once', async () => {
    await writeSampleTask(dir, {
      'task.toml': '[metadata.kubemend]\nkind = "repair"\ndificulty = "easy"\ncategory = "dns"\n',
      'instruction.md': undefined,
      'tests/contract.yaml': 'outcome: []\nmay-chnage: []\n',
      'environment/cluster.yaml': 'nodes: [{ name: a }, { name: a }]\n',
    })
    const error = await loadTask(dir).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(InputError)
    expect((error as InputError).problems.map((line) => line.replace(`${dir}/`, ''))).toEqual([
      'task.toml: metadata.kubemend.difficulty: missing; expected one of easy, medium, hard',
      'task.toml: metadata.kubemend.dificulty: unknown field; did you mean difficulty?',
      'tests/contract.yaml: outcome: expected at least one entry, got none',
      'tests/contract.yaml: may-chnage: unknown field; did you mean may-change?',
      'environment/cluster.yaml: nodes[1].name: expected a name of its own, got a again',
      'instruction.md: missing; expected what the agent is told',
    ])
  })
})

const noCluster = {
  'environment/cluster.yaml': undefined,
  'environment/world/00-namespace.yaml': undefined,
  'environment/world/10-checkout.yaml': undefined,
  'environment/fault/10-wrong-port.yaml': undefined,
}

const workspaceFiles = {
  ...noCluster,
  'task.toml': '[metadata.kubemend]\nkind = "workspace"\ndifficulty = "easy"\ncategory = "manifests"\n',
  'environment/workspace/deploy.yaml': 'kind: Deployment\n',
}

const foreignFiles = {
  ...noCluster,
  'environment/Dockerfile': 'FROM debian\n',
  'tests/contract.yaml': undefined,
  'tests/test.sh': '#!/bin/bash\necho 1 > /logs/verifier/reward.txt\n',
}
