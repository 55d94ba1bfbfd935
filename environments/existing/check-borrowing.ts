import { InputError } from '../../harness/base/errors.ts'
import type { KubeClient, KubeObject } from '../../harness/base/kube-client.ts'
import { addons } from '../addons/addon.ts'
import { findRecipe } from '../images/catalog/catalog.ts'
import { formatImageRef, parseImageRef } from '../images/image-ref.ts'
import { recipeNames } from '../images/make-image.ts'
import { reachableRegistry } from '../images/registry/registries.ts'
import { addonNames, type ClusterSpec, type NodeSpec } from '../provider.ts'

/** What a spec wants that a cluster which is only lent does not have; it is taken as it is or not at all. */
export async function borrowingProblems(client: KubeClient, spec: ClusterSpec): Promise<string[]> {
  const nodes = await client.list<NodeObject>('/api/v1/nodes')
  const asked = [versionProblems(client, spec), addonProblems(client, spec), imageProblems(nodes, spec)]
  return [...nodeProblems(nodes, spec), ...(await Promise.all(asked)).flat()]
}

/** Refuses a spec that no cluster could be, before any is asked. */
export function checkBorrowingSpec(spec: ClusterSpec): void {
  const problems: string[] = []
  if (!dnsLabel.test(spec.name)) {
    problems.push(`name ${JSON.stringify(spec.name)}: expected at most 63 lower-case letters, digits and dashes`)
  }
  if (spec.nodes.length === 0) problems.push('nodes: expected at least 1, found 0')
  const seen = new Set<string>()
  for (const [i, { name }] of spec.nodes.entries()) {
    if (!dnsLabel.test(name)) {
      problems.push(`nodes[${i}].name ${JSON.stringify(name)}: expected lower-case letters, digits and dashes`)
    }
    if (seen.has(name)) problems.push(`nodes[${i}].name ${name}: used twice`)
    seen.add(name)
  }
  for (const name of spec.addons) {
    if (!addonNames.includes(name)) problems.push(`addons: ${name}: expected one of ${addonNames.join(', ')}`)
  }
  if (problems.length > 0) throw new InputError(problems)
}

interface NodeObject extends KubeObject {
  spec: { taints?: NodeSpec['taints'] }
  status: { images?: { names?: string[] }[]; capacity?: Record<string, string> }
}

const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

async function versionProblems(client: KubeClient, { kubernetes }: ClusterSpec): Promise<string[]> {
  const { major, minor } = await client.get<{ major: string; minor: string }>('/version')
  const has = `${major}.${minor.replace(/\D+$/, '')}`
  return has === kubernetes ? [] : [`kubernetes: ${kubernetes} is wanted, and the cluster has ${has}`]
}

/** Names matter only where a spec says something about the node. */
function nodeProblems(nodes: NodeObject[], spec: ClusterSpec): string[] {
  const problems: string[] = []
  if (spec.nodes.length > nodes.length) {
    problems.push(`nodes: ${spec.nodes.length} are wanted, and the cluster has ${nodes.length}`)
  }
  for (const wanted of spec.nodes) {
    const lacks = whatLacks(
      nodes.find((node) => node.metadata.name === wanted.name),
      wanted,
    )
    if (lacks.length > 0) problems.push(`nodes: ${wanted.name} should have ${lacks.join(', ')}, and has not`)
  }
  return problems
}

function whatLacks(node: NodeObject | undefined, { labels, taints, capacity }: NodeSpec): string[] {
  const missing = (wanted: Record<string, string>, there: Record<string, string> | undefined): string[] =>
    Object.entries(wanted).flatMap(([name, value]) => (there?.[name] === value ? [] : [`${name}=${value}`]))
  const hasTaint = (key: string): boolean => (node?.spec.taints ?? []).some((taint) => taint.key === key)
  return [
    ...missing(labels, node?.metadata.labels),
    ...missing(capacity, node?.status.capacity),
    ...taints.filter(({ key }) => !hasTaint(key)).map(({ key }) => `the taint ${key}`),
  ]
}

/** Add-ons are not namespaced, so they are not installed; where they work already that is fine. */
async function addonProblems(client: KubeClient, spec: ClusterSpec): Promise<string[]> {
  const answers = await Promise.all(
    spec.addons.map(async (name) => {
      const missing = await addons[name].isReady(client).catch(() => 'it is not there')
      return missing === undefined ? [] : [`addons: the cluster does not have ${name} (${missing})`]
    }),
  )
  return answers.flat()
}

/** An image is either on the nodes, or in a registry that is reachable from here and so probably from there. */
async function imageProblems(nodes: NodeObject[], spec: ClusterSpec): Promise<string[]> {
  const answers = await Promise.all(
    spec.images.map(async (text) => {
      const ref = parseImageRef(text)
      const name = formatImageRef(ref)
      if (nodes.every((node) => hasImage(node, name))) return []
      const registry = await reachableRegistry(ref.registry)
      const tag = ref.digest ?? ref.tag ?? 'latest'
      const isPullable = (await registry?.hasManifest(ref.repository, tag).catch(() => false)) ?? false
      return isPullable ? [] : [`image ${text}: it is neither on every node nor in a registry that is reachable`]
    }),
  )
  return answers.flat()
}

/** Nodes report five names of an image at most: one that has more is known by another of its names, too. */
function hasImage({ status }: NodeObject, name: string): boolean {
  const recipe = findRecipe(name)
  const aliases = recipe ? recipeNames(recipe) : []
  return (status.images ?? []).some(({ names = [] }) => {
    const isCutOff = names.length >= 5
    return names.includes(name) || (isCutOff && aliases.some((alias) => names.includes(alias)))
  })
}
