import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { cached, isCached, keyOf } from '../../harness/base/cache.ts'
import { normalizeImageRef } from './image-ref.ts'
import type { ImageConfig, ImageRecipe } from './image-recipe.ts'
import { layerIngredients, makeLayer, type MadeLayer } from './make-layer.ts'
import { blobOf, descriptorOf, writeOciArchive, type Blob, type ImageContent } from './oci-archive.ts'

/** Where a made image lies. */
export interface MadeImage {
  archive: string
  key: string
}

/** Makes an image from its recipe, unless the cache has it. */
export async function makeImage(recipe: ImageRecipe, signal?: AbortSignal): Promise<MadeImage> {
  const key = await recipeKey(recipe)
  const dir = await cached('images', key, async (draft) => {
    const layers = await makeLayers(recipe, signal)
    const image = assemble(recipe.config, layers)
    await writeOciArchive(image, recipeNames(recipe), path.join(draft, archiveName))
    const packages = layers.flatMap((layer) => layer.packages)
    const facts = { names: recipeNames(recipe), manifest: image.manifest.digest, packages }
    await writeFile(path.join(draft, 'image.json'), `${JSON.stringify(facts, undefined, 2)}\n`)
  })
  return { archive: path.join(dir, archiveName), key }
}

/** Whether the image has been made before. */
export async function isMade(recipe: ImageRecipe): Promise<boolean> {
  return isCached('images', await recipeKey(recipe))
}

/** All full names that an image made from this recipe answers to. */
export function recipeNames(recipe: ImageRecipe): string[] {
  return [...recipe.names, ...(recipe.standsInFor ?? [])].map(normalizeImageRef)
}

export const archiveName = 'image.tar'

/** What names the image in the cache: its tags, configuration and everything its layers are made from. */
async function recipeKey(recipe: ImageRecipe): Promise<string> {
  return keyOf(['image 1', recipeNames(recipe), recipe.config, await layerIngredients(recipe.layers)])
}

async function makeLayers(recipe: ImageRecipe, signal: AbortSignal | undefined): Promise<MadeLayer[]> {
  const below: { recipe: ImageRecipe['layers'][number]; made: MadeLayer }[] = []
  for (const layer of recipe.layers) below.push({ recipe: layer, made: await makeLayer(layer, below, signal) })
  return below.map(({ made }) => made)
}

function assemble(config: ImageConfig, layers: MadeLayer[]): ImageContent {
  const layerBlobs: Blob[] = layers.map(({ digest, size, file }) => ({
    digest,
    size,
    mediaType: 'application/vnd.oci.image.layer.v1.tar',
    source: { file },
  }))
  const configBlob = blobOf(
    Buffer.from(JSON.stringify(imageConfig(config, layers))),
    'application/vnd.oci.image.config.v1+json',
  )
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptorOf(configBlob),
    layers: layerBlobs.map(descriptorOf),
  }
  return {
    manifest: blobOf(Buffer.from(JSON.stringify(manifest)), manifest.mediaType),
    config: configBlob,
    layers: layerBlobs,
  }
}

function imageConfig(config: ImageConfig, layers: MadeLayer[]): unknown {
  const { ExposedPorts, Volumes, Env = [], ...rest } = config
  const hasPath = Env.some((line) => line.startsWith('PATH='))
  const created = new Date(0).toISOString()
  return {
    created,
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: {
      ...rest,
      Env: hasPath ? Env : [`PATH=${defaultPath}`, ...Env],
      ...(ExposedPorts ? { ExposedPorts: emptyObjects(ExposedPorts) } : {}),
      ...(Volumes ? { Volumes: emptyObjects(Volumes) } : {}),
    },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.digest) },
    history: layers.map(() => ({ created, created_by: 'kubemend' })),
  }
}

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

function emptyObjects(keys: string[]): Record<string, object> {
  return Object.fromEntries(keys.map((key) => [key, {}]))
}
