import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { blobOf, descriptorOf, writeOciArchive, type Blob } from '../../images/oci-archive.ts'
import type { LayerRecipe } from '../../images/image-recipe.ts'
import { makeLayer, type MadeLayer } from '../../images/make-layer.ts'
import type { Binaries } from '../../node/binaries.ts'
import { layerType, packTree } from './pack-tree.ts'
import { placePrograms } from './place-programs.ts'

/** The names that kubeadm's manifests ask for. */
export function controlPlaneImageNames({ kubernetes, etcd }: { kubernetes: string; etcd: string }): string[] {
  const components = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy']
  return [...components.map((name) => `registry.k8s.io/${name}:v${kubernetes}`), `registry.k8s.io/etcd:${etcd}-0`]
}

/**
 * One image under the names of all control plane components: a shell, the tools that kube-proxy calls, and every
 * Kubernetes program. kubeadm's manifests say which one is to run. Written as an archive into a folder.
 */
export async function makeControlPlaneImage(binaries: Binaries, dir: string, signal?: AbortSignal): Promise<string> {
  const tree = path.join(dir, 'root')
  await mkdir(path.join(tree, 'usr/local/bin'), { recursive: true })
  await placePrograms(binaries.bin, controlPlanePrograms, path.join(tree, 'usr/local/bin'))
  const tools = (await makeLayers(toolLayers, signal)).map(blobOfLayer)
  const layers = [...tools, await packTree(tree, dir)]
  const config = blobOf(Buffer.from(JSON.stringify(configOf(layers))), 'application/vnd.oci.image.config.v1+json')
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptorOf(config),
    layers: layers.map(descriptorOf),
  }
  const content = { manifest: blobOf(Buffer.from(JSON.stringify(manifest)), manifest.mediaType), config, layers }
  const archive = path.join(dir, 'control-plane.tar')
  await writeOciArchive(content, controlPlaneImageNames(binaries.versions), archive)
  return archive
}

const controlPlanePrograms = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'kubectl',
]

/** What the image's lower layers are made from; the node image's key has it in. */
export const toolLayers: LayerRecipe[] = [
  {
    kind: 'debian',
    packages: ['base-files', 'coreutils', 'dash', 'diffutils', 'iproute2', 'iptables', 'nftables'],
    without: ['debconf', 'init-system-helpers', 'install-info', 'libpam-modules', 'perl-base'],
    drop: ['/usr/lib/x86_64-linux-gnu/gconv/', '/usr/share/iptables/', '/usr/lib/python3/', '/usr/share/zoneinfo/'],
  },
  { kind: 'files', files: iptablesLinks() },
]

function iptablesLinks(): Record<string, { link: string }> {
  const names = ['iptables', 'ip6tables'].flatMap((tool) => [tool, `${tool}-save`, `${tool}-restore`])
  return Object.fromEntries(names.map((name) => [`/usr/sbin/${name}`, { link: 'xtables-nft-multi' }]))
}

async function makeLayers(recipes: LayerRecipe[], signal: AbortSignal | undefined): Promise<MadeLayer[]> {
  const below: { recipe: LayerRecipe; made: MadeLayer }[] = []
  for (const recipe of recipes) below.push({ recipe, made: await makeLayer(recipe, below, signal) })
  return below.map(({ made }) => made)
}

function blobOfLayer({ digest, size, file }: MadeLayer): Blob {
  return { digest, size, mediaType: layerType, source: { file } }
}

function configOf(layers: Blob[]): unknown {
  return {
    created: new Date(0).toISOString(),
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Env: ['PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['sh'] },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.digest) },
  }
}
