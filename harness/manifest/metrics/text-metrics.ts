import { bleu } from './bleu.ts'
import { editSimilarity } from './edit-similarity.ts'
import { isKeyValueEqual, keyValueWildcard, tryLoadAll } from './key-values.ts'
import { strip } from './python-text.ts'

/** The text metrics of CloudEval-YAML for one answer: 1 is best, 0 worst. */
export interface TextMetrics {
  bleu: number
  edit: number
  exact: number
  kvExact: number
  kvWildcard: number
}

/**
 * Compares an answer's text with the reference's, labels and all. Where the published implementation breaks off, the
 * metric is 0, as its harness counts it.
 */
export function measureText(answer: string, labelledReference: string): TextMetrics {
  const documents = tryLoadAll(answer)
  return {
    bleu: bleu(answer, labelledReference),
    edit: editSimilarity(answer, labelledReference) ?? 0,
    exact: strip(answer) === strip(labelledReference) ? 1 : 0,
    kvExact: isKeyValueEqual(documents, labelledReference) ? 1 : 0,
    kvWildcard: keyValueWildcard(documents, labelledReference) ?? 0,
  }
}
