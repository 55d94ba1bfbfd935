import { stringify } from 'yaml'
import type { NodeSpec } from '../provider.ts'
import { sizeOf, type NodeSize } from './node-size.ts'

/** Addresses and folders inside a cluster: the same in every cluster, so that a snapshot needs no rewriting. */
export const inside = {
  controlPlaneIp: '10.200.0.2',
  nodePrefix: '10.200.0.',
  podCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/16',
  apiServiceIp: '10.96.0.1',
  dnsIp: '10.96.0.10',
  kubernetes: '/var/lib/kubernetes',
  pki: '/var/lib/kubernetes/pki',
  /** Which pod addresses are taken. */
  addresses: '/run/cni-ipam',
  bin: '/opt/node/bin',
  /** What the runtime of a restored node makes containers from. */
  runtimeSpec: '/var/lib/kubernetes/runtime-spec.json',
  keptLogHook: '/var/lib/kubernetes/hooks/kept-log',
} as const

export interface NodeSlot {
  spec: NodeSpec
  size: NodeSize
  index: number
  ip: string
  podCidr: string
  cgroup: string
}

/** The address, pod range and cgroup of each node, by its place in the spec. */
export function nodeSlots(cluster: string, nodes: NodeSpec[]): NodeSlot[] {
  return nodes.map((spec, index) => ({
    spec,
    size: sizeOf(spec),
    index,
    ip: `${inside.nodePrefix}${index + 2}`,
    podCidr: `10.244.${index}.0/24`,
    cgroup: `/kube-${cluster}/${spec.name}/pods`,
  }))
}

export function etcdCommand(): string[] {
  return [
    `${inside.bin}/etcd`,
    '--data-dir=/var/lib/etcd',
    '--unsafe-no-fsync',
    // it elects itself after up to six heartbeats, and the API server waits for that
    '--heartbeat-interval=50',
    '--election-timeout=250',
    '--listen-client-urls=http://127.0.0.1:2379',
    '--advertise-client-urls=http://127.0.0.1:2379',
    '--listen-peer-urls=http://127.0.0.1:2380',
    '--log-level=warn',
  ]
}

export function containerdCommand(): string[] {
  return [`${inside.bin}/containerd`, `--config=${inside.kubernetes}/containerd.toml`]
}

export function apiServerCommand(): string[] {
  const pki = inside.pki
  return [
    `${inside.bin}/kube-apiserver`,
    '--etcd-servers=http://127.0.0.1:2379',
    `--advertise-address=${inside.controlPlaneIp}`,
    '--secure-port=6443',
    // with the gate, which holds the port's one address that nodes know until the server is ready
    '--permit-port-sharing=true',
    `--service-cluster-ip-range=${inside.serviceCidr}`,
    `--client-ca-file=${pki}/ca.crt`,
    `--tls-cert-file=${pki}/apiserver.crt`,
    `--tls-private-key-file=${pki}/apiserver.key`,
    `--kubelet-client-certificate=${pki}/apiserver-kubelet-client.crt`,
    `--kubelet-client-key=${pki}/apiserver-kubelet-client.key`,
    `--kubelet-preferred-address-types=InternalIP`,
    `--service-account-key-file=${pki}/sa.pub`,
    `--service-account-signing-key-file=${pki}/sa.key`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--enable-bootstrap-token-auth=true',
    `--requestheader-client-ca-file=${pki}/front-proxy-ca.crt`,
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${pki}/front-proxy-client.crt`,
    `--proxy-client-key-file=${pki}/front-proxy-client.key`,
    '--enable-aggregator-routing=true',
    '--allow-privileged=true',
    '--profiling=false',
    `--audit-policy-file=${inside.kubernetes}/audit-policy.yaml`,
    '--audit-log-path=/var/log/kubernetes/audit.log',
  ]
}

export function controllerManagerCommand(): string[] {
  const config = `${inside.kubernetes}/controller-manager.conf`
  const pki = inside.pki
  return [
    `${inside.bin}/kube-controller-manager`,
    `--kubeconfig=${config}`,
    `--authentication-kubeconfig=${config}`,
    `--authorization-kubeconfig=${config}`,
    '--leader-elect=false',
    '--controllers=*,bootstrapsigner,tokencleaner',
    '--use-service-account-credentials=true',
    `--service-account-private-key-file=${pki}/sa.key`,
    `--root-ca-file=${pki}/ca.crt`,
    `--client-ca-file=${pki}/ca.crt`,
    `--cluster-signing-cert-file=${pki}/ca.crt`,
    `--cluster-signing-key-file=${pki}/ca.key`,
    `--requestheader-client-ca-file=${pki}/front-proxy-ca.crt`,
    '--allocate-node-cidrs=false',
    `--cluster-cidr=${inside.podCidr}`,
    `--service-cluster-ip-range=${inside.serviceCidr}`,
    '--horizontal-pod-autoscaler-sync-period=5s',
    '--kube-api-qps=200',
    '--kube-api-burst=400',
    '--profiling=false',
  ]
}

export function schedulerCommand(): string[] {
  const config = `${inside.kubernetes}/scheduler.conf`
  return [
    `${inside.bin}/kube-scheduler`,
    `--kubeconfig=${config}`,
    `--authentication-kubeconfig=${config}`,
    `--authorization-kubeconfig=${config}`,
    '--leader-elect=false',
    '--profiling=false',
  ]
}

export function kubeletCommand(slot: NodeSlot): string[] {
  return [
    `${inside.bin}/kubelet`,
    `--config=${inside.kubernetes}/kubelet.yaml`,
    `--kubeconfig=${inside.kubernetes}/kubelet.conf`,
    '--root-dir=/var/lib/kubelet',
    '--cert-dir=/var/lib/kubelet/pki',
    `--hostname-override=${slot.spec.name}`,
    `--node-ip=${slot.ip}`,
  ]
}

export function kubeProxyCommand(): string[] {
  return [`${inside.bin}/kube-proxy`, `--config=${inside.kubernetes}/kube-proxy.yaml`]
}

/** Configuration files of one node by path below /var/lib/kubernetes. */
export function nodeConfigFiles(slot: NodeSlot, options: RuntimeOptions): Record<string, string> {
  return {
    'containerd.toml': containerdConfig(options),
    'kubelet.yaml': stringify(kubeletConfig(slot)),
    'kube-proxy.yaml': stringify(kubeProxyConfig(slot)),
    'cni/10-pods.conflist': JSON.stringify(cniConfig(slot)),
  }
}

export interface RuntimeOptions {
  pauseImage: string
  mustRestrictOomScore: boolean
  isRestored: boolean
}

function containerdConfig(options: RuntimeOptions): string {
  return `version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
imports = []
disabled_plugins = [
  "io.containerd.internal.v1.opt", "io.containerd.internal.v1.tracing", "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.nri.v1.nri", "io.containerd.snapshotter.v1.blockfile", "io.containerd.snapshotter.v1.erofs",
  "io.containerd.snapshotter.v1.native", "io.containerd.differ.v1.erofs",
]
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.cri.v1.images"]
  discard_unpacked_layers = true
  use_local_image_pull = true
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = "${options.pauseImage}"
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = ${options.mustRestrictOomScore}
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["/opt/cni/bin", "${inside.kubernetes}/cni-bin"]
    conf_dir = "/var/lib/kubernetes/cni"
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"${options.isRestored ? `\n    base_runtime_spec = "${inside.runtimeSpec}"` : ''}
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
      BinaryName = "${inside.bin}/runc"
`
}

function kubeletConfig(slot: NodeSlot): Record<string, unknown> {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: slot.cgroup,
    authentication: {
      x509: { clientCAFile: `${inside.pki}/ca.crt` },
      anonymous: { enabled: false },
      webhook: { enabled: true },
    },
    authorization: { mode: 'Webhook' },
    clusterDNS: [inside.dnsIp],
    clusterDomain: 'cluster.local',
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    failSwapOn: false,
    resolvConf: '/etc/resolv.conf',
    // the machine's disk and memory are shared by many clusters: one of them must not evict for all
    evictionHard: { 'nodefs.available': '0%', 'imagefs.available': '0%', 'memory.available': '0%' },
    imageGCHighThresholdPercent: 100,
    oomScoreAdj: 0,
    registryPullQPS: 0,
    kubeAPIQPS: 200,
    kubeAPIBurst: 400,
    serializeImagePulls: false,
    fileCheckFrequency: '0s',
    syncFrequency: '10s',
    makeIPTablesUtilChains: false,
    shutdownGracePeriod: '0s',
    maxPods: 110,
  }
}

function kubeProxyConfig(slot: NodeSlot): Record<string, unknown> {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    clusterCIDR: inside.podCidr,
    clientConnection: { kubeconfig: `${inside.kubernetes}/kube-proxy.conf` },
    // zero leaves the machine's conntrack settings as they are
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    hostnameOverride: slot.spec.name,
    nftables: { syncPeriod: '30s', minSyncPeriod: '50ms' },
  }
}

function cniConfig(slot: NodeSlot): Record<string, unknown> {
  return {
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [
      {
        type: 'ptp',
        ipMasq: false,
        mtu: 1500,
        ipam: {
          type: 'kept-address',
          dataDir: inside.addresses,
          routes: [{ dst: '0.0.0.0/0' }],
          ranges: [[{ subnet: slot.podCidr }]],
        },
      },
      { type: 'portmap', backend: 'nftables', capabilities: { portMappings: true } },
    ],
  }
}
