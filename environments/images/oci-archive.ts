import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createTarPacker } from 'modern-tar'

/** A blob of an image, by the digest of its bytes. */
export interface Blob {
  digest: string
  size: number
  mediaType: string
  source: { file: string } | { bytes: Uint8Array }
}

export interface ImageContent {
  manifest: Blob
  config: Blob
  layers: Blob[]
}

/**
 * Writes one image under several names as a tar that is an OCI layout and a docker-archive at once:
 * `ctr images import`, `kind load image-archive` and `docker load` all take it, and digests stay as they are.
 */
export async function writeOciArchive(image: ImageContent, names: string[], file: string): Promise<void> {
  const { readable, controller } = createTarPacker()
  const written = pipeline(
    Readable.fromWeb(readable as Parameters<typeof Readable.fromWeb>[0]),
    createWriteStream(file),
  )
  const add = async (name: string, size: number, source: Blob['source']): Promise<void> => {
    const header = { name, size, type: 'file' as const, mode: 0o644, uid: 0, gid: 0, mtime: new Date(0) }
    const body = Writable.fromWeb(controller.add(header) as Parameters<typeof Writable.fromWeb>[0])
    await pipeline('file' in source ? createReadStream(source.file) : Readable.from([source.bytes]), body)
  }
  const addJson = (name: string, content: unknown): Promise<void> => {
    const bytes = Buffer.from(JSON.stringify(content))
    return add(name, bytes.length, { bytes })
  }
  await addJson('oci-layout', { imageLayoutVersion: '1.0.0' })
  await addJson('index.json', indexOf(image.manifest, names))
  await addJson('manifest.json', [dockerManifestOf(image, names)])
  const blobs = new Map([image.manifest, image.config, ...image.layers].map((blob) => [blob.digest, blob]))
  for (const digest of [...blobs.keys()].toSorted()) {
    const { size, source } = blobs.get(digest)!
    await add(blobPath(digest), size, source)
  }
  controller.finalize()
  await written
}

/** A blob of bytes in memory. */
export function blobOf(bytes: Uint8Array, mediaType: string): Blob {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  return { digest, size: bytes.length, mediaType, source: { bytes } }
}

/** How manifests point to a blob. */
export function descriptorOf({ mediaType, digest, size }: Blob): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest, size }
}

function indexOf(manifest: Blob, names: string[]): unknown {
  return {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: names.map((name) => ({
      ...descriptorOf(manifest),
      annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': tagOf(name) },
    })),
  }
}

function dockerManifestOf(image: ImageContent, names: string[]): unknown {
  return {
    Config: blobPath(image.config.digest),
    RepoTags: names.filter((name) => !name.includes('@')),
    Layers: image.layers.map((layer) => blobPath(layer.digest)),
  }
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`
}

function tagOf(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1)
}
