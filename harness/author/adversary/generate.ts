import { aroundTheBrokenObject } from './broken-object.ts'
import type { Adversary, AdversaryMaker, Ground } from './adversary.ts'
import { misconduct } from './conduct.ts'
import { isPermitted } from './ground.ts'
import { addSomething, protectionsRemoved } from './protections.ts'

const makers: AdversaryMaker[] = [aroundTheBrokenObject, protectionsRemoved, addSomething, misconduct]

/** Every adversary that applies to a task: those that the agent's permissions let act, and those that they forbid. */
export function generateAdversaries(ground: Ground): { able: Adversary[]; forbidden: Adversary[] } {
  const all = makers.flatMap((make) => make(ground))
  const isAble = ({ needs }: Adversary): boolean => needs.every((right) => isPermitted(ground, right))
  return { able: all.filter(isAble), forbidden: all.filter((adversary) => !isAble(adversary)) }
}
