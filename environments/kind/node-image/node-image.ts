import { createHash } from 'node:crypto'
import { chmod, cp, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { cached, isCached, keyOf } from '../../../harness/base/cache.ts'
import { mustRun } from '../../../harness/base/command.ts'
import { packageRoot } from '../../../harness/base/package-root.ts'
import { ensureImages } from '../../images/ensure-images.ts'
import { layerIngredients } from '../../images/make-layer.ts'
import { blobOf, descriptorOf, writeOciArchive, type Blob } from '../../images/oci-archive.ts'
import { ensureBinaries, type Binaries } from '../../node/binaries.ts'
import { linkImageStore } from '../../node/image-store.ts'
import { controlPlaneImageNames, makeControlPlaneImage, toolLayers } from './control-plane-image.ts'
import { fillImageStore, shareProgramsWith } from './fill-image-store.ts'
import { packTree } from './pack-tree.ts'
import { placePrograms } from './place-programs.ts'
import { ensureUserland } from './userland.ts'

export interface NodeImage {
  /** What `kind create cluster --image` is given; it carries the image's key. */
  tag: string
  /** A file that `docker load` and `podman load` take. */
  archive: string
  key: string
}

/**
 * A node image of our own with the contract of kindest/node, for machines that reach no image registry: Debian with
 * systemd, the binaries of the embedded cluster, and the control plane's images unpacked. Stock kind works with it.
 */
export async function ensureNodeImage(
  minor: string,
  options: { onProgress?: (line: string) => void; signal?: AbortSignal } = {},
): Promise<NodeImage> {
  const say = options.onProgress ?? (() => undefined)
  const signal = options.signal ? { signal: options.signal } : {}
  const binaries = await ensureBinaries(minor, say)
  const { pauseImage, corednsImage } = binaries.versions
  const images = await ensureImages([pauseImage, corednsImage], { onProgress: say, ...signal })
  const key = await nodeImageKey(
    binaries,
    images.map((image) => image.key),
  )
  const tag = `kubemend/kind-node:v${binaries.versions.kubernetes}-${key.slice(0, 8)}`
  if (!(await isCached(kind, key))) say('making a node image for kind from Debian packages (about a minute, once)')
  const dir = await cached(kind, key, async (draft) => {
    const work = path.join(draft, 'work')
    await mkdir(work)
    const userland = await ensureUserland(options.signal)
    say('userland made')
    const controlPlane = await makeControlPlaneImage(binaries, work, options.signal)
    say('control plane image made')
    const tree = await makeNodeTree(binaries, [controlPlane, ...images.map((image) => image.archive)], work)
    say('image store filled')
    const layer = await packTree(tree, work)
    await writeOciArchive(imageOf([userland, layer]), [`docker.io/${tag}`], path.join(draft, archiveName))
    await mustRun(['rm', '--recursive', work])
  })
  return { tag, archive: path.join(dir, archiveName), key }
}

const kind = 'kind-node-images'
const archiveName = 'image.tar'
const filesDir = path.join(packageRoot, 'environments/kind/node-image/files')
/** Where the images' snapshots are on a node: outside /var, which kind makes a volume and Docker would copy. */
const storeOnNode = '/opt/images'

async function nodeImageKey(binaries: Binaries, imageKeys: string[]): Promise<string> {
  return keyOf(['node image 1', binaries.bin, imageKeys, await layerIngredients(toolLayers), await filesDigest()])
}

/** Everything a node has on top of its userland. */
async function makeNodeTree(binaries: Binaries, archives: string[], work: string): Promise<string> {
  const tree = path.join(work, 'node')
  const bin = path.join(tree, 'usr/bin')
  await cp(filesDir, tree, { recursive: true })
  for (const script of await readdir(path.join(tree, 'usr/local/bin'))) {
    await chmod(path.join(tree, 'usr/local/bin', script), 0o755)
  }
  await fillIn(tree, binaries)
  await mkdir(bin, { recursive: true })
  const programs = ['kubelet', 'kubeadm', 'kubectl', 'containerd', 'containerd-shim-runc-v2', 'ctr', 'runc']
  await placePrograms(binaries.bin, programs, bin)
  await mkdir(path.join(tree, 'opt/cni/bin'), { recursive: true })
  await placePrograms(path.join(binaries.bin, 'cni'), cniPlugins, path.join(tree, 'opt/cni/bin'))
  await enableServices(tree)
  const store = path.join(tree, storeOnNode)
  await mkdir(store, { recursive: true })
  await fillImageStore(binaries.bin, store, archives)
  await linkImageStore(store, storeOnNode, path.join(tree, 'var/lib/containerd'))
  await shareProgramsWith(bin, store)
  return tree
}

const cniPlugins = ['bridge', 'host-local', 'loopback', 'portmap', 'ptp']

/** The places in the files that depend on the version. */
async function fillIn(tree: string, { versions }: Binaries): Promise<void> {
  const kubeProxy = controlPlaneImageNames(versions).find((name) => name.includes('kube-proxy')) ?? ''
  await writeFile(path.join(tree, 'kind/version'), `v${versions.kubernetes}\n`)
  for (const file of ['etc/containerd/config.toml', 'kind/manifests/default-cni.yaml']) {
    const text = await readFile(path.join(tree, file), 'utf8')
    const filled = text.replace('@PAUSE_IMAGE@', versions.pauseImage).replace('@KUBE_PROXY_IMAGE@', kubeProxy)
    await writeFile(path.join(tree, file), filled)
  }
}

async function enableServices(tree: string): Promise<void> {
  const wants = path.join(tree, 'etc/systemd/system/multi-user.target.wants')
  await mkdir(wants, { recursive: true })
  for (const unit of ['containerd.service', 'kubelet.service']) {
    await symlink(`/etc/systemd/system/${unit}`, path.join(wants, unit))
  }
  await mkdir(path.join(tree, 'etc/kubernetes/manifests'), { recursive: true })
}

function imageOf(layers: Blob[]): { manifest: Blob; config: Blob; layers: Blob[] } {
  const config = {
    created: new Date(0).toISOString(),
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: {
      Entrypoint: ['/usr/local/bin/entrypoint', '/sbin/init'],
      Env: ['container=docker', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      // what systemd takes for an orderly shutdown
      StopSignal: 'SIGRTMIN+3',
    },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.digest) },
  }
  const configBlob = blobOf(Buffer.from(JSON.stringify(config)), 'application/vnd.oci.image.config.v1+json')
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptorOf(configBlob),
    layers: layers.map(descriptorOf),
  }
  return { manifest: blobOf(Buffer.from(JSON.stringify(manifest)), manifest.mediaType), config: configBlob, layers }
}

async function filesDigest(): Promise<string> {
  const hash = createHash('sha256')
  const sources = [filesDir, import.meta.dirname]
  for (const dir of sources) {
    const found = await readdir(dir, { recursive: dir === filesDir, withFileTypes: true })
    for (const entry of found.filter((one) => one.isFile() && !one.name.includes('.test.'))) {
      const file = path.join(entry.parentPath, entry.name)
      hash.update(`${path.relative(filesDir, file)}\0`).update(await readFile(file))
    }
  }
  return hash.digest('hex')
}
