import { describe, expect, test } from 'vitest'
import type { ClusterSpec } from '../provider.ts'
import { controlPlanePatches, kindConfig, meminfoOf, type KindConfigOptions } from './kind-config.ts'
import { containerName } from './kind-folder.ts'

const options: KindConfigOptions = {
  image: 'kindest/node:v1',
  auditPolicy: '/state/policy.yaml',
  auditDir: '/state/audit',
  patches: '/state/patches',
  sizes: {
    control: { meminfo: '/state/control/meminfo', processors: '/state/control/cpu', numa: '/state/control/numa' },
  },
  cni: 'default',
}

describe('the configuration for kind', () => {
  test('has a node for each of the spec, the first of them the control plane', () => {
    const { nodes } = configOf(specOf('1.35', 3))
    expect(nodes.map(({ role, image }) => [role, image])).toEqual([
      ['control-plane', 'kindest/node:v1'],
      ['worker', 'kindest/node:v1'],
      ['worker', 'kindest/node:v1'],
    ])
  })

  test('calls nodes what the spec calls them, and gives workers their taints', () => {
    const spec = specOf('1.35', 2)
    spec.nodes[1]!.taints = [{ key: 'gpu', effect: 'NoSchedule' }]
    const [first, second] = configOf(spec).nodes.map((node) => patchesOf(node))
    expect(first).toEqual([
      {
        kind: 'InitConfiguration',
        nodeRegistration: { name: 'control', taints: [] },
        patches: { directory: '/kind/patches' },
      },
      {
        kind: 'JoinConfiguration',
        nodeRegistration: { name: 'control', taints: [] },
        patches: { directory: '/kind/patches' },
      },
    ])
    expect(second).toMatchObject([
      { nodeRegistration: { name: 'worker-1', taints: [{ key: 'gpu', effect: 'NoSchedule' }] } },
      { kind: 'JoinConfiguration' },
    ])
  })

  test('leaves the taints of a lonely control plane to kind, which fails where there are none to remove', () => {
    expect(patchesOf(configOf(specOf('1.35', 1)).nodes[0]!)[0]).toMatchObject({ nodeRegistration: { name: 'control' } })
    expect(JSON.stringify(configOf(specOf('1.35', 1)))).not.toContain('taints')
  })

  test('speaks the dialect of kubeadm that kind writes for the version', () => {
    const [old, recent] = ['1.35', '1.36'].map((minor) => configOf(specOf(minor, 1)).kubeadmConfigPatchesJSON6902[0]!)
    expect(old?.version).toBe('v1beta3')
    expect(operationsOf(old)).toContainEqual({
      op: 'add',
      path: '/apiServer/extraArgs/audit-log-path',
      value: '/var/log/kubernetes/audit.log',
    })
    expect(recent?.version).toBe('v1beta4')
    expect(operationsOf(recent)).toContainEqual({
      op: 'add',
      path: '/apiServer/extraArgs/-',
      value: { name: 'audit-log-path', value: '/var/log/kubernetes/audit.log' },
    })
  })

  test('mounts the audit log and policy into the control plane only, and its size into each node', () => {
    const [first, second] = configOf(specOf('1.35', 2)).nodes.map((node) =>
      node.extraMounts.map((m) => m.containerPath),
    )
    expect(first).toEqual([
      '/etc/kubernetes/audit-policy.yaml',
      '/var/log/kubernetes',
      '/kind/patches',
      '/proc/meminfo',
      '/sys/devices/system/cpu',
      '/sys/devices/system/node',
    ])
    expect(second).toEqual([])
  })

  test('has no pod network when the caller brings one', () => {
    expect(configOf(specOf('1.35', 1), { ...options, cni: 'none' }).networking).toMatchObject({
      disableDefaultCNI: true,
    })
    expect(configOf(specOf('1.35', 1)).networking).not.toHaveProperty('disableDefaultCNI')
  })
})

test('a node says its size in the words of the kernel', () => {
  expect(meminfoOf({ cpus: 2, memoryKb: 1024 })).toMatch(
    /^MemTotal: 1024 kB\nMemFree: 1024 kB\nMemAvailable: 1024 kB\n/,
  )
})

test('every pod of the control plane is asked each second whether it has started', () => {
  const patches = controlPlanePatches()
  expect(Object.keys(patches)).toContain('kube-apiserver+strategic.json')
  for (const [file, text] of Object.entries(patches)) {
    const [container] = (JSON.parse(text) as { spec: { containers: { name: string }[] } }).spec.containers
    expect(file).toBe(`${container?.name}+strategic.json`)
    expect(container).toMatchObject({ startupProbe: { periodSeconds: 1 } })
  }
})

test('containers have the names that kind gives them', () => {
  expect([0, 1, 2, 3].map((index) => containerName('kubemend-a', index))).toEqual([
    'kubemend-a-control-plane',
    'kubemend-a-worker',
    'kubemend-a-worker2',
    'kubemend-a-worker3',
  ])
})

interface Config {
  networking: Record<string, unknown>
  kubeadmConfigPatchesJSON6902: { version: string; patch: string }[]
  nodes: { role: string; image: string; extraMounts: { containerPath: string }[]; kubeadmConfigPatches: string[] }[]
}

function configOf(spec: ClusterSpec, given: KindConfigOptions = options): Config {
  return kindConfig(spec, given) as unknown as Config
}

function patchesOf(node: Config['nodes'][number]): unknown[] {
  return node.kubeadmConfigPatches.map((text) => JSON.parse(text) as unknown)
}

function operationsOf(patch: { patch: string } | undefined): unknown {
  return JSON.parse(patch?.patch ?? '[]')
}

function specOf(kubernetes: string, count: number): ClusterSpec {
  const nodes = Array.from({ length: count }, (_, i) => ({
    name: i === 0 ? 'control' : `worker-${i}`,
    labels: {},
    taints: [] as ClusterSpec['nodes'][number]['taints'],
    capacity: {},
  }))
  return { name: 'a', kubernetes, nodes, addons: [], images: [] }
}
