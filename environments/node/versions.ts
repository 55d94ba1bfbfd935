/** One Kubernetes minor and everything that goes with it. A second minor is one more row, and its pins. */
export interface NodeVersions {
  kubernetes: string
  /** The release that is downloaded, and the image kubeadm asks for; a build links the one in `hyperkube/go.mod`. */
  etcd: string
  containerd: string
  /** Of the download: where programs are built here, runc and the CNI plugins are Debian's. */
  runc: string
  cni: string
  /** Whether `hyperkube/go.mod` names this Kubernetes; otherwise it can only be downloaded. */
  canBeBuilt: boolean
  /** The images that a cluster of this minor starts with. */
  pauseImage: string
  corednsImage: string
}

export const defaultMinor = '1.35'

const runtime = { containerd: '2.1.4', runc: '1.3.3', cni: '1.8.0' }
const images = {
  pauseImage: 'registry.k8s.io/pause:3.10.1',
  corednsImage: 'registry.k8s.io/coredns/coredns:v1.13.1',
}

export const nodeVersions: Record<string, NodeVersions> = {
  '1.35': { kubernetes: '1.35.4', etcd: '3.6.6', canBeBuilt: true, ...runtime, ...images },
  '1.34': { kubernetes: '1.34.7', etcd: '3.6.6', canBeBuilt: false, ...runtime, ...images },
}
