import { createHash } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { unpackTar } from 'modern-tar'
import { afterAll, expect, test } from 'vitest'
import type { ImageRecipe } from './image-recipe.ts'

const cache = mkdtempSync(path.join(os.tmpdir(), 'kubemend-make-'))
process.env['KUBEMEND_CACHE'] = cache
const { isMade, makeImage } = await import('./make-image.ts')
afterAll(() => rm(cache, { recursive: true, force: true }))

const recipe: ImageRecipe = {
  names: ['example/app:1', 'example/app:1.0'],
  standsInFor: ['example/app:latest'],
  summary: 'for this test',
  differs: [],
  layers: [
    { kind: 'files', files: { '/etc/motd': { content: 'hello' }, '/data': { folder: true, uid: 999, gid: 999 } } },
    {
      kind: 'files',
      files: { '/bin/start': { content: '#!/bin/sh\n', mode: 0o755 }, '/start': { link: 'bin/start' } },
    },
  ],
  config: { Entrypoint: ['/start'], ExposedPorts: ['80/tcp'], Env: ['MODE=test'], StopSignal: 'SIGQUIT' },
}

interface Index {
  manifests: { digest: string; size: number; annotations: Record<string, string> }[]
}
interface Manifest {
  config: { digest: string }
  layers: { digest: string; mediaType: string }[]
}

async function filesOf(archive: string): Promise<Map<string, Buffer>> {
  const entries = await unpackTar(await readFile(archive))
  return new Map(entries.map(({ header, data }) => [header.name, Buffer.from(data ?? [])]))
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

test('an archive is an OCI layout whose every blob has the digest it is named by', async () => {
  const files = await filesOf((await makeImage(recipe)).archive)
  const json = (name: string): unknown => JSON.parse(files.get(name)!.toString())
  const blob = (digest: string): string => `blobs/${digest.replace(':', '/')}`
  for (const [name, bytes] of files) {
    if (name.startsWith('blobs/sha256/')) expect(name).toBe(`blobs/sha256/${digestOf(bytes)}`)
  }
  const { manifests } = json('index.json') as Index
  expect(manifests.map(({ annotations }) => annotations['io.containerd.image.name'])).toEqual([
    'docker.io/example/app:1',
    'docker.io/example/app:1.0',
    'docker.io/example/app:latest',
  ])
  expect(new Set(manifests.map(({ digest }) => digest)).size).toBe(1)
  const manifest = json(blob(manifests[0]!.digest)) as Manifest
  const config = json(blob(manifest.config.digest)) as { rootfs: { diff_ids: string[] }; config: object }
  expect(config.rootfs.diff_ids).toEqual(manifest.layers.map(({ digest }) => digest))
  expect(config.config).toEqual({
    Entrypoint: ['/start'],
    StopSignal: 'SIGQUIT',
    ExposedPorts: { '80/tcp': {} },
    Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'MODE=test'],
  })
})

test('the same recipe gives the same bytes again', async () => {
  const first = await makeImage(recipe)
  const digest = digestOf(await readFile(first.archive))
  await rm(cache, { recursive: true })
  expect(await isMade(recipe)).toBe(false)
  const second = await makeImage(recipe)
  expect(second.key).toBe(first.key)
  expect(digestOf(await readFile(second.archive))).toBe(digest)
})

test('one changed byte in a file, a tag or the configuration makes another image', async () => {
  const { key } = await makeImage(recipe)
  const changes: Partial<ImageRecipe>[] = [
    { layers: [{ kind: 'files', files: { '/etc/motd': { content: 'hellO' } } }] },
    { names: ['example/app:2'] },
    { config: { ...recipe.config, User: '1' } },
  ]
  const keys = await Promise.all(changes.map(async (change) => (await makeImage({ ...recipe, ...change })).key))
  expect(new Set([key, ...keys]).size).toBe(4)
})

test('images with the same lowest layers share them', async () => {
  const other = await makeImage({ ...recipe, names: ['example/other:1'], layers: recipe.layers.slice(0, 1) })
  const [mine, others] = await Promise.all(
    [makeImage(recipe), other].map(async (image) => filesOf((await image).archive)),
  )
  const layers = (files: Map<string, Buffer>): string[] =>
    (JSON.parse(files.get('manifest.json')!.toString()) as [{ Layers: string[] }])[0].Layers
  expect(layers(mine!)[0]).toBe(layers(others!)[0])
})
