import { isConnectionError, KubeError, type KubeClient, type KubeObject } from '../../harness/base/kube-client.ts'
import { until } from '../../harness/base/retry.ts'
import type { AddonName, ClusterSpec } from '../provider.ts'
import { addons, type Addon } from './addon.ts'

/** Every add-on by name; `chooseAddons` knows another choice than the usual one. */
export type Addons = Record<AddonName, Addon>

/** The images of add-ons, which must be on every node before the add-ons are applied. */
export function addonImages(names: AddonName[], chosen: Addons = addons): string[] {
  return [...new Set(names.flatMap((name) => chosen[name].images))]
}

/** The rules to load in each node's network namespace before its first pod starts. */
export function addonBootRules(names: AddonName[], chosen: Addons = addons): string[] {
  return names.flatMap((name) => chosen[name].bootRules ?? [])
}

/** Applies the objects of a cluster's add-ons: first what others live in, then everything else at once. */
export async function applyAddons(client: KubeClient, spec: ClusterSpec, chosen: Addons = addons): Promise<void> {
  const objects = spec.addons.flatMap((name) => chosen[name].objects(spec))
  const grounds = objects.filter((object) => groundKinds.has(object.kind))
  await Promise.all(grounds.map((object) => applySoon(client, object)))
  await Promise.all(objects.filter((object) => !grounds.includes(object)).map((object) => applySoon(client, object)))
}

export interface WaitOptions {
  timeoutMs?: number
  signal?: AbortSignal
  chosen?: Addons
}

/** Waits until every add-on does its work; the error says what is missing. */
export async function waitForAddons(client: KubeClient, names: AddonName[], options: WaitOptions = {}): Promise<void> {
  await Promise.all(names.map((name) => waitForAddon(client, name, options)))
}

const groundKinds = new Set(['Namespace', 'CustomResourceDefinition', 'ServiceAccount', 'ConfigMap'])

/** In a cluster's first moments the server does not serve everything yet, and says so. */
async function applySoon(client: KubeClient, object: KubeObject): Promise<KubeObject> {
  return until(() => client.apply(object), {
    what: `the server to accept ${object.kind} ${object.metadata.name}`,
    timeoutMs: 20_000,
    intervalMs: 50,
    isTransient: (error) => isConnectionError(error) || (error instanceof KubeError && isPassing(error)),
  })
}

/** A namespace or a kind made a moment ago, or a server that is still starting; not a fault of the object. */
function isPassing(error: KubeError): boolean {
  return [403, 404, 409, 429, 500, 503].includes(error.status)
}

async function waitForAddon(client: KubeClient, name: AddonName, options: WaitOptions): Promise<void> {
  const probe = async (): Promise<true> => {
    const missing = await (options.chosen ?? addons)[name].isReady(client)
    if (missing !== undefined) throw new NotYet(missing)
    return true
  }
  await until(probe, {
    what: `the add-on ${name}`,
    timeoutMs: options.timeoutMs ?? 90_000,
    intervalMs: 100,
    isTransient: (error) => error instanceof NotYet || isConnectionError(error),
    ...(options.signal ? { signal: options.signal } : {}),
  })
}

class NotYet extends Error {}
