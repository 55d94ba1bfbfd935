import type { AddonName, NodeSpec } from '../../environments/provider.ts'
import { splitWords } from './split-words.ts'
import type { ComposeFile, ComposeMount, ComposeService } from './compose-file.ts'
import type { LineProblem } from './yaml-place.ts'

/** The cluster that a compose file's services would have been. */
export interface ForeignCluster {
  distribution: 'k3s' | 'kind' | 'k0s'
  /** As the image's tag says: `v1.30.4-k3s1`. */
  version: string | undefined
  /** `1.30`; undefined where the tag does not say. */
  minor: string | undefined
  nodes: NodeSpec[]
  /** What the distribution brings along and the file does not switch off. */
  brings: AddonName[]
  /** The compose service that is the control plane. */
  service: string
  /** Names under which services reach the API server, and its port. */
  hostnames: string[]
  port: number
  /** Where the control plane leaves the admin's kubeconfig. */
  kubeconfigs: string[]
  /** What the control plane shares with other services. */
  mounts: ComposeMount[]
  /** Flags that mean nothing here, for the record. */
  ignored: string[]
}

/** The distribution that an image is a node of. */
export function distributionOf(image: string | undefined): ForeignCluster['distribution'] | undefined {
  const name = image?.replace(/^docker\.io\//, '').replace(/[:@].*$/, '')
  if (name === undefined) return undefined
  if (/(^|\/)(rancher\/|k3s-io\/)?k3s$/.test(name)) return 'k3s'
  if (/(^|\/)kindest\/node$/.test(name)) return 'kind'
  return /(^|\/)(k0sproject\/)?k0s$/.test(name) ? 'k0s' : undefined
}

/** Whether a service is the cluster, a node of it, or neither. */
export function isClusterService(service: ComposeService): boolean {
  return distributionOf(service.image) !== undefined
}

/** Understands the services that are a cluster: one server and its agents. */
export function readCluster(file: ComposeFile): { cluster: ForeignCluster | undefined; problems: LineProblem[] } {
  const services = file.services.filter(isClusterService)
  if (services.length === 0) return { cluster: undefined, problems: [] }
  const problems: LineProblem[] = []
  const members = services.map((service) => readMember(service, problems))
  const servers = members.filter(({ isAgent }) => !isAgent)
  const [server, second] = servers
  const [first] = services
  if (!server) {
    problems.push({
      line: first?.line ?? 1,
      message: 'there are agents and no server: expected one service that is the control plane',
    })
    return { cluster: undefined, problems }
  }
  if (second) {
    problems.push({
      line: second.service.line,
      message: `${second.service.name} is a second control plane beside ${server.service.name}; one is supported`,
    })
  }
  const ordered = [server, ...members.filter(({ isAgent }) => isAgent)]
  const names = ordered.map(({ node }) => node.name)
  for (const { node, service } of ordered) {
    if (names.filter((name) => name === node.name).length > 1) {
      problems.push({ line: service.line, message: `there are two nodes called ${node.name}` })
    }
  }
  const tag = /:([^@]+)/.exec(server.service.image ?? '')?.[1]
  return {
    cluster: {
      distribution: server.distribution,
      version: tag,
      minor: /^v?(1\.\d+)/.exec(tag ?? '')?.[1],
      nodes: ordered.map(({ node }) => node),
      brings: server.brings,
      service: server.service.name,
      hostnames: ordered.flatMap(({ service }) => service.hostnames),
      port: server.port,
      kubeconfigs: server.kubeconfigs,
      mounts: server.service.mounts,
      ignored: ordered.flatMap(({ ignored }) => ignored),
    },
    problems,
  }
}

/** Where k3s finds manifests that it applies by itself. */
export function isManifestFolder(distribution: ForeignCluster['distribution'], place: string): boolean {
  return distribution === 'k3s' && /^\/var\/lib\/rancher\/k3s\/server\/manifests(\/|$)/.test(place)
}

/** What a distribution reads its own settings, images and keys from. */
const ownFolders = /^\/(etc\/(rancher|kubernetes|k0s|containerd)|var\/lib\/(rancher|k0s|kubelet|containerd)|kind)(\/|$)/

/** The words that start a cluster, out of the shell that may be around them; a script there is a problem. */
function startWords(service: ComposeService, problems: LineProblem[]): string[] {
  const words = [...(service.entrypoint ?? []), ...(service.command ?? [])]
  const shell = words.findIndex((word, i) => /(^|\/)(ba|a|da)?sh$/.test(word) && /^-\w*c$/.test(words[i + 1] ?? ''))
  const line = shell < 0 ? undefined : (words[shell + 2] ?? '').trim()
  const isScript = line !== undefined && /[;&|`\n]|\$\(/.test(line)
  const file = words.find((word) => word.endsWith('.sh'))
  if (isScript || file !== undefined) {
    problems.push({
      line: service.commandLine,
      message: `${service.name} starts with a script, which the cluster that stands in does not run; let another service do its work`,
    })
    return []
  }
  return line === undefined ? words : (splitWords(line) ?? [])
}

interface Member {
  service: ComposeService
  distribution: ForeignCluster['distribution']
  isAgent: boolean
  node: NodeSpec
  brings: AddonName[]
  port: number
  kubeconfigs: string[]
  ignored: string[]
}

function readMember(service: ComposeService, problems: LineProblem[]): Member {
  const distribution = distributionOf(service.image) ?? 'k3s'
  const words = startWords(service, problems)
  const flags = readFlags(words)
  const { environment } = service
  const isAgent =
    words.some((word) => word === 'agent' || word === 'worker') ||
    (distribution === 'k3s' && environment['K3S_URL'] !== undefined && !words.includes('server'))
  const node: NodeSpec = {
    name: nodeName(flags.get('node-name')?.at(-1) ?? environment['K3S_NODE_NAME'] ?? service.hostname ?? service.name),
    labels: {},
    taints: [],
    capacity: {},
  }
  const disabled = new Set((flags.get('disable') ?? []).flatMap((value) => value.split(',')))
  const member: Member = {
    service,
    distribution,
    isAgent,
    node,
    brings: distribution === 'k3s' ? k3sBrings(disabled, flags) : [],
    port: Number(flags.get('https-listen-port')?.[0] ?? 6443),
    kubeconfigs: [],
    ignored: [],
  }
  for (const [name, values] of flags) readFlag(member, name, values, problems)
  if (distribution === 'k3s') {
    const told = flags.get('write-kubeconfig')?.[0] ?? flags.get('output')?.[0] ?? environment['K3S_KUBECONFIG_OUTPUT']
    member.kubeconfigs = [told ?? '/etc/rancher/k3s/k3s.yaml']
  } else member.kubeconfigs = distribution === 'kind' ? ['/etc/kubernetes/admin.conf'] : ['/var/lib/k0s/pki/admin.conf']
  for (const mount of service.mounts) {
    if (mount.kind !== 'bind' || !ownFolders.test(mount.target) || isManifestFolder(distribution, mount.target))
      continue
    problems.push({
      line: mount.line,
      message: `${service.name} is replaced by a cluster of ours, which does not read ${mount.target}`,
    })
  }
  return member
}

function readFlag(member: Member, name: string, values: string[], problems: LineProblem[]): void {
  const { service, node } = member
  const problem = (message: string): void => void problems.push({ line: service.commandLine, message })
  if (name === 'node-label' || name === 'labels') {
    for (const pair of values.flatMap((value) => value.split(','))) {
      const [key = '', value = ''] = pair.split('=')
      node.labels[key] = value
    }
  } else if (name === 'node-taint' || name === 'taints') {
    for (const text of values.flatMap((value) => value.split(','))) {
      const found = /^([^=:\s]+)(?:=([^:\s]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/.exec(text)
      if (found) {
        const effect = found[3] as NodeSpec['taints'][number]['effect']
        node.taints.push({ key: found[1] ?? '', ...(found[2] ? { value: found[2] } : {}), effect })
      } else problem(`${service.name}: expected a taint KEY=VALUE:EFFECT, got ${JSON.stringify(text)}`)
    }
  } else if (decisive.has(name)) {
    problem(`${service.name}: --${name} changes how the cluster works, and the cluster that stands in cannot do so`)
  } else if (!understood.has(name)) member.ignored.push(`--${name}`)
}

/** What k3s has unless it is switched off. */
function k3sBrings(disabled: ReadonlySet<string>, flags: ReadonlyMap<string, string[]>): AddonName[] {
  const all: [AddonName, boolean][] = [
    ['network-policy', flags.has('disable-network-policy')],
    ['metrics-server', disabled.has('metrics-server')],
    ['storage', disabled.has('local-storage')],
    ['ingress', disabled.has('traefik')],
  ]
  return all.filter(([, isOff]) => !isOff).map(([name]) => name)
}

/** `--name=value`, `--name value` and `--name`; flags may come more than once. */
function readFlags(words: readonly string[]): Map<string, string[]> {
  const flags = new Map<string, string[]>()
  for (let i = 0; i < words.length; i++) {
    const found = /^--?([a-zA-Z][\w-]*)(?:=([\s\S]*))?$/.exec(words[i] ?? '')
    if (!found) continue
    const name = found[1] ?? ''
    const next = words[i + 1]
    const value = found[2] ?? (next !== undefined && !next.startsWith('-') ? next : '')
    flags.set(name, [...(flags.get(name) ?? []), value])
  }
  return flags
}

function nodeName(text: string): string {
  return text.toLowerCase().replaceAll('_', '-')
}

const understood = new Set(
  (
    'disable disable-network-policy write-kubeconfig write-kubeconfig-mode output tls-san token token-file server node-name ' +
    'node-label node-taint labels taints https-listen-port single enable-worker config cluster-init'
  ).split(' '),
)

/** Flags without which the task would be another task. */
const decisive = new Set(
  (
    'kube-apiserver-arg kube-controller-manager-arg kube-scheduler-arg kubelet-arg kube-proxy-arg disable-kube-proxy ' +
    'disable-scheduler disable-agent cluster-domain cluster-dns datastore-endpoint'
  ).split(' '),
)
