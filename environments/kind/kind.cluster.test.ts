import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mustRun, runCommand } from '../../harness/base/command.ts'
import { startTimeOf } from '../../harness/base/daemon.ts'
import { KubeClient, type KubeObject } from '../../harness/base/kube-client.ts'
import { packageRoot } from '../../harness/base/package-root.ts'
import { until } from '../../harness/base/retry.ts'
import { ensureImages } from '../images/ensure-images.ts'
import { cgroupProcesses } from '../node/cgroup.ts'
import { describeProvider } from '../provider.contract.ts'
import type { Cluster, ClusterSpec, NodeSpec } from '../provider.ts'
import { isPodSettled, waitForAll } from '../wait-ready.ts'
import { chooseNodeImage, kindMinors } from './choose-node-image.ts'
import { findEngine, type ContainerEngine } from './engine.ts'
import { ensureKind } from './kind-binary.ts'
import { createKindProvider } from './kind-provider.ts'
import { containerName, KindFolder, kindPrefix } from './kind-folder.ts'
import { findOwnDocker, ownDockerDir, startOwnDocker, stopOwnDocker } from './own-docker.ts'

const provider = createKindProvider()
const unique = `t${process.pid}`
let engine: ContainerEngine
let isDockerOurs = false
let tracesBefore: HostTraces

beforeAll(async () => {
  tracesBefore = await hostTraces()
  if ((await provider.problems()).length > 0) {
    await startOwnDocker({ owner: 'this-process' })
    isDockerOurs = true
  }
  const found = await findEngine()
  if ('problems' in found) throw new Error(found.problems.map((problem) => problem.what).join('; '))
  engine = found.engine
})

afterAll(async () => {
  const left = await provider.list()
  for (const { name } of left.filter((one) => one.name.startsWith(unique)))
    await (await provider.attach(name)).destroy()
  expect(await kindContainers()).toEqual([])
  if (!isDockerOurs) return
  await stopOwnDocker()
  expect(existsSync(ownDockerDir)).toBe(false)
  expect(await hostTraces()).toEqual(tracesBefore)
})

describeProvider('kind', () => ({
  provider,
  factory: { file: fileURLToPath(new URL('./kind-provider.ts', import.meta.url)), name: 'createKindProvider' },
  image: 'busybox:1.36',
  async archive() {
    const image = 'alpine:3.20'
    const [made] = await ensureImages([image])
    return { file: made!.archive, image }
  },
  async breakComponent(cluster) {
    await mustRun(cluster.shellCommand('first', ['systemctl', 'stop', 'kubelet']))
    return 'kubelet'
  },
}))

describe('two clusters at once, one of them with two nodes', () => {
  let single: Cluster
  let double: Cluster

  beforeAll(async () => {
    const worker = {
      name: 'gpu-1',
      labels: { 'example.com/pool': 'gpu', 'node-role.kubernetes.io/gpu': '' },
      taints: [{ key: 'example.com/gpu', value: 'yes', effect: 'NoSchedule' as const }],
      capacity: { 'nvidia.com/gpu': '4', memory: '3Gi' },
    }
    ;[single, double] = await Promise.all([
      provider.create(specOf('one'), { owner: 'this-process' }),
      provider.create(specOf('two', { nodes: [plainNode('control-plane'), worker], images: ['busybox:1.36'] }), {
        owner: 'this-process',
      }),
    ])
  })

  afterAll(async () => {
    await Promise.all([single.destroy(), double.destroy()])
    expect(await kindContainers()).toEqual([])
  })

  test('nodes have the names, labels, taints and sizes of the spec', async () => {
    using client = await KubeClient.fromKubeconfig(double.kubeconfig)
    const nodes = await client.list<NodeObject>('/api/v1/nodes')
    expect(nodes.map((node) => node.metadata.name).toSorted()).toEqual(['control-plane', 'gpu-1'])
    const [controlPlane, gpu] = nodes.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    expect(controlPlane?.spec.taints ?? []).toEqual([])
    expect(controlPlane?.status.capacity).toMatchObject({ memory: '8Gi' })
    expect(gpu?.metadata.labels).toMatchObject({ 'example.com/pool': 'gpu', 'node-role.kubernetes.io/gpu': '' })
    expect(gpu?.spec.taints).toEqual([{ key: 'example.com/gpu', value: 'yes', effect: 'NoSchedule' }])
    expect(gpu?.status.capacity).toMatchObject({ 'nvidia.com/gpu': '4', memory: '3Gi' })
  })

  test('pods on two nodes reach each other by the name of their service, with an image that was loaded', async () => {
    using client = await KubeClient.fromKubeconfig(double.kubeconfig)
    for (const object of twoNodeWorld) await client.apply(object)
    await waitForAll(client, '/api/v1/namespaces/default/pods', {
      what: 'both pods to be Ready',
      timeoutMs: 60_000,
      atLeast: 2,
      isDone: isPodSettled,
    })
    const wget = ['wget', '-q', '-T', '5', '-O', '-', 'http://web.default:8080/']
    // proxies hear of a new service a moment after its pods are Ready
    const asked = await until(
      async () => {
        const answer = await double.exec('control-plane', ['kubectl', 'exec', 'client', '--', ...wget])
        return answer.exitCode === 0 && answer
      },
      { what: 'the service to answer', timeoutMs: 15_000, intervalMs: 300 },
    )
    expect(asked.stdout).toBe('from gpu-1\n')
  })

  test('the audit log is a file of this machine with who did what', async () => {
    const lines = (await readFile(double.auditLog ?? '', 'utf8')).trim().split('\n')
    const events = lines.map((line) => JSON.parse(line) as AuditEvent)
    const created = events.find(({ verb, objectRef }) => verb === 'patch' && objectRef?.name === 'client')
    expect(created).toMatchObject({ user: { username: 'kubernetes-admin' }, responseStatus: { code: 201 } })
    expect(created?.requestObject).toMatchObject({ kind: 'Pod' })
  })

  test('neither cluster is in the kubeconfig of the user', async () => {
    const own = await readFile(path.join(os.homedir(), '.kube', 'config'), 'utf8').catch(() => '')
    expect(own).not.toContain(unique)
  })

  test('what they cost is measured', async () => {
    const [small, large] = await Promise.all([single.usage(), double.usage()])
    expect(small.cpuMs).toBeGreaterThan(1_000)
    expect(small.pssMb).toBeGreaterThan(200)
    expect(large.processes).toBeGreaterThan(small.processes)
  })

  test('a storage class is not there, because nobody asked for storage', async () => {
    using client = await KubeClient.fromKubeconfig(single.kubeconfig)
    expect(await client.list('/apis/storage.k8s.io/v1/storageclasses')).toEqual([])
  })

  test('logs of the components can be collected', async () => {
    await using dir = await temporaryFolder()
    await single.collectLogs(dir.path)
    const files = await readdir(dir.path, { recursive: true })
    expect(files.some((file) => file.endsWith('kubelet.log'))).toBe(true)
    expect(files.some((file) => file.includes('kube-apiserver'))).toBe(true)
  })

  test('a container that is deleted in mid-trial is noticed', async () => {
    expect(await double.brokenBecause()).toBeUndefined()
    await mustRun([engine.program, 'rm', '--force', '--volumes', containerName(`${kindPrefix}${double.name}`, 1)], {
      env: engine.env,
    })
    expect(await double.brokenBecause()).toBe('the container of node gpu-1 is gone')
    expect(await single.brokenBecause()).toBeUndefined()
  })
})

describe('what can go wrong', () => {
  test('a name that other containers have is refused, and they stay', async () => {
    const name = `${unique}-taken`
    const tag = await nodeImage()
    const label = `io.x-k8s.kind.cluster=${kindPrefix}${name}`
    const made = await mustRun([engine.program, 'create', '--label', label, tag], { env: engine.env })
    try {
      await expect(provider.create(specOf('taken'), { owner: 'this-process' })).rejects.toMatchObject({
        code: 'name-taken',
        hint: expect.stringContaining(`kind delete cluster --name kubemend-${name}`) as string,
      })
      expect(await kindContainers()).toHaveLength(1)
    } finally {
      await mustRun([engine.program, 'rm', '--force', '--volumes', made.stdout.trim()], { env: engine.env })
    }
    expect(existsSync(new KindFolder(name).dir)).toBe(false)
  })

  test('a creation that fails says where its logs are, and leaves nothing else', async () => {
    const container = containerName(`${kindPrefix}${unique}-lost`, 0)
    const creation = provider.create(specOf('lost'), {
      owner: 'this-process',
      onProgress: (line) => {
        if (line.includes('Writing configuration')) {
          void runCommand([engine.program, 'kill', container], { env: engine.env })
        }
      },
    })
    const error = (await creation.catch((thrown: unknown) => thrown)) as { code: string; hint: string }
    expect(error.code).toBe('kind-failed')
    const dir = /its logs are in (.+)$/.exec(error.hint)?.[1] ?? ''
    expect(await readFile(path.join(dir, 'kind.log'), 'utf8')).toContain('ERROR')
    await rm(dir, { recursive: true })
    expect(await kindContainers()).toEqual([])
  })

  test('containers whose record was deleted are found by what they mount', async () => {
    const folder = new KindFolder(`${unique}-forgotten`)
    const tag = await nodeImage()
    await mustRun(
      [
        engine.program,
        'create',
        '--label',
        `io.x-k8s.kind.cluster=${folder.kindName}`,
        '--volume',
        `${folder.dir}/audit:/var/log/kubernetes`,
        tag,
      ],
      { env: engine.env },
    )
    expect(await provider.removeLeftovers()).toContain(`containers of kind cluster ${folder.name}: it has no record`)
    expect(await kindContainers()).toEqual([])
  })

  test('a wrong spec is refused with every reason at once', async () => {
    const spec = specOf('UPPER', { kubernetes: '1.3', nodes: [plainNode('a'), plainNode('a')] })
    await expect(provider.create(spec, { owner: 'this-process' })).rejects.toMatchObject({
      problems: [
        expect.stringContaining('at most 40 lower-case') as string,
        `kubernetes 1.3: expected one of ${kindMinors.join(', ')}`,
        'nodes[1].name a: used twice',
      ],
    })
  })

  test('without Docker there is one clear message', async () => {
    const said = await kubemendUp({ PATH: '/nonexistent' })
    expect(said.exitCode).toBe(3)
    expect(said.stderr).toContain('error: neither Docker nor Podman nor nerdctl is installed')
    expect(said.stderr).toContain('hint: install Docker, or kubemend doctor --fix docker')
  })

  test('Docker that this user may not use is told from Docker that does not run', async () => {
    await using dir = await temporaryFolder()
    const socket = path.join(dir.path, 'docker.sock')
    const server = net.createServer().listen(socket)
    try {
      await until(async () => existsSync(socket), { what: 'the socket', timeoutMs: 5_000 })
      await chmod(socket, 0o600)
      await chmod(dir.path, 0o755)
      const env = { DOCKER_HOST: `unix://${socket}`, HOME: '/nonexistent', PATH: `${engine.env['PATH']}` }
      // as nobody, who has neither root's rights nor a group
      const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--']
      const said = await kubemendUp(env, asNobody)
      expect(said.stderr).toContain(`error: Docker runs, but this user may not use it (${socket})`)
      expect(said.stderr).toContain('usermod --append --groups docker')
      expect(said.exitCode).toBe(3)
    } finally {
      server.close()
    }
  })
})

test('stock kind makes a working cluster from the node image without any configuration', async () => {
  const kind = await ensureKind()
  const tag = await nodeImage()
  const name = `${unique}-stock`
  await using dir = await temporaryFolder()
  const kubeconfig = path.join(dir.path, 'kubeconfig')
  const options = { env: engine.env, timeoutMs: 150_000 }
  try {
    await mustRun(
      [kind, 'create', 'cluster', '--name', name, '--image', tag, '--kubeconfig', kubeconfig, '--wait', '120s'],
      options,
    )
    const [busybox] = await ensureImages(['busybox:1.36'])
    await mustRun([kind, 'load', 'image-archive', busybox?.archive ?? '', '--name', name], options)
    const inside = [engine.program, 'exec', `${name}-control-plane`]
    await mustRun([...inside, 'kubectl', '--namespace=kube-system', 'rollout', 'status', 'deployment/coredns'], options)
    const kubectlRun = [
      'kubectl',
      'run',
      'ask',
      '--image=busybox:1.36',
      '--restart=Never',
      '--rm',
      '--attach',
      '--quiet',
    ]
    const asked = await mustRun(
      [...inside, ...kubectlRun, '--', 'nslookup', 'kubernetes.default.svc.cluster.local'],
      options,
    )
    expect(asked.stdout).toContain('10.96.0.1')
  } finally {
    await mustRun([kind, 'delete', 'cluster', '--name', name, '--kubeconfig', kubeconfig], options)
  }
})

test('a dockerd of our own that is killed takes everything with it, and its files are found and removed', async (context) => {
  const docker = await findOwnDocker()
  context.skip(!isDockerOurs || !docker, 'Docker was there before this test')
  if (!docker) return
  const container = await mustRun([engine.program, 'run', '--detach', '--privileged', await nodeImage()], {
    env: engine.env,
  })
  expect(container.stdout.trim()).toMatch(/^[0-9a-f]{64}$/)
  const inside = await cgroupProcesses(docker.cgroup.replace('kube-', ''))
  expect(inside.length).toBeGreaterThan(0)
  process.kill(docker.init.pid, 'SIGKILL')
  await until(async () => inside.every((pid) => startTimeOf(pid) === undefined), {
    what: 'everything in the container to end',
    timeoutMs: 20_000,
  })
  await until(async () => !(await findOwnDocker()), { what: 'the dockerd to have ended', timeoutMs: 20_000 })
  expect(await provider.removeLeftovers()).toContain(`our own dockerd and everything in ${ownDockerDir}`)
  expect(existsSync(ownDockerDir)).toBe(false)
  expect(await hostTraces()).toEqual(tracesBefore)
  await startOwnDocker({ owner: 'this-process' })
})

interface NodeObject extends KubeObject {
  spec: { taints?: NodeSpec['taints'] }
  status: { capacity: Record<string, string> }
}

interface AuditEvent {
  verb: string
  objectRef?: { name?: string }
  user: { username: string }
  requestObject?: unknown
}

const kubemend = [path.join(packageRoot, 'harness/cli/main.ts')]

const twoNodeWorld = [
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
    spec: {
      nodeName: 'gpu-1',
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'web',
          image: 'busybox:1.36',
          env: [{ name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
          command: ['sh', '-c', 'mkdir /w; echo "from $NODE" >/w/index.html; exec httpd -f -p 8080 -h /w'],
          readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
        },
      ],
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { app: 'web' }, ports: [{ port: 8080 }] },
  },
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'client', namespace: 'default' },
    spec: {
      nodeName: 'control-plane',
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'client', image: 'busybox:1.36', command: ['sleep', '3600'] }],
    },
  },
]

function specOf(name: string, more: Partial<ClusterSpec> = {}): ClusterSpec {
  const nodes = [plainNode('control-plane')]
  return { name: `${unique}-${name}`, kubernetes: '1.35', nodes, addons: [], images: [], ...more }
}

function plainNode(name: string): NodeSpec {
  return { name, labels: {}, taints: [], capacity: {} }
}

/** A node image that the engine has. */
async function nodeImage(): Promise<string> {
  return (await chooseNodeImage('1.35', engine, { onProgress: () => undefined })).ref
}

/** Containers of kind clusters that these tests made, on whatever record. */
async function kindContainers(): Promise<string[]> {
  const format = '{{.Label "io.x-k8s.kind.cluster"}}'
  const answer = await mustRun([engine.program, 'ps', '--all', '--format', format], { env: engine.env })
  return answer.stdout.split('\n').filter((name) => name.includes(unique))
}

async function kubemendUp(
  env: Record<string, string>,
  before: string[] = [],
): Promise<{ exitCode: number | undefined; stderr: string }> {
  await using dir = await temporaryFolder()
  const words = [...before, process.execPath, ...kubemend, 'cluster', 'up', `${unique}-never`, '--cluster', 'kind']
  // an empty state folder: no dockerd of our own is known there
  return runCommand(words, { env: { KUBEMEND_STATE: dir.path, ...env }, inheritEnv: false, timeoutMs: 60_000 })
}

async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'kubemend-kind-'))
  return { path: dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) }
}

interface HostTraces {
  mounts: number
  links: string
  rules: string
  folders: boolean[]
}

/** What a dockerd that is not in namespaces of its own would leave on the host. */
async function hostTraces(): Promise<HostTraces> {
  const [mounts, links, rules] = await Promise.all([
    mustRun(['findmnt', '--list', '--noheadings', '--output', 'TARGET']),
    mustRun(['ip', '-brief', 'link']),
    runCommand(['nft', 'list', 'ruleset']),
  ])
  return {
    mounts: mounts.stdout.split('\n').filter((target) => target.startsWith(ownDockerDir)).length,
    links: links.stdout,
    rules: rules.stdout,
    folders: ['/etc/docker', '/opt/containerd', '/var/lib/docker', '/lib/modules'].map((dir) => existsSync(dir)),
  }
}
