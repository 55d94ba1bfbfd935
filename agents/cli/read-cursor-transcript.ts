import type { AgentMessage } from '../../harness/record/events.ts'
import { listOf, objectOf, parseLine, textOf, usageOf } from '../wire/wire-answer.ts'

/** What Cursor's agent prints as `stream-json`: a line each for what it said, what it called and how it ended. */
export function readCursorTranscript(stdout: string): AgentMessage[] {
  const messages: AgentMessage[] = []
  for (const line of stdout.split('\n').map(parseLine)) {
    if (line === undefined) continue
    const last = messages.at(-1)
    if (line['type'] === 'assistant') {
      const text = listOf(objectOf(line['message'])['content'])
        .map((part) => textOf(part['text']))
        .join('')
      // a message comes in pieces until something is called
      if (last && !last.toolCalls) last.text += text
      else messages.push({ type: 'agent-message', text })
    } else if (line['type'] === 'tool_call' && line['subtype'] === 'started') {
      const { args } = objectOf(objectOf(line['tool_call'])['mcpToolCall'])
      const { toolName, name, args: given } = objectOf(args)
      const call = {
        id: textOf(line['call_id']),
        tool: textOf(toolName ?? name) || Object.keys(objectOf(line['tool_call']))[0] || 'unknown',
        arguments: objectOf(given),
      }
      if (last === undefined) messages.push({ type: 'agent-message', text: '', toolCalls: [call] })
      else last.toolCalls = [...(last.toolCalls ?? []), call]
    } else if (line['type'] === 'result' && last) {
      const usage = objectOf(line['usage'])
      const figures = usageOf({
        inputTokens: usage['inputTokens'],
        outputTokens: usage['outputTokens'],
        cachedTokens: usage['cacheReadTokens'],
      })
      // the figures are of the whole session, and the last message is where they are known
      if (Object.keys(figures).length > 0) last.usage = figures
    }
  }
  return messages
}
