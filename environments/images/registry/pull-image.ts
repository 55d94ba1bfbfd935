import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { cached, cachedDir, isCached, keyOf } from '../../../harness/base/cache.ts'
import { formatImageRef, type ImageRef } from '../image-ref.ts'
import { archiveName, type MadeImage } from '../make-image.ts'
import { writeOciArchive, type Blob } from '../oci-archive.ts'
import { type RegistryClient, RegistryError } from './registry-client.ts'

/** A pulled image of the cache: what a tag meant when it was first pulled. */
export async function findPulled(ref: ImageRef): Promise<MadeImage | undefined> {
  const key = pulledKey(ref)
  return (await isCached('images', key))
    ? { archive: path.join(cachedDir('images', key), archiveName), key }
    : undefined
}

/** Fetches this machine's variant of an image and writes it as an archive; every byte is checked against its digest. */
export async function pullImage(client: RegistryClient, ref: ImageRef, signal?: AbortSignal): Promise<MadeImage> {
  const key = pulledKey(ref)
  const dir = await cached('images', key, async (draft) => {
    const manifest = await fetchManifest(client, ref, signal)
    const { config, layers } = readManifest(manifest, ref)
    const fetched = new Map<string, Blob>()
    await Promise.all(
      [config, ...layers].map(async (descriptor) => {
        fetched.set(descriptor.digest, await fetchBlob(client, ref, descriptor, draft, signal))
      }),
    )
    const blobOf = ({ digest }: Descriptor): Blob => fetched.get(digest)!
    const image = { manifest, config: blobOf(config), layers: layers.map(blobOf) }
    await writeOciArchive(image, [formatImageRef(ref)], path.join(draft, archiveName))
    await Promise.all([...fetched.keys()].map((digest) => rm(blobFile(draft, digest), { force: true })))
    const facts = { names: [formatImageRef(ref)], manifest: manifest.digest, packages: [] }
    await writeFile(path.join(draft, 'image.json'), `${JSON.stringify(facts, undefined, 2)}\n`)
  })
  return { archive: path.join(dir, archiveName), key }
}

interface Descriptor {
  mediaType: string
  digest: string
  size: number
  platform?: { os: string; architecture: string; variant?: string }
}

function pulledKey(ref: ImageRef): string {
  return keyOf(['pulled 1', formatImageRef(ref), process.arch])
}

/** The manifest for this machine, through the index where there is one. */
async function fetchManifest(client: RegistryClient, ref: ImageRef, signal: AbortSignal | undefined): Promise<Blob> {
  const name = formatImageRef(ref)
  const top = await fetchDocument(client, ref, ref.digest ?? ref.tag ?? 'latest', ref.digest, signal)
  const { manifests } = parseJson(top) as { manifests?: Descriptor[] }
  if (manifests === undefined) return top
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  const mine = manifests.find(({ platform }) => platform?.os === 'linux' && platform.architecture === architecture)
  if (!mine) throw new RegistryError(`image ${name}: there is none for linux/${architecture}`)
  return fetchDocument(client, ref, mine.digest, mine.digest, signal)
}

async function fetchDocument(
  client: RegistryClient,
  ref: ImageRef,
  reference: string,
  expected: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Blob> {
  const { bytes, mediaType } = await client.manifest(ref.repository, reference, signal)
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  if (expected !== undefined && digest !== expected) throw corrupt(ref, expected, `the manifest's digest is ${digest}`)
  return { digest, size: bytes.length, mediaType, source: { bytes } }
}

function readManifest(manifest: Blob, ref: ImageRef): { config: Descriptor; layers: Descriptor[] } {
  const { config, layers } = parseJson(manifest) as { config?: Descriptor; layers?: Descriptor[] }
  if (!config || !layers) {
    throw new RegistryError(
      `image ${formatImageRef(ref)}: its manifest (${manifest.mediaType}) has no config and layers`,
    )
  }
  const strange = [config, ...layers].find(({ digest }) => !/^sha256:[0-9a-f]{64}$/.test(digest))
  if (strange) throw new RegistryError(`image ${formatImageRef(ref)}: ${strange.digest} is not a sha256 digest`)
  return { config, layers }
}

async function fetchBlob(
  client: RegistryClient,
  ref: ImageRef,
  { digest, size, mediaType }: Descriptor,
  dir: string,
  signal: AbortSignal | undefined,
): Promise<Blob> {
  const file = blobFile(dir, digest)
  let problem = ''
  for (let attempt = 1; attempt <= 3; attempt++) {
    problem = await download(await client.blob(ref.repository, digest, signal), file, digest, size, signal)
    if (problem === '') return { digest, size, mediaType, source: { file } }
  }
  throw corrupt(ref, digest, problem)
}

/** Writes a stream to a file and tells what is wrong with it: nothing, where size and digest are the expected ones. */
async function download(
  content: ReadableStream<Uint8Array>,
  file: string,
  digest: string,
  size: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  try {
    const source = Readable.fromWeb(content as Parameters<typeof Readable.fromWeb>[0])
    await pipeline(source, createWriteStream(file), ...(signal ? [{ signal }] : []))
  } catch (error) {
    signal?.throwIfAborted()
    return `the transfer broke off (${error instanceof Error ? error.message : String(error)})`
  }
  const hash = createHash('sha256')
  let length = 0
  for await (const chunk of createReadStream(file)) {
    hash.update(chunk as Buffer)
    length += (chunk as Buffer).length
  }
  if (length !== size) return `${length} bytes came instead of ${size}`
  const actual = `sha256:${hash.digest('hex')}`
  return actual === digest ? '' : `its digest is ${actual}`
}

function corrupt(ref: ImageRef, digest: string, how: string): RegistryError {
  return new RegistryError(`image ${formatImageRef(ref)}: ${digest} did not arrive intact: ${how}`)
}

function blobFile(dir: string, digest: string): string {
  return path.join(dir, digest.replace(':', '-'))
}

function parseJson(blob: Blob): unknown {
  if (!('bytes' in blob.source)) return undefined
  try {
    return JSON.parse(Buffer.from(blob.source.bytes).toString('utf8'))
  } catch (error) {
    throw new RegistryError(`the registry's answer ${blob.digest} is not JSON`, { cause: error })
  }
}
