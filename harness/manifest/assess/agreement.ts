import { assessmentFlags, type Assessment, type AssessmentFlag } from './assessment.ts'

/** How far two judges agree beyond chance. */
export interface Agreement {
  judges: [string, string]
  /** Answers that both judged. */
  answers: number
  /** Of each flag; undefined where both always say the same one thing, so that there is no chance to go beyond. */
  kappa: Record<AssessmentFlag, number | undefined>
  /** Share of answers on which they agree, for each flag. */
  agreed: Record<AssessmentFlag, number>
  /** How far their quality scores lie apart on average. */
  scoreGap: number
}

/** Agreement of two judges over the answers that both judged, which are named the same in both maps. */
export function measureAgreement(
  first: { name: string; of: ReadonlyMap<string, Assessment> },
  second: { name: string; of: ReadonlyMap<string, Assessment> },
): Agreement | undefined {
  const pairs = [...first.of].flatMap(([answer, a]): [Assessment, Assessment][] => {
    const b = second.of.get(answer)
    return b ? [[a, b]] : []
  })
  if (pairs.length === 0) return undefined
  const perFlag = assessmentFlags.map((flag) => {
    const said = pairs.map(([a, b]): [boolean, boolean] => [a.flags.includes(flag), b.flags.includes(flag)])
    return { flag, kappa: cohensKappa(said), agreed: said.filter(([a, b]) => a === b).length / said.length }
  })
  const gaps = pairs.map(([a, b]) => Math.abs(a.quality_score - b.quality_score))
  return {
    judges: [first.name, second.name],
    answers: pairs.length,
    kappa: Object.fromEntries(perFlag.map(({ flag, kappa }) => [flag, kappa])) as Agreement['kappa'],
    agreed: Object.fromEntries(perFlag.map(({ flag, agreed }) => [flag, agreed])) as Agreement['agreed'],
    scoreGap: gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length,
  }
}

/** Cohen's kappa of two raters who put each thing into one of several classes. */
export function cohensKappa<T>(said: readonly (readonly [T, T])[]): number | undefined {
  const classes = new Set(said.flat())
  const share = (is: (pair: readonly [T, T]) => boolean): number => said.filter(is).length / said.length
  const observed = share(([a, b]) => a === b)
  let expected = 0
  for (const one of classes) expected += share(([a]) => a === one) * share(([, b]) => b === one)
  // two shares multiply to 1 only up to rounding
  return 1 - expected < 1e-12 ? undefined : (observed - expected) / (1 - expected)
}
