import { InputError, messageOf } from '../../harness/base/errors.ts'
import { whyNoGo } from './build-go-program.ts'
import { findRecipe } from './catalog/catalog.ts'
import { whyNoDebianPackages } from './debian-mirror.ts'
import { formatImageRef, parseImageRef, type ImageRef } from './image-ref.ts'
import type { ImageRecipe } from './image-recipe.ts'
import { isMade, makeImage, recipeNames } from './make-image.ts'
import { findPulled, pullImage } from './registry/pull-image.ts'
import { reachableRegistry } from './registry/registries.ts'
import type { RegistryClient } from './registry/registry-client.ts'

/** An image as a file that containerd and Docker import. */
export interface ImageArchive {
  /** The full name that was asked for; of several that share the archive, one. */
  ref: string
  /** All full names that the archive carries. */
  tags: string[]
  archive: string
  /** Names the archive in the cache. */
  key: string
  source: 'pulled' | 'made'
  /** What someone who knows the real image would notice; empty for a pulled one. */
  differs: string[]
}

export interface EnsureOptions {
  onProgress?: (line: string) => void
  signal?: AbortSignal
}

/**
 * The archives of images: pulled where a registry is reachable, made otherwise, from the cache the next time.
 * Names that share an image share its archive. All that cannot be had is named in one error, before work starts.
 */
export async function ensureImages(refs: string[], options: EnsureOptions = {}): Promise<ImageArchive[]> {
  const plans = await Promise.all([...new Set(refs)].map(planImage))
  const problems = plans.flatMap((plan) => (plan.how === 'impossible' ? [plan.problem] : []))
  if (problems.length > 0) throw new InputError(problems, { hint: 'docs/images.md lists the images that can be made' })
  const pulls = plans.filter((plan) => plan.how === 'pull')
  const makes = plans.filter((plan) => plan.how === 'make')
  const pulled = await allOrFirstError(pulls.map((plan) => pull(plan, options)))
  const made: ImageArchive[] = []
  for (const plan of makes) {
    options.signal?.throwIfAborted()
    made.push(await make(plan, options))
  }
  return [...new Map([...pulled, ...made].map((image) => [image.archive, image])).values()]
}

/** What keeps images from being had here, one line each; fast, because nothing is built or fetched. */
export async function imageProblems(refs: string[]): Promise<string[]> {
  const plans = await Promise.all([...new Set(refs)].map(planImage))
  return plans.flatMap((plan) => (plan.how === 'impossible' ? [plan.problem] : []))
}

type ImagePlan =
  | { how: 'pull'; ref: ImageRef; client: RegistryClient | undefined }
  | { how: 'make'; ref: ImageRef; recipe: ImageRecipe }
  | { how: 'impossible'; problem: string }

async function planImage(text: string): Promise<ImagePlan> {
  let ref: ImageRef
  try {
    ref = parseImageRef(text)
  } catch (error) {
    return { how: 'impossible', problem: messageOf(error) }
  }
  if (await findPulled(ref)) return { how: 'pull', ref, client: undefined }
  const registry = isOurs(ref) ? { absence: 'it is one of ours' } : await askRegistry(ref)
  if ('client' in registry) return { how: 'pull', ref, client: registry.client }
  const recipe = findRecipe(formatImageRef(ref))
  if (recipe === undefined) {
    const problem = `image ${text}: ${registry.absence}, and there is no recipe for making it here`
    return { how: 'impossible', problem }
  }
  const obstacle = (await isMadeAlready(recipe)) ? undefined : await whyNotMakeable(recipe)
  if (obstacle === undefined) return { how: 'make', ref, recipe }
  return { how: 'impossible', problem: `image ${text}: ${registry.absence}, and it cannot be made here: ${obstacle}` }
}

/** Names under docker.io/kubemend are made here and nowhere else, whoever owns them in public. */
function isOurs(ref: ImageRef): boolean {
  return ref.registry === 'docker.io' && ref.repository.startsWith('kubemend/')
}

async function askRegistry(ref: ImageRef): Promise<{ client: RegistryClient } | { absence: string }> {
  const client = await reachableRegistry(ref.registry)
  if (client === undefined) return { absence: `${ref.registry} is not reachable` }
  try {
    const isThere = await client.hasManifest(ref.repository, ref.digest ?? ref.tag ?? 'latest')
    return isThere ? { client } : { absence: `${ref.registry} has no such image` }
  } catch (error) {
    return { absence: messageOf(error) }
  }
}

/** A recipe whose tools are missing cannot even be named, and then it is not in the cache either. */
async function isMadeAlready(recipe: ImageRecipe): Promise<boolean> {
  return isMade(recipe).catch(() => false)
}

async function whyNotMakeable(recipe: ImageRecipe): Promise<string | undefined> {
  const kinds = new Set(recipe.layers.map((layer) => layer.kind))
  return (
    (kinds.has('debian') ? await whyNoDebianPackages() : undefined) ?? (kinds.has('go') ? await whyNoGo() : undefined)
  )
}

async function pull(plan: ImagePlan & { how: 'pull' }, { onProgress, signal }: EnsureOptions): Promise<ImageArchive> {
  const ref = formatImageRef(plan.ref)
  if (plan.client) onProgress?.(`pulling ${ref}`)
  const image = plan.client ? await pullImage(plan.client, plan.ref, signal) : await findPulled(plan.ref)
  return { ref, tags: [ref], ...image!, source: 'pulled', differs: [] }
}

async function make(
  { ref, recipe }: ImagePlan & { how: 'make' },
  { onProgress, signal }: EnsureOptions,
): Promise<ImageArchive> {
  if (!(await isMade(recipe))) onProgress?.(`making ${recipe.names[0]} (${effort(recipe)})`)
  const image = await makeImage(recipe, signal)
  return { ref: formatImageRef(ref), tags: recipeNames(recipe), ...image, source: 'made', differs: recipe.differs }
}

/** Waits for all, so that nothing goes on in the background after the first error is told. */
async function allOrFirstError<T>(work: Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work)
  return Promise.all(work)
}

/** What making it means, so that nobody wonders why it takes a while. */
function effort(recipe: ImageRecipe): string {
  const isBuilt = recipe.layers.some((layer) => layer.kind === 'go')
  return isBuilt ? 'from Go source, up to two minutes the first time' : 'from Debian packages, some seconds'
}
