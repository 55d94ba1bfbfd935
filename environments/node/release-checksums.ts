/** Digest algorithm and hexadecimal digest. */
export type Checksum = `sha256:${string}` | `sha512:${string}`

/**
 * Every file that is downloaded, and what its bytes must be: the one place where releases are pinned.
 * Kubernetes' come from its CHANGELOG, Go's from go.dev/dl, the others from what each project publishes beside its
 * release. A file that is not listed is not downloaded: what it holds is built here instead.
 */
export const releaseChecksums: Readonly<Record<string, Checksum>> = {
  'https://dl.k8s.io/v1.35.4/kubernetes-server-linux-amd64.tar.gz':
    'sha512:7454c2d9023de3230972e965e1e2a587a291e2a1abee703bb0737057e1646b23ebac538b93dd778e93579e3c293dc1fa8d002e6848ad5ebc01598bc47358fe44',
  'https://dl.k8s.io/v1.35.4/kubernetes-server-linux-arm64.tar.gz':
    'sha512:67187a2fe780be7816f9d10e082ed02cbba306bab379980280d00ba4c4017ff53c50cd2ff81d248c91ddcc064276b8760e17c73a1a7da1d35067a6fc0ffbdc88',
  'https://dl.k8s.io/v1.34.7/kubernetes-server-linux-amd64.tar.gz':
    'sha512:baaf8dd4ff110a384e9dfe3db54a85a04223074fd13da32a38f9883a12b93bcd26ae4d666bbc2f37724f0a6631f3d2e4ddb97caaf909906711a824afd70cec81',
  'https://dl.k8s.io/v1.34.7/kubernetes-server-linux-arm64.tar.gz':
    'sha512:06fa3ac02fa8e90f406d2a054c85d11ad8e323b70aaf158acc0e68da3296490168ec2c7ee6f61bf4e3b14adad5f33f62feeeaf5974b9417b2d34a771e013d4f3',
  'https://github.com/etcd-io/etcd/releases/download/v3.6.6/etcd-v3.6.6-linux-amd64.tar.gz':
    'sha256:887afaa4a99f22d802ccdfbe65730a5e79aa5c9ce2c8799c67e9d804c50ecedb',
  'https://github.com/containerd/containerd/releases/download/v2.1.4/containerd-2.1.4-linux-amd64.tar.gz':
    'sha256:316d510a0428276d931023f72c09fdff1a6ba81d6cc36f31805fea6a3c88f515',
  'https://github.com/containerd/containerd/releases/download/v2.1.4/containerd-2.1.4-linux-arm64.tar.gz':
    'sha256:846d13bc2bf1c01ae2f20d13beb9b3a1e50b52c86e955b4ac7d658f5847f2b0e',
  'https://github.com/opencontainers/runc/releases/download/v1.3.3/runc.amd64':
    'sha256:8781ab9f71c12f314d21c8e85f13ca1a82d90cf475aa5131a7b543fcc5487543',
  'https://github.com/opencontainers/runc/releases/download/v1.3.3/runc.arm64':
    'sha256:3c9a8e9e6dafd00db61f4611692447ebab4a56388bae4f82192aed67b66df712',
  'https://github.com/containernetworking/plugins/releases/download/v1.8.0/cni-plugins-linux-amd64-v1.8.0.tgz':
    'sha256:ab3bda535f9d90766cccc90d3dddb5482003dd744d7f22bcf98186bf8eea8be6',
  'https://github.com/containernetworking/plugins/releases/download/v1.8.0/cni-plugins-linux-arm64-v1.8.0.tgz':
    'sha256:57ce466fc3b79db1f19b8f4c63e07a1112306efa53c94fe810a2150dd9e07ddb',
  'https://go.dev/dl/go1.26.1.linux-amd64.tar.gz':
    'sha256:031f088e5d955bab8657ede27ad4e3bc5b7c1ba281f05f245bcc304f327c987a',
  'https://go.dev/dl/go1.26.1.linux-arm64.tar.gz':
    'sha256:a290581cfe4fe28ddd737dde3095f3dbeb7f2e4065cab4eae44dfc53b760c2f7',
}
