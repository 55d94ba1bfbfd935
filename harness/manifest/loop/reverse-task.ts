import type { KubeObject } from '../../base/kube-client.ts'
import { kindOf } from '../../base/kube-kinds.ts'
import { canonicalShape } from '../canonical.ts'
import { createDice } from '../generate/dice.ts'
import { changed, type Draft, type WrongDraft } from '../generate/draft.ts'
import { finishTask, type GeneratedTask } from '../generate/generate-dataset.ts'
import { nameObject } from '../parse-answer.ts'
import type { ObjectRequirement } from '../../task/manifest-spec.ts'
import { bareObject } from './bare-object.ts'
import { requirementsOf } from './requirements-of.ts'
import { wordRequirements } from './word-requirements.ts'

/** A task, or why these objects make none. */
export type Reversed = { task: GeneratedTask; problem?: undefined } | { problem: string; task?: undefined }

/**
 * Makes the request that objects are the answer to: what the server added and what is default anyway is taken off, and
 * all that is left is asked for, in words and as requirements.
 */
export function reverseTask(given: readonly KubeObject[], name: string): Reversed {
  const problem = given.map(unfitBecause).find((because) => because !== undefined)
  if (problem !== undefined) return { problem }
  const [first] = given
  if (!first) return { problem: 'there is no object in it' }
  const namespaces = [...new Set(given.flatMap(({ metadata }) => metadata.namespace ?? []))]
  if (namespaces.length > 1) return { problem: `its objects lie in several namespaces: ${namespaces.join(', ')}` }
  const isNamespaced = given.some((object) => kindOf(object)?.isNamespaced !== false)
  const home = isNamespaced ? homeOf(namespaces[0], name) : undefined
  const moved = given.map((object) => moveTo(bareObject(object), namespaces[0], home))
  const objects = moved.map((object) => requirementsOf(object, home))
  const dice = createDice(`reverse ${canonicalShape(moved)}`)
  const draft: Draft = {
    goals: goalsOf(objects, home),
    facts: objects.flatMap((wanted) => wordRequirements(wanted, objects.length === 1)),
    spec: { ...(home === undefined ? {} : { namespace: home }), objects },
    reference: moved,
    wrong: mistakes(moved, objects),
  }
  const level = draft.facts.length < 4 ? 'basic' : draft.facts.length < 10 ? 'intermediate' : 'advanced'
  return { task: finishTask({ name, category: first.kind.toLowerCase(), level, draft, dice }) }
}

function unfitBecause(object: KubeObject): string | undefined {
  const what = nameObject(object)
  if (object.kind === 'Secret') return `${what}: the values of a Secret would stand in the request`
  const owners = (object.metadata as { ownerReferences?: unknown[] }).ownerReferences
  if (owners !== undefined && owners.length > 0) return `${what} is made by another object, and nobody would ask for it`
  if (object.metadata['deletionTimestamp' as never] !== undefined) return `${what} is being deleted`
  return undefined
}

/** A namespace that is made for the task; those that every cluster has cannot be. */
function homeOf(namespace: string | undefined, name: string): string {
  if (namespace === undefined || namespace === 'default' || namespace.startsWith('kube-')) return `home-of-${name}`
  return namespace
}

function moveTo(object: KubeObject, from: string | undefined, home: string | undefined): KubeObject {
  if (home === undefined || kindOf(object)?.isNamespaced === false) return object
  return changed(object, (copy) => {
    const { name, labels, annotations } = copy.metadata
    copy.metadata = { name, namespace: home, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) }
    const { subjects } = copy as { subjects?: { namespace?: string }[] }
    for (const one of subjects ?? []) if (one.namespace !== undefined && one.namespace === from) one.namespace = home
  })
}

function goalsOf(objects: readonly ObjectRequirement[], home: string | undefined): string[] {
  const where = home === undefined ? '' : ` in the namespace \`${home}\``
  const list = objects.map(({ kind, name }) => `the ${kind} \`${name}\``).join(', ')
  const { kind, name } = objects[0] ?? { kind: '', name: '' }
  if (objects.length > 1) return [`Create these objects${where}: ${list}`, `Write the manifests${where} for ${list}`]
  return [
    `Create a ${kind} named \`${name}\`${where}`,
    `Write the ${kind} \`${name}\`${where}`,
    `We need a ${kind} called \`${name}\`${where}`,
  ]
}

/** Mistakes that level 3 must see: another name, an object too many, something that was asked for left out. */
function mistakes(objects: readonly KubeObject[], wanted: readonly ObjectRequirement[]): WrongDraft[] {
  const [first, ...others] = objects
  if (!first) return []
  const renamed = changed(first, (copy) => (copy.metadata.name = `${copy.metadata.name}-2`))
  const wrong: WrongDraft[] = [
    { fails: 'L3', because: 'has another name', answer: [renamed, ...others] },
    { fails: 'L3', because: 'makes a second object that nobody asked for', answer: [...objects, renamed] },
  ]
  const [label] = Object.keys(wanted[0]?.labels ?? {})
  if (label !== undefined)
    wrong.push({
      fails: 'L3',
      because: 'leaves out a label',
      answer: [changed(first, (copy) => delete copy.metadata.labels?.[label]), ...others],
    })
  return wrong
}
