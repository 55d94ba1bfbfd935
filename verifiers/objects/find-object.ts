import { collectionPath, type ApiResource, type KubeClient, type KubeObject } from '../../harness/base/kube-client.ts'
import { findKind } from '../../harness/base/kube-kinds.ts'
import { notMet, type Verdict, type VerifyContext } from '../verifier.ts'

/** An object by its kind and name, `deployment/checkout`; a verdict when the cluster has none. */
export async function findObject(
  context: VerifyContext,
  reference: string,
  namespace: string | undefined,
): Promise<KubeObject | Verdict> {
  const { word, name } = splitReference(reference)
  const resource = await findResource(context.client, word)
  if (!resource) return notMet(`the cluster serves no kind called ${word}`)
  const where = resource.isNamespaced ? (namespace ?? 'default') : undefined
  const found = await context.client.find(`${collectionPath(resource, where)}/${name}`, { signal: context.signal })
  return found ?? notMet(`there is no ${resource.kind.toLowerCase()}/${name}${inWords(where)}`)
}

/** The kind that a person means by a word: kind, plural or short name, with or without its group. */
export async function findResource(client: KubeClient, word: string): Promise<ApiResource | undefined> {
  return pick(await client.resources(), word) ?? pick(await client.resources({ isFresh: true }), word)
}

/** Takes `deployment/checkout` apart. */
export function splitReference(reference: string): { word: string; name: string } {
  const slash = reference.indexOf('/')
  return { word: reference.slice(0, slash), name: reference.slice(slash + 1) }
}

/** An object as sentences name it: `deployment/checkout`. */
export function nameOf(object: KubeObject): string {
  return `${object.kind.toLowerCase()}/${object.metadata.name}`
}

function pick(resources: readonly ApiResource[], word: string): ApiResource | undefined {
  const builtIn = findKind(word)
  if (builtIn) return resources.find(({ kind, group }) => kind === builtIn.kind && group === builtIn.group)
  const [name = '', ...groupParts] = word.toLowerCase().split('.')
  const wanted = groupParts.join('.')
  return resources.find(
    ({ kind, plural, group }) =>
      (kind.toLowerCase() === name || plural === name) && (wanted === '' || group === wanted),
  )
}

function inWords(namespace: string | undefined): string {
  return namespace === undefined ? '' : ` in namespace ${namespace}`
}
