import { listOf, objectOf, textOf } from './wire-answer.ts'

/** What a request for an answer tells the model beside the conversation: who it is, and which tools it has. */
export interface WireRequest {
  system: string
  tools: string[]
}

/** Reads a request of any of the four protocols by the fields it has; undefined where it is none. */
export function readRequest(body: string): WireRequest | undefined {
  try {
    const document = objectOf(JSON.parse(body) as unknown)
    // Codex brings the tools of some models as an item of the conversation
    const added = listOf(document['input']).flatMap((item) => listOf(item['tools']))
    return { system: systemOf(document), tools: [...listOf(document['tools']), ...added].flatMap(namesOf) }
  } catch {
    return undefined
  }
}

function systemOf(document: Record<string, unknown>): string {
  const fromMessages = [...listOf(document['messages']), ...listOf(document['input'])]
    .filter((message) => message['role'] === 'system' || message['role'] === 'developer')
    .map((message) => joined(message['content']))
  const google = objectOf(document['systemInstruction'])['parts']
  return [textOf(document['instructions']), joined(document['system']), joined(google), ...fromMessages]
    .filter((text) => text !== '')
    .join('\n\n')
}

function joined(content: unknown): string {
  return typeof content === 'string'
    ? content
    : listOf(content)
        .map((part) => textOf(part['text']))
        .join('\n')
}

function namesOf(tool: Record<string, unknown>): string[] {
  const inner = [...listOf(tool['functionDeclarations']), ...listOf(tool['tools'])]
  const prefix = typeof tool['name'] === 'string' && inner.length > 0 ? `${tool['name']}__` : ''
  if (inner.length > 0) return inner.map((one) => `${prefix}${textOf(one['name'])}`)
  const name = textOf(tool['name']) || textOf(objectOf(tool['function'])['name']) || textOf(tool['type'])
  return name === '' ? [] : [name]
}
