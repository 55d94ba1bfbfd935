import type { KubeObject } from '../../base/kube-client.ts'
import { manifestSpecSchema, type ManifestPart, type ManifestSpec } from '../../task/manifest-spec.ts'
import { canonicalShape } from '../canonical.ts'
import { isObject } from '../parse-answer.ts'
import { createDice, type Dice } from './dice.ts'
import { createNames, pickApp, wordRequest, writeYaml, type Draft, type Level, type Model } from './draft.ts'
import { clusterrolebinding, rolebinding } from './kinds/bindings.ts'
import { configmap } from './kinds/configmap.ts'
import { hpa, pdb, pvc, resourcequota, validatingadmissionpolicy } from './kinds/guards.ts'
import { read, remove, update } from './kinds/live-state.ts'
import { namespaceModel } from './kinds/namespace.ts'
import { ingress, networkpolicy, service } from './kinds/network.ts'
import { clusterrole, role } from './kinds/role.ts'
import { secret } from './kinds/secret.ts'
import { serviceaccount } from './kinds/serviceaccount.ts'
import { busyboxImage, cronjob, deployment, echoImage, job, pauseImage, statefulset } from './kinds/workloads.ts'
import { splitTasks } from './split-tasks.ts'
import { chooseWrong } from './wrong-answers.ts'

/** A task as the generator makes it. */
export interface GeneratedTask extends ManifestPart {
  name: string
  category: string
  instruction: string
  world: KubeObject[]
  images: string[]
}

export const levels: readonly Level[] = ['basic', 'intermediate', 'advanced']

/** The eight kinds that KubeBench is about. */
const foundations: Readonly<Record<string, Model>> = {
  clusterrole,
  clusterrolebinding,
  configmap,
  namespace: namespaceModel,
  role,
  rolebinding,
  secret,
  serviceaccount,
}

/** Kinds beyond those, and how many tasks of each: 200 in all with the questions and changes of live state. */
const beyond: readonly [kind: string, model: Model, count: number][] = [
  ['read', read, 20],
  ['update', update, 20],
  ['delete', remove, 20],
  ['deployment', deployment, 12],
  ['statefulset', statefulset, 11],
  ['service', service, 12],
  ['ingress', ingress, 11],
  ['networkpolicy', networkpolicy, 12],
  ['job', job, 12],
  ['cronjob', cronjob, 12],
  ['pvc', pvc, 12],
  ['hpa', hpa, 12],
  ['pdb', pdb, 11],
  ['resourcequota', resourcequota, 12],
  ['validatingadmissionpolicy', validatingadmissionpolicy, 11],
]

/** The dataset: the same on every machine. 810 tasks over eight kinds and three levels, then what goes beyond them. */
export function generateDataset(): GeneratedTask[] {
  const names = createNames()
  const tasks: GeneratedTask[] = []
  const cells = Object.entries(foundations).flatMap(([kind, model]) => levels.map((level) => ({ kind, model, level })))
  for (const [i, { kind, model, level }] of cells.entries()) {
    const count = i % 4 === 3 ? 33 : 34
    tasks.push(...inventTasks({ kind, model, level, count, names }))
  }
  for (const [kind, model, count] of beyond) {
    for (const [i, level] of levels.entries()) {
      const share = Math.floor(count / 3) + (i < count % 3 ? 1 : 0)
      tasks.push(...inventTasks({ kind, model, level, count: share, names }))
    }
  }
  return splitTasks(tasks)
}

/** The model that invents requests for a kind, or for an operation on what is there; with the name of its category. */
export function modelFor(operation: string, kind: string): { category: string; model: Model } | undefined {
  const category = operation === 'create' ? (shortNames[kind] ?? kind.toLowerCase()) : operation
  const model = foundations[category] ?? beyond.find(([name]) => name === category)?.[1]
  return model && { category, model }
}

const shortNames: Readonly<Record<string, string>> = {
  HorizontalPodAutoscaler: 'hpa',
  PodDisruptionBudget: 'pdb',
  PersistentVolumeClaim: 'pvc',
}

/** Several tasks of one kind and level, no two of which have the same answer but for names. */
export function inventTasks(cell: {
  kind: string
  model: Model
  level: Level
  count: number
  names: ReturnType<typeof createNames>
}): GeneratedTask[] {
  const { kind, model, level, count, names } = cell
  const tasks: GeneratedTask[] = []
  const seen = new Set<string>()
  for (let i = 1; tasks.length < count; i++) {
    const dice = createDice(`${kind} ${level} ${i}`)
    const { team, namespace } = names.namespace(dice)
    const draft = model({ dice, level, team, namespace, app: pickApp(dice) })
    const shape = canonicalShape(draft.reference.filter(isObject)) + JSON.stringify(draft.spec.query ?? '')
    // after many tries a kind has no new shapes left, and other names must do
    if (seen.has(shape) && i < count * 4) continue
    seen.add(shape)
    const name = `${kind}-${level}-${String(tasks.length + 1).padStart(2, '0')}`
    tasks.push(finishTask({ name, category: kind, level, draft, dice }))
  }
  return tasks
}

/** Words a draft and chooses its wrong answers; those that fail at the stages in `prefers` first. */
export function finishTask(given: {
  name: string
  category: string
  level: Level
  draft: Draft
  dice: Dice
  prefers?: readonly string[]
}): GeneratedTask {
  const { name, category, level, draft, dice, prefers } = given
  const isStrict = dice.roll(6) === 0
  const spec = manifestSpecSchema.parse({
    operation: 'create',
    ...draft.spec,
    format: isStrict ? 'strict' : 'lenient',
  } satisfies Partial<ManifestSpec>)
  return {
    name,
    category,
    level,
    split: 'train',
    instruction: wordRequest(draft, dice, isStrict),
    spec,
    world: [...(draft.world ?? [])],
    reference: writeYaml(draft.reference),
    images: [...draft.reference, ...(draft.world ?? [])].some(hasPods) ? [...podImages] : [],
    wrong: chooseWrong(draft, dice, isStrict, prefers).map(({ fails, because, answer }, i) => ({
      name: `wrong-${i + 1}`,
      fails,
      because,
      text: typeof answer === 'string' ? answer : writeYaml(answer),
    })),
  }
}

/** Everything that pods of the dataset run: the same for all of them, so that they can share a cluster. */
const podImages = [echoImage, busyboxImage, pauseImage]

function hasPods(object: unknown): boolean {
  return podImages.some((image) => JSON.stringify(object).includes(image))
}
