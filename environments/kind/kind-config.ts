import type { ClusterSpec, NodeSpec } from '../provider.ts'
import type { NodeSize } from '../node/node-size.ts'

export interface KindConfigOptions {
  image: string
  /** Host paths of what is mounted into the control plane. */
  auditPolicy: string
  auditDir: string
  /** Host paths of what tells each node its size, by node name. */
  sizes: Record<string, { meminfo: string; processors?: string; numa?: string }>
  /** A host folder with kubeadm's patches for the control plane's pods. */
  patches: string
  /** A host file with the control plane's pod range, for node images of our own. */
  podRange?: string
  /** 'none' leaves the nodes without a pod network, for a CNI of the caller's. */
  cni: 'default' | 'none'
}

/** The configuration that `kind create cluster` is given, in its v1alpha4 format. */
export function kindConfig(spec: ClusterSpec, options: KindConfigOptions): Record<string, unknown> {
  const dialect = kubeadmDialect(spec.kubernetes)
  return {
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    networking: {
      apiServerAddress: '127.0.0.1',
      // the same as on the embedded cluster
      podSubnet: '10.244.0.0/16',
      serviceSubnet: '10.96.0.0/16',
      kubeProxyMode: 'nftables',
      ...(options.cni === 'none' ? { disableDefaultCNI: true } : {}),
    },
    kubeadmConfigPatches: [JSON.stringify(kubeletPatch)],
    kubeadmConfigPatchesJSON6902: [
      {
        group: 'kubeadm.k8s.io',
        version: dialect.version,
        kind: 'ClusterConfiguration',
        patch: JSON.stringify(clusterPatch(dialect)),
      },
    ],
    nodes: spec.nodes.map((node, index) => ({
      role: index === 0 ? 'control-plane' : 'worker',
      image: options.image,
      extraMounts: [...(index === 0 ? controlPlaneMounts(options) : []), ...sizeMounts(node, options)],
      kubeadmConfigPatches: ['InitConfiguration', 'JoinConfiguration'].map((kind) =>
        JSON.stringify({
          kind,
          nodeRegistration: registration(node, index === 0, spec.nodes.length === 1),
          ...(index === 0 ? { patches: { directory: patchesInside } } : {}),
        }),
      ),
    })),
  }
}

/**
 * Patches for kubeadm, by file name: it has the control plane's pods wait ten seconds before they are asked whether
 * they are ready.
 */
export function controlPlanePatches(): Record<string, string> {
  const pods = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']
  const startupProbe = { initialDelaySeconds: 0, periodSeconds: 1, failureThreshold: 240 }
  return Object.fromEntries(
    pods.map((name) => [`${name}+strategic.json`, JSON.stringify({ spec: { containers: [{ name, startupProbe }] } })]),
  )
}

/** What a node's /proc/meminfo says of its size. */
export function meminfoOf({ memoryKb }: NodeSize): string {
  const free = ['MemTotal', 'MemFree', 'MemAvailable'].map((name) => `${name}: ${memoryKb} kB\n`)
  const none = ['Buffers', 'Cached', 'SwapTotal', 'SwapFree'].map((name) => `${name}: 0 kB\n`)
  return [...free, ...none].join('')
}

/**
 * Nodes are called what the spec calls them, not what their containers are called, and only a worker's taints are
 * there from the first moment: kind itself takes the control plane's away where it is alone, and fails without one.
 */
function registration(node: NodeSpec, isControlPlane: boolean, isAlone: boolean): Record<string, unknown> {
  if (isControlPlane) return { name: node.name, ...(isAlone ? {} : { taints: [] }) }
  return { name: node.name, taints: node.taints }
}

interface Dialect {
  version: 'v1beta3' | 'v1beta4'
  /** The operation that gives a component one more argument. */
  addArgument: (component: string, name: string, value: string) => Record<string, unknown>
}

/** kind 0.33 writes kubeadm's v1beta3, with arguments as a map, before Kubernetes 1.36, and v1beta4, with a list, since. */
function kubeadmDialect(minor: string): Dialect {
  const isOld = Number(minor.split('.')[1]) < 36
  return {
    version: isOld ? 'v1beta3' : 'v1beta4',
    addArgument: (component, name, value) => {
      const path = `/${component}/extraArgs`
      return isOld
        ? { op: 'add', path: `${path}/${name}`, value }
        : { op: 'add', path: `${path}/-`, value: { name, value } }
    },
  }
}

const auditPolicyInside = '/etc/kubernetes/audit-policy.yaml'
const patchesInside = '/kind/patches'
const auditDirInside = '/var/log/kubernetes'

function clusterPatch({ version, addArgument }: Dialect): Record<string, unknown>[] {
  const noFsync = version === 'v1beta3' ? { 'unsafe-no-fsync': 'true' } : [{ name: 'unsafe-no-fsync', value: 'true' }]
  return [
    addArgument('apiServer', 'audit-policy-file', auditPolicyInside),
    addArgument('apiServer', 'audit-log-path', `${auditDirInside}/audit.log`),
    {
      op: 'add',
      path: '/apiServer/extraVolumes',
      value: [
        {
          name: 'audit-policy',
          hostPath: auditPolicyInside,
          mountPath: auditPolicyInside,
          readOnly: true,
          pathType: 'File',
        },
        { name: 'audit-log', hostPath: auditDirInside, mountPath: auditDirInside, pathType: 'DirectoryOrCreate' },
      ],
    },
    addArgument('controllerManager', 'horizontal-pod-autoscaler-sync-period', '5s'),
    // a cluster that lives for minutes need not survive a power cut
    { op: 'add', path: '/etcd', value: { local: { extraArgs: noFsync } } },
  ]
}

const kubeletPatch = {
  kind: 'KubeletConfiguration',
  failCgroupV1: false,
  // the machine is shared by many clusters: one of them must not evict for all
  evictionHard: {
    'memory.available': '0%',
    'nodefs.available': '0%',
    'nodefs.inodesFree': '0%',
    'imagefs.available': '0%',
  },
  registryPullQPS: 0,
  serializeImagePulls: false,
  syncFrequency: '10s',
}

interface Mount {
  hostPath: string
  containerPath: string
  readOnly?: true
}

function controlPlaneMounts(options: KindConfigOptions): Mount[] {
  return [
    { hostPath: options.auditPolicy, containerPath: auditPolicyInside, readOnly: true },
    { hostPath: options.auditDir, containerPath: auditDirInside },
    { hostPath: options.patches, containerPath: patchesInside, readOnly: true },
    ...(options.podRange === undefined
      ? []
      : [{ hostPath: options.podRange, containerPath: '/kind/pod-range', readOnly: true as const }]),
  ]
}

function sizeMounts(node: NodeSpec, { sizes }: KindConfigOptions): Mount[] {
  const size = sizes[node.name]
  const mounts = [
    { hostPath: size?.meminfo, containerPath: '/proc/meminfo' },
    { hostPath: size?.processors, containerPath: '/sys/devices/system/cpu' },
    { hostPath: size?.numa, containerPath: '/sys/devices/system/node' },
  ]
  return mounts.flatMap(({ hostPath, containerPath }) =>
    hostPath === undefined ? [] : [{ hostPath, containerPath, readOnly: true as const }],
  )
}
