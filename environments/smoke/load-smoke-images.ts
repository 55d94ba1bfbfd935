import { ensureImages } from '../images/ensure-images.ts'
import { normalizeImageRef } from '../images/image-ref.ts'
import type { Cluster } from '../provider.ts'
import { images } from './pods.ts'

/** Puts the images of the checks onto a cluster's nodes, as far as its spec did not and its provider can. */
export async function loadSmokeImages(cluster: Cluster, onProgress: (line: string) => void): Promise<void> {
  if (!cluster.capabilities.loadImage) return
  const there = new Set(cluster.spec.images.map(normalizeImageRef))
  const missing = Object.values(images).filter((image) => !there.has(normalizeImageRef(image)))
  if (missing.length > 0) onProgress(`loading ${missing.join(', ')}`)
  for (const { archive } of await ensureImages(missing, { onProgress })) {
    await cluster.loadImage(archive)
  }
}
