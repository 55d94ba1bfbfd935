import { stringify } from 'yaml'
import type { KubeObject } from '../../base/kube-client.ts'
import type { ManifestSpec, ManifestStage } from '../../task/manifest-spec.ts'
import type { Dice } from './dice.ts'
import { apps, closings, places, stories, strictClosings, teams } from './vocabulary.ts'

export type Level = 'basic' | 'intermediate' | 'advanced'

/** A task as its model gives it, before it is worded and its wrong answers are chosen. */
export interface Draft {
  /** What is wanted, as the beginning of a sentence: "Create a Role ...". Several wordings of the same. */
  goals: readonly string[]
  /** Every property asked for, one sentence each, exact to the letter. */
  facts: readonly string[]
  spec: Partial<ManifestSpec> & Pick<ManifestSpec, 'objects'>
  world?: readonly KubeObject[]
  reference: readonly unknown[]
  /** Answers that are wrong; the first stage that must say so, and why. */
  wrong: readonly WrongDraft[]
}

export interface WrongDraft {
  fails: ManifestStage
  because: string
  answer: readonly unknown[] | string
}

/** What a model may use to invent a task: names that no other task has, and dice. */
export interface Invention {
  dice: Dice
  level: Level
  team: string
  app: string
  /** A namespace that no other task uses. */
  namespace: string
}

export type Model = (invention: Invention) => Draft

/** Hands out names once each, and none that is taken. */
export function createNames(taken: Iterable<string> = []): {
  namespace(dice: Dice): { team: string; namespace: string }
} {
  const used = new Set<string>(taken)
  return {
    namespace(dice) {
      for (let tries = 1; ; tries++) {
        const team = dice.pick(teams)
        // when most names are gone a number makes more of them
        const namespace = `${team}-${dice.pick(places)}${tries > maxTries ? `-${dice.roll(10_000)}` : ''}`
        if (used.has(namespace)) continue
        used.add(namespace)
        return { team, namespace }
      }
    },
  }
}

const maxTries = 200

export function pickApp(dice: Dice): string {
  return dice.pick(apps)
}

/** A request in words: one of several ways to tell the same facts. */
export function wordRequest(draft: Draft, dice: Dice, isStrict: boolean): string {
  const goal = dice.pick(draft.goals)
  const story = dice.pick(stories)
  const closing = dice.pick(isStrict ? strictClosings : closings)
  const { facts } = draft
  const list = facts.map((fact) => `- ${fact}`).join('\n')
  const styles = [
    () => `${goal}.\n\n${list}\n\n${story} ${closing}`,
    () => `${story}\n\n${goal}. ${facts.join(' ')}\n\n${closing}`,
    () =>
      `## Request\n\n${goal}.\n\n## Details\n\n${facts.map((fact, i) => `${i + 1}. ${fact}`).join('\n')}\n\n## Background\n\n${story}\n\n${closing}`,
    () => `Hi, could you help? ${story} What we need: ${lower(goal)}. ${facts.join(' ')} ${closing}`,
    () => `${closing} ${goal}.\n\nAcceptance criteria:\n${list}\n\nContext: ${story}`,
  ]
  return `${dice.pick(styles)()}\n`
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

/** Objects as people write them: one YAML stream. */
export function writeYaml(documents: readonly unknown[]): string {
  return documents.map((document) => stringify(document, { lineWidth: 0 })).join('---\n')
}

/** A copy of a value with one change. */
export function changed<T>(value: T, change: (copy: T) => void): T {
  const copy = structuredClone(value)
  change(copy)
  return copy
}
