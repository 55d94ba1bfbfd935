import type { ModelMessage } from 'ai'

/** What the agent is told in place of a tool's output that was dropped. */
const droppedMark = '[output dropped to make room]'

/**
 * Drops the outputs of the oldest tool calls until so many characters are gone; the newest few stay. Answers what it did
 * for people, or undefined where there was nothing to drop.
 */
export function dropOldOutputs(
  messages: ModelMessage[],
  options: { characters: number; keepNewest: number },
): { messages: ModelMessage[]; dropped: number; characters: number } | undefined {
  const places = messages.flatMap((message, index) => (message.role === 'tool' ? [index] : []))
  const droppable = new Set(options.keepNewest === 0 ? places : places.slice(0, -options.keepNewest))
  let dropped = 0
  let characters = 0
  const shorter = messages.map((message, index): ModelMessage => {
    if (message.role !== 'tool' || !droppable.has(index)) return message
    const content = message.content.map((part) => {
      if (part.type !== 'tool-result' || characters >= options.characters) return part
      const size = JSON.stringify(part.output).length
      if (size <= 2 * droppedMark.length) return part
      dropped++
      characters += size
      return { ...part, output: { type: 'text' as const, value: droppedMark } }
    })
    return { ...message, content }
  })
  return dropped === 0 ? undefined : { messages: shorter, dropped, characters }
}

/** A rough number of tokens, for what no provider has counted yet. */
export function roughTokens(messages: readonly ModelMessage[]): number {
  return Math.ceil(JSON.stringify(messages).length / 4)
}
