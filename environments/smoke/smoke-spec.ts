import { addonNames, type AddonName, type ClusterSpec } from '../provider.ts'
import { images } from './pods.ts'

/** The resource that only the worker has, two of them: what scheduling checks compete for. */
export const fakeResource = 'example.com/widget'

/** A cluster on which every check means something. */
export function smokeSpec(name: string, options: { addons?: AddonName[]; kubernetes?: string } = {}): ClusterSpec {
  return {
    name,
    kubernetes: options.kubernetes ?? '1.35',
    nodes: [
      { name: 'control-plane', labels: {}, taints: [], capacity: {} },
      { name: 'worker-1', labels: { 'example.com/disk': 'ssd' }, taints: [], capacity: { [fakeResource]: '2' } },
    ],
    addons: options.addons ?? [...addonNames],
    images: Object.values(images),
  }
}
