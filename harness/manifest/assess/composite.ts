import { InputError } from '../../base/errors.ts'

/** How much execution, operation and the judges' quality weigh in the composite. */
export interface Weights {
  execution: number
  operation: number
  quality: number
}

/** Nobody has said what weighs more: a third each. */
export const equalWeights: Weights = { execution: 1 / 3, operation: 1 / 3, quality: 1 / 3 }

/** `0.4,0.4,0.2`: three shares that make 1. */
export function parseWeights(text: string): Weights {
  const numbers = text.split(',').map(Number)
  const [execution = Number.NaN, operation = Number.NaN, quality = Number.NaN] = numbers
  const sum = execution + operation + quality
  if (numbers.length !== 3 || numbers.some((one) => !(one >= 0)) || Math.abs(sum - 1) > 1e-6)
    throw new InputError([`--weights ${text}: expected three shares that make 1, such as 0.4,0.4,0.2`])
  return { execution, operation, quality }
}

/** The weights as every place says them that shows a composite. */
export function wordWeights({ execution, operation, quality }: Weights): string {
  const share = (value: number): string => String(Math.round(value * 1000) / 1000)
  return `composite = ${share(execution)} x execution + ${share(operation)} x operation + ${share(quality)} x judged quality`
}

/**
 * The composite of one answer, from 0 to 1: execution is that the cluster took it, operation that it is there, healthy and
 * does what was asked; undefined for an answer that nobody judged.
 */
export function compositeOf(
  answer: { stages: Record<string, string>; quality?: number | undefined },
  weights: Weights,
): number | undefined {
  if (answer.quality === undefined) return undefined
  const isMet = (stage: string): number => Number(answer.stages[stage] === 'met')
  const execution = isMet('runtime')
  const operation = isMet('validity') * isMet('accuracy')
  return weights.execution * execution + weights.operation * operation + weights.quality * answer.quality
}
