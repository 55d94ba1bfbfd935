import { mustRun, runCommand } from '../../harness/base/command.ts'
import { InputError } from '../../harness/base/errors.ts'
import { ensureImages } from '../images/ensure-images.ts'
import { reachableRegistry } from '../images/registry/registries.ts'
import { nodeVersions } from '../node/versions.ts'
import type { ContainerEngine } from './engine.ts'
import { ensureNodeImage } from './node-image/node-image.ts'
import { officialImages } from './official-images.ts'

export interface ChosenImage {
  /** What kind is given; the engine has it. */
  ref: string
  /** kindest/node, or the image made here. */
  isOfficial: boolean
}

/** The Kubernetes minors that kind can be asked for: those that work on every machine, then those that a registry has. */
export const kindMinors: string[] = [
  ...new Set([...Object.keys(nodeVersions), ...Object.keys(officialImages).toSorted().toReversed()]),
]

/**
 * Makes the engine have a node image of a Kubernetes minor: the official one where it is there already or a registry
 * is reachable, one made here otherwise.
 */
export async function chooseNodeImage(
  minor: string,
  engine: ContainerEngine,
  options: { onProgress: (line: string) => void; signal?: AbortSignal },
): Promise<ChosenImage> {
  const official = officialImages[minor]
  if (official !== undefined) {
    if (await hasImage(engine, official)) return { ref: official, isOfficial: true }
    if (await reachableRegistry('docker.io')) {
      return { ref: await fetchOfficial(engine, official, options), isOfficial: true }
    }
  }
  if (!nodeVersions[minor]) {
    const made = Object.keys(nodeVersions).join(', ')
    throw new InputError([`kubernetes ${minor}: docker.io is not reachable, and only ${made} can be made here`])
  }
  const made = await ensureNodeImage(minor, options)
  if (!(await hasImage(engine, made.tag))) {
    options.onProgress(`loading the node image into ${engine.name}`)
    await mustRun([engine.program, 'load', '--input', made.archive], { env: engine.env, timeoutMs: 300_000 })
  }
  return { ref: made.tag, isOfficial: false }
}

async function hasImage(engine: ContainerEngine, ref: string): Promise<boolean> {
  const answer = await runCommand([engine.program, 'image', 'inspect', '--format', '{{.Id}}', ref], { env: engine.env })
  return answer.exitCode === 0
}

/** Our own daemon has no way out of its network: it gets the image as a file. */
async function fetchOfficial(
  engine: ContainerEngine,
  ref: string,
  options: { onProgress: (line: string) => void; signal?: AbortSignal },
): Promise<string> {
  if (!engine.own) {
    options.onProgress(`pulling ${ref}`)
    await mustRun([engine.program, 'pull', '--quiet', ref], { env: engine.env, timeoutMs: 900_000 })
    return ref
  }
  const tag = ref.slice(0, ref.indexOf('@'))
  if (await hasImage(engine, tag)) return tag
  const [image] = await ensureImages([`docker.io/${tag}`], options)
  await mustRun([engine.program, 'load', '--input', image?.archive ?? ''], { env: engine.env, timeoutMs: 300_000 })
  return tag
}
