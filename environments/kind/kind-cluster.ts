import { randomBytes } from 'node:crypto'
import { appendFile } from 'node:fs/promises'
import path from 'node:path'
import { mustRun, runCommand, type CommandOptions, type CommandResult } from '../../harness/base/command.ts'
import { KubemendError } from '../../harness/base/errors.ts'
import { KubeClient } from '../../harness/base/kube-client.ts'
import type { Capabilities, Cluster, ClusterSpec, ClusterUsage } from '../provider.ts'
import { destroyKind } from './destroy-kind.ts'
import { containerName, type KindFolder, type KindRecord } from './kind-folder.ts'

/** A live kind cluster. */
export class KindCluster implements Cluster {
  readonly name: string
  readonly spec: ClusterSpec
  readonly capabilities: Capabilities
  readonly kubeconfig: string
  readonly auditLog: string
  readonly folder: KindFolder
  readonly record: KindRecord

  constructor(folder: KindFolder, record: KindRecord, capabilities: Capabilities) {
    this.name = folder.name
    this.spec = record.spec
    this.capabilities = capabilities
    this.kubeconfig = folder.kubeconfig
    this.auditLog = path.join(folder.auditDir, 'audit.log')
    this.folder = folder
    this.record = record
  }

  async exec(node: string, argv: string[], options: CommandOptions = {}): Promise<CommandResult> {
    const { cwd, env, stdin, ...others } = options
    const mark = `/run/kubemend-${randomBytes(6).toString('hex')}`
    const result = await runCommand(
      [
        this.record.engine.program,
        'exec',
        ...(stdin === undefined ? [] : ['--interactive']),
        ...(cwd === undefined ? [] : ['--workdir', cwd]),
        ...Object.entries(env ?? {}).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
        this.#container(node),
        'sh',
        '-c',
        runMarked,
        mark,
        ...argv,
      ],
      { ...others, env: this.record.engine.env, ...(stdin === undefined ? {} : { stdin }) },
    )
    // the engine's client has ended then, and what it started has not
    if (result.isTimedOut || options.signal?.aborted) await this.#endMarked(node, mark)
    return result
  }

  shellCommand(node: string, argv: string[]): string[] {
    const { program, env } = this.record.engine
    const terminal = process.stdin.isTTY ? ['--interactive', '--tty'] : ['--interactive']
    const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`)
    return ['env', ...settings, program, 'exec', ...terminal, this.#container(node), ...argv]
  }

  async loadImage(archive: string): Promise<void> {
    const result = await this.#kind(['load', 'image-archive', archive, '--name', this.folder.kindName])
    if (result.exitCode !== 0) throw new KubemendError('image-refused', `${archive}: ${result.stderr.trim()}`)
  }

  async snapshot(): Promise<void> {
    throw new KubemendError('no-snapshots', 'kind clusters cannot be kept and restored', {
      hint: 'use --cluster node, or prepare the cluster again',
    })
  }

  async usage(): Promise<ClusterUsage> {
    const perNode = await Promise.all(this.spec.nodes.map((node) => this.#usageOf(node.name)))
    const sum = (key: keyof ClusterUsage): number => Math.round(perNode.reduce((total, one) => total + one[key], 0))
    return { cpuMs: sum('cpuMs'), pssMb: sum('pssMb'), processes: sum('processes') }
  }

  async brokenBecause(): Promise<string | undefined> {
    for (const node of this.spec.nodes) {
      const state = await this.#containerState(node.name)
      if (state === undefined) return `the container of node ${node.name} is gone`
      if (state !== 'running') return `the container of node ${node.name} is ${state}`
      const services = await this.exec(node.name, ['systemctl', 'is-active', 'containerd', 'kubelet'])
      const [containerd, kubelet] = services.stdout.trim().split('\n')
      if (containerd !== 'active') return `containerd on node ${node.name} is ${containerd ?? 'gone'}`
      if (kubelet !== 'active') return `kubelet on node ${node.name} is ${kubelet ?? 'gone'}`
    }
    return (await this.#isServing()) ? undefined : 'the API server does not answer'
  }

  async collectLogs(dir: string): Promise<void> {
    // without crictl in the node image kind says that it missed one of many files; the others are there
    const result = await this.#kind(['export', 'logs', dir, '--name', this.folder.kindName])
    await mustRun(['mkdir', '-p', dir])
    for (const file of [this.folder.logFile, this.folder.configFile]) await runCommand(['cp', file, dir])
    if (result.exitCode !== 0) await appendFile(path.join(dir, 'export.log'), result.stderr)
  }

  async destroy(): Promise<void> {
    await destroyKind(this.folder, this.record)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.destroy()
  }

  async #endMarked(node: string, mark: string): Promise<void> {
    await runCommand([this.record.engine.program, 'exec', this.#container(node), 'sh', '-c', endMarked, mark], {
      env: this.record.engine.env,
    })
  }

  /** CPU time from the container's own control group; memory from every process that the node sees. */
  async #usageOf(node: string): Promise<ClusterUsage> {
    const { stdout } = await this.exec(node, ['sh', '-c', usageScript])
    const [cpuMs = 0, pssKb = 0, processes = 0] = stdout.trim().split(/\s+/).map(Number)
    return { cpuMs, pssMb: pssKb / 1024, processes }
  }

  async #containerState(node: string): Promise<string | undefined> {
    const { program, env } = this.record.engine
    const asked = [program, 'container', 'inspect', '--format', '{{.State.Status}}', this.#container(node)]
    const answer = await runCommand(asked, { env })
    return answer.exitCode === 0 ? answer.stdout.trim() : undefined
  }

  async #isServing(): Promise<boolean> {
    using client = await KubeClient.fromKubeconfig(this.kubeconfig)
    for (let attempt = 0; attempt < 3; attempt++) {
      const answer = await client.requestText('GET', '/livez', { timeoutMs: 3_000 }).catch(() => '')
      if (answer === 'ok') return true
    }
    return false
  }

  #container(node: string): string {
    const index = this.spec.nodes.findIndex((one) => one.name === node)
    if (index >= 0) return containerName(this.folder.kindName, index)
    throw new KubemendError('no-node', `cluster ${this.name} has no node ${node}`, {
      hint: `it has ${this.spec.nodes.map((one) => one.name).join(', ')}`,
    })
  }

  #kind(words: string[]): Promise<CommandResult> {
    return runCommand([this.record.kind, ...words], { env: this.record.engine.env, timeoutMs: 120_000 })
  }
}

/** Leaves the number of the process group while the command runs; one that was ended before it began does not run. */
const runMarked = `
echo $$ >"$0"
[ ! -e "$0.end" ] || { rm -f "$0" "$0.end"; exit 137; }
"$@"
code=$?
rm -f "$0"
exit $code
`

/** `kill -KILL --` is more than dash understands. */
const endMarked = `
: >"$0.end"
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  if [ -s "$0" ]; then kill -s KILL -- "-$(cat "$0")"; rm -f "$0" "$0.end"; break; fi
  sleep 0.1
done
`

const usageScript = `
if [ -f /sys/fs/cgroup/cpu.stat ]; then cpu=$(awk '$1=="usage_usec"{print $2/1000}' /sys/fs/cgroup/cpu.stat)
else cpu=$(awk '{print $1/1000000}' /sys/fs/cgroup/cpuacct/cpuacct.usage); fi
set -- /proc/[0-9]*/smaps_rollup
pss=$(awk '$1=="Pss:"{s+=$2} END{print s+0}' "$@" 2>/dev/null)
echo "$cpu" "$pss" $#
`
