import { chmod, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { stringify } from 'yaml'
import { defaultAuditPolicy } from '../audit-policy.ts'
import { sizeOf } from '../node/node-size.ts'
import type { ClusterSpec } from '../provider.ts'
import { controlPlanePatches, kindConfig, meminfoOf, type KindConfigOptions } from './kind-config.ts'
import type { KindFolder } from './kind-folder.ts'

/** Writes what is mounted into the nodes, and the configuration for kind that mounts it. */
export async function writeNodeFiles(
  folder: KindFolder,
  spec: ClusterSpec,
  options: { image: string; isOfficial: boolean; cni: 'default' | 'none' },
): Promise<void> {
  await mkdir(folder.auditDir)
  // the API server writes as root, whoever started the cluster
  await chmod(folder.auditDir, 0o777)
  await writeFile(folder.auditPolicy, stringify(spec.auditPolicy ?? defaultAuditPolicy))
  const patches = path.join(folder.dir, 'patches')
  await mkdir(patches)
  for (const [name, text] of Object.entries(controlPlanePatches())) await writeFile(path.join(patches, name), text)
  const podRange = path.join(folder.dir, 'pod-range')
  const isRangeKnown = !options.isOfficial && options.cni === 'default'
  if (isRangeKnown) await writeFile(podRange, '10.244.0.0/24')
  const config = kindConfig(spec, {
    image: options.image,
    auditPolicy: folder.auditPolicy,
    auditDir: folder.auditDir,
    patches,
    sizes: await writeSizes(folder, spec),
    cni: options.cni,
    ...(isRangeKnown ? { podRange } : {}),
  })
  await writeFile(folder.configFile, stringify(config))
}

/** The files by which a node has the size of its spec, and the same size on every machine. */
async function writeSizes(folder: KindFolder, spec: ClusterSpec): Promise<KindConfigOptions['sizes']> {
  const sizes: KindConfigOptions['sizes'] = {}
  for (const node of spec.nodes) {
    const dir = folder.nodeDir(node.name)
    const size = sizeOf(node)
    const [meminfo, processors, numa] = ['meminfo', 'cpu', 'numa'].map((name) => path.join(dir, name)) as [
      string,
      string,
      string,
    ]
    await mkdir(numa, { recursive: true })
    await writeFile(meminfo, meminfoOf(size))
    await writeProcessors(processors, size.cpus)
    // elsewhere the engine is in a virtual machine, whose processors are not this machine's
    sizes[node.name] = process.platform === 'linux' ? { meminfo, processors, numa } : { meminfo }
  }
  return sizes
}

async function writeProcessors(dir: string, count: number): Promise<void> {
  await mkdir(dir)
  for (const name of ['online', 'possible', 'present']) await writeFile(path.join(dir, name), `0-${count - 1}\n`)
  for (let cpu = 0; cpu < count; cpu++) {
    const topology = path.join(dir, `cpu${cpu}`, 'topology')
    await mkdir(topology, { recursive: true })
    await writeFile(path.join(topology, 'core_id'), `${cpu}\n`)
    await writeFile(path.join(topology, 'physical_package_id'), '0\n')
  }
}
