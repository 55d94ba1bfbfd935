import { mkdtempSync } from 'node:fs'
import { readFile, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { unpackTar } from 'modern-tar'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { TestRegistry } from './registry/test-registry.ts'

const cache = mkdtempSync(path.join(os.tmpdir(), 'kubemend-images-'))
process.env['KUBEMEND_CACHE'] = cache
const { ensureImages, imageProblems } = await import('./ensure-images.ts')

const ociManifest = 'application/vnd.oci.image.manifest.v1+json'
const ociIndex = 'application/vnd.oci.image.index.v1+json'
const architecture = process.arch === 'x64' ? 'amd64' : process.arch

let registry: TestRegistry
beforeEach(async () => {
  registry = await TestRegistry.start()
  vi.stubEnv('KUBEMEND_OFFLINE', '')
  vi.stubEnv('KUBEMEND_REGISTRY_MIRROR', '')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await registry[Symbol.asyncDispose]()
})
afterAll(() => rm(cache, { recursive: true, force: true }))

/** An image of two layers for this machine and one for another, behind an index. */
function addImage(repository: string, tag: string): { layers: string[]; index: string } {
  const layers = [registry.addBlob(`first layer of ${repository}`), registry.addBlob('x'.repeat(100_000))]
  const config = registry.addBlob(JSON.stringify({ architecture, os: 'linux', config: { Cmd: ['run'] } }))
  const mine = registry.addManifest(repository, 'mine', ociManifest, {
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: layers.map((layer) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...layer })),
  })
  const { digest } = registry.addManifest(repository, tag, ociIndex, {
    manifests: [
      {
        mediaType: ociManifest,
        digest: `sha256:${'0'.repeat(64)}`,
        size: 1,
        platform: { os: 'linux', architecture: 's390x' },
      },
      { mediaType: ociManifest, ...mine, platform: { os: 'linux', architecture } },
    ],
  })
  return { layers: layers.map((layer) => layer.digest), index: digest }
}

async function filesOf(archive: string): Promise<Map<string, Buffer>> {
  const entries = await unpackTar(await readFile(archive))
  return new Map(entries.map(({ header, data }) => [header.name, Buffer.from(data ?? [])]))
}

async function cachedImages(): Promise<string[]> {
  return readdir(path.join(cache, 'images')).catch(() => [])
}

describe('pulling', () => {
  test('takes this machine’s image out of an index and writes an archive with its names and blobs', async () => {
    addImage('app', 'v1')
    const ref = `${registry.host}/app:v1`
    const [image] = await ensureImages([ref])
    expect(image).toMatchObject({ ref, tags: [ref], source: 'pulled', differs: [] })
    const files = await filesOf(image!.archive)
    const index = JSON.parse(files.get('index.json')!.toString()) as {
      manifests: { annotations: object; digest: string }[]
    }
    expect(index.manifests[0]!.annotations).toEqual({
      'io.containerd.image.name': ref,
      'org.opencontainers.image.ref.name': 'v1',
    })
    const [docker] = JSON.parse(files.get('manifest.json')!.toString()) as [{ RepoTags: string[]; Layers: string[] }]
    expect(docker.RepoTags).toEqual([ref])
    expect(docker.Layers.map((layer) => files.get(layer)!.length)).toEqual([18, 100_000])
    expect([...files.keys()].filter((name) => name.startsWith('blobs/'))).toHaveLength(4)
  })

  test('asks nothing the second time', async () => {
    addImage('app', 'v2')
    const ref = `${registry.host}/app:v2`
    const [first] = await ensureImages([ref])
    const asked = registry.requests.length
    const [second] = await ensureImages([ref])
    expect(registry.requests.length).toBe(asked)
    expect(second).toEqual(first)
  })

  test('goes through the mirror, which is told the registry that is meant', async () => {
    vi.stubEnv('KUBEMEND_REGISTRY_MIRROR', `${registry.url}/`)
    addImage('library/shop', 'latest')
    const [image] = await ensureImages(['shop'])
    expect(image!.ref).toBe('docker.io/library/shop:latest')
    expect(registry.requests).toContain('HEAD /v2/library/shop/manifests/latest?ns=docker.io')
  })

  test('follows a token challenge once per repository', async () => {
    registry.wantsToken = true
    addImage('app', 'v3')
    await ensureImages([`${registry.host}/app:v3`])
    expect(registry.tokensGiven).toBe(1)
  })

  test('takes a digest for a name', async () => {
    const { index } = addImage('app', 'v4')
    const [image] = await ensureImages([`${registry.host}/app@${index}`])
    expect(image!.ref).toBe(`${registry.host}/app@${index}`)
  })

  test('tries again when a transfer breaks off', async () => {
    const { layers } = addImage('app', 'v5')
    registry.truncate.set(layers[1]!, 2)
    await expect(ensureImages([`${registry.host}/app:v5`])).resolves.toHaveLength(1)
  })

  test('gives up on a blob that is always cut short, and keeps nothing of it', async () => {
    const { layers } = addImage('app', 'v6')
    registry.truncate.set(layers[1]!, 99)
    const before = await cachedImages()
    await expect(ensureImages([`${registry.host}/app:v6`])).rejects.toThrow(`${layers[1]} did not arrive intact`)
    expect(await cachedImages()).toEqual(before)
  })

  test('refuses a blob whose bytes are not those of its digest', async () => {
    const { layers } = addImage('app', 'v7')
    registry.corrupt.add(layers[0]!)
    await expect(ensureImages([`${registry.host}/app:v7`])).rejects.toThrow(`${layers[0]} did not arrive intact`)
  })

  test('refuses a manifest whose bytes are not those of its digest', async () => {
    const { index } = addImage('app', 'v8')
    registry.replaceManifest('app', index, { manifests: [] })
    await expect(ensureImages([`${registry.host}/app@${index}`])).rejects.toThrow('did not arrive intact')
  })

  test('says so when there is no image for this machine', async () => {
    registry.addManifest('app', 'v9', ociIndex, { manifests: [{ platform: { os: 'windows', architecture } }] })
    await expect(ensureImages([`${registry.host}/app:v9`])).rejects.toThrow(`there is none for linux/${architecture}`)
  })
})

describe('problems', () => {
  test('name every image that cannot be had, all at once and before anything is fetched', async () => {
    vi.stubEnv('KUBEMEND_REGISTRY_MIRROR', registry.url)
    addImage('library/shop', 'good')
    const problems = await imageProblems([
      'shop:good',
      'shop:typo',
      'Not An Image',
      'busybox:1.36.1',
      'kubemend/none:1',
    ])
    expect(problems).toEqual([
      'image shop:typo: docker.io has no such image, and there is no recipe for making it here',
      'image "Not An Image": expected [registry/]name[:tag][@sha256:digest]',
      'image kubemend/none:1: it is one of ours, and there is no recipe for making it here',
    ])
    expect(registry.requests.filter((request) => request.startsWith('GET /v2/library'))).toEqual([])
    await expect(ensureImages(['shop:good', 'shop:typo'])).rejects.toMatchObject({ code: 'bad-input' })
  })

  test('are found without a word to any registry when offline', async () => {
    vi.stubEnv('KUBEMEND_OFFLINE', '1')
    vi.stubEnv('KUBEMEND_REGISTRY_MIRROR', registry.url)
    expect(await imageProblems(['example/none:1'])).toEqual([
      'image example/none:1: docker.io is not reachable, and there is no recipe for making it here',
    ])
    expect(registry.requests).toEqual([])
  })

  test('are found soon when a registry does not answer', async () => {
    vi.stubEnv('KUBEMEND_REGISTRY_MIRROR', 'http://127.0.0.1:1')
    const started = performance.now()
    expect(await imageProblems(['example/a:1', 'example/b:1'])).toHaveLength(2)
    expect(performance.now() - started).toBeLessThan(2500)
  })
})
