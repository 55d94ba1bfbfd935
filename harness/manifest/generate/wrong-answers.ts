import type { Dice } from './dice.ts'
import { changed, writeYaml, type Draft, type WrongDraft } from './draft.ts'

/**
 * The three wrong answers of a task: those that fail at a preferred stage first, then those that its model knows, each
 * failing at another stage where possible, then mistakes that fit any request.
 */
export function chooseWrong(
  draft: Draft,
  dice: Dice,
  isStrict: boolean,
  prefers: readonly string[] = [],
): WrongDraft[] {
  const general = shuffle(generalMistakes(draft, isStrict), dice)
  const chosen: WrongDraft[] = []
  const candidates = shuffle(draft.wrong, dice)
  const take = (from: readonly WrongDraft[], count: number): void => {
    for (const one of from) {
      if (chosen.length < count && !chosen.some(({ fails }) => fails === one.fails)) chosen.push(one)
    }
  }
  take(
    [...candidates, ...general].filter(({ fails }) => prefers.includes(fails)),
    1,
  )
  take(candidates, 2)
  take(general, 3)
  take(candidates, 3)
  for (const one of [...candidates, ...general]) if (chosen.length < 3 && !chosen.includes(one)) chosen.push(one)
  return chosen
}

function shuffle<T>(items: readonly T[], dice: Dice): T[] {
  const left = [...items]
  return items.flatMap(() => left.splice(dice.roll(left.length), 1))
}

function generalMistakes(draft: Draft, isStrict: boolean): WrongDraft[] {
  const { reference } = draft
  const text = writeYaml(reference)
  const operation = draft.spec.operation ?? 'create'
  const isObjects = operation !== 'read'
  return [
    { fails: 'extract', because: 'says that it cannot, instead of answering', answer: '' },
    ...(/\n {2,}/.test(text)
      ? [{ fails: 'L1' as const, because: 'is indented with a tab', answer: text.replace(/\n {2,}/, '\n\t\t') }]
      : []),
    { fails: 'L1', because: 'has a bracket that is never closed', answer: `${text}extra: [1, 2\n` },
    ...(isStrict
      ? [
          {
            fails: 'extract' as const,
            because: 'is fenced although only YAML was asked for',
            answer: `\`\`\`yaml\n${text}\`\`\`\n`,
          },
        ]
      : []),
    ...(isObjects && operation !== 'delete'
      ? [
          {
            fails: 'L2' as const,
            because: 'has a field that the API does not know',
            answer: reference.map((object, i) =>
              i === 0
                ? changed(object as { metadata: object }, (copy) => Object.assign(copy.metadata, { labells: {} }))
                : object,
            ),
          },
          {
            fails: 'runtime' as const,
            because: 'has a label that the API server refuses',
            answer: reference.map((object, i) => (i === 0 ? withLabel(object, 'owned by', 'the team!') : object)),
          },
        ]
      : []),
  ]
}

function withLabel(object: unknown, key: string, value: string): unknown {
  return changed(object as { metadata: { labels?: Record<string, string> } }, (copy) => {
    const { metadata } = copy
    metadata.labels = { ...metadata.labels, [key]: value }
  })
}
