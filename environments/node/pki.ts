import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { stringify } from 'yaml'
import { mustRun } from '../../harness/base/command.ts'
import { inside, type NodeSlot } from './components.ts'

/**
 * Makes a cluster's certificates and kubeconfigs with kubeadm, into the control plane's /var/lib/kubernetes;
 * workers get what they need into theirs.
 */
export async function createPki(options: {
  bin: string
  kubernetesVersion: string
  slots: NodeSlot[]
  /** Names of the API server beside the loopback's. */
  names: string[]
  kubernetesDir: (node: string) => string
}): Promise<void> {
  const [controlPlane, ...workers] = options.slots
  if (!controlPlane) throw new TypeError('a cluster has at least one node')
  const dir = options.kubernetesDir(controlPlane.spec.name)
  await mkdir(path.join(dir, 'pki'), { recursive: true, mode: 0o700 })
  const configFile = path.join(dir, 'kubeadm.yaml')
  await writeFile(configFile, kubeadmConfig(controlPlane, options, path.join(dir, 'pki')))
  const kubeadm = path.join(options.bin, 'kubeadm')
  await mustRun([kubeadm, 'init', 'phase', 'certs', 'all', '--config', configFile])
  const user = async (file: string, name: string, organization?: string): Promise<void> => {
    const org = organization === undefined ? [] : ['--org', organization]
    const made = await mustRun([kubeadm, 'kubeconfig', 'user', '--config', configFile, '--client-name', name, ...org])
    await writeFile(file, made.stdout, { mode: 0o600 })
  }
  await Promise.all([
    mustRun([kubeadm, 'init', 'phase', 'kubeconfig', 'all', '--config', configFile, '--kubeconfig-dir', dir]),
    user(path.join(dir, 'kube-proxy.conf'), 'system:kube-proxy'),
    ...workers.map(async (slot) => {
      const workerDir = options.kubernetesDir(slot.spec.name)
      await mkdir(path.join(workerDir, 'pki'), { recursive: true, mode: 0o700 })
      await user(path.join(workerDir, 'kubelet.conf'), `system:node:${slot.spec.name}`, 'system:nodes')
    }),
  ])
  for (const slot of workers) {
    const workerDir = options.kubernetesDir(slot.spec.name)
    await writeFile(path.join(workerDir, 'pki', 'ca.crt'), await readFile(path.join(dir, 'pki', 'ca.crt')))
    await writeFile(path.join(workerDir, 'kube-proxy.conf'), await readFile(path.join(dir, 'kube-proxy.conf')), {
      mode: 0o600,
    })
  }
}

/** The admin's kubeconfig for use on the host: the same identity, the server on loopback. */
export async function writeHostKubeconfig(adminConf: string, file: string, port: number): Promise<void> {
  const text = await readFile(adminConf, 'utf8')
  const draft = `${file}.draft`
  await writeFile(draft, text.replace(/server: .*/, `server: https://127.0.0.1:${port}`), { mode: 0o600 })
  await rename(draft, file)
}

function kubeadmConfig(
  controlPlane: NodeSlot,
  { kubernetesVersion, names }: { kubernetesVersion: string; names: string[] },
  certificatesDir: string,
): string {
  const documents = [
    {
      apiVersion: 'kubeadm.k8s.io/v1beta4',
      kind: 'InitConfiguration',
      localAPIEndpoint: { advertiseAddress: inside.controlPlaneIp, bindPort: 6443 },
      nodeRegistration: { name: controlPlane.spec.name },
    },
    {
      apiVersion: 'kubeadm.k8s.io/v1beta4',
      kind: 'ClusterConfiguration',
      kubernetesVersion: `v${kubernetesVersion}`,
      certificatesDir,
      encryptionAlgorithm: 'ECDSA-P256',
      networking: { serviceSubnet: inside.serviceCidr, podSubnet: inside.podCidr },
      apiServer: { certSANs: ['127.0.0.1', 'localhost', ...names] },
      etcd: { external: { endpoints: ['http://127.0.0.1:2379'] } },
    },
  ]
  return documents.map((document) => stringify(document)).join('---\n')
}
