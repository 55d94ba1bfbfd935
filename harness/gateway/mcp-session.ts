import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import {
  CallToolRequestSchema,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
  type CallToolResult,
} from '@modelcontextprotocol/sdk/types.js'
import { startTimer } from '../base/clock.ts'
import type { CallSource } from './call-desk.ts'
import type { Progress, Tool, ToolResult } from './define-tool.ts'

/** What a session needs of the gateway. */
export interface SessionHost {
  instructions(): string
  tools(): Promise<Tool[]>
  serve(tool: Tool, args: Record<string, unknown>, from: CallSource): Promise<ToolResult>
  onOpened(session: string, transport: 'http' | 'stdio', client: { name: string; version: string }): void
  onClosed(session: string): void
}

/** Speaks MCP with one client over one transport. */
export async function openSession(
  host: SessionHost,
  transport: Transport,
  kind: 'http' | 'stdio',
  session: () => string,
): Promise<Server> {
  const server = new Server(
    { name: 'cluster', version: '1.0.0' },
    { capabilities: { tools: {} }, instructions: host.instructions() },
  )
  let isOpen = false
  server.oninitialized = () => {
    isOpen = true
    const { name = 'unknown', version = '' } = server.getClientVersion() ?? {}
    host.onOpened(session(), kind, { name, version })
  }
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has callbacks, not events
  server.onclose = () => {
    if (isOpen) host.onClosed(session())
    isOpen = false
  }
  server.setRequestHandler(ListToolsRequestSchema, async () => ({
    tools: (await host.tools()).map((tool) => tool.definition as never),
  }))
  server.setRequestHandler(CallToolRequestSchema, async (request, extra) => {
    const { name, arguments: args = {}, _meta } = request.params
    const tool = (await host.tools()).find(({ definition }) => definition.name === name)
    if (!tool) throw new McpError(ErrorCode.InvalidParams, `there is no tool ${name}`)
    const progressToken = _meta?.progressToken
    let last = 0
    const notify = (progress: Progress): void => {
      last = Math.max(last, progress.progress)
      const params = { progressToken: progressToken ?? '', ...progress }
      extra.sendNotification({ method: 'notifications/progress', params }).catch(() => undefined)
    }
    const elapsed = startTimer()
    const beat = (): void => notify({ progress: last + 0.001, message: `${Math.round(elapsed() / 1000)} s` })
    const timer = progressToken === undefined ? undefined : setInterval(beat, progressMs)
    const from = { session: session(), signal: extra.signal, ...(timer === undefined ? {} : { onProgress: notify }) }
    try {
      return toMcp(await host.serve(tool, args, from))
    } finally {
      clearInterval(timer)
    }
  })
  await server.connect(transport)
  return server
}

/** A sign of life for clients that give up on silent calls. */
const progressMs = 5_000

function toMcp({ text, content, structured, isError }: ToolResult): CallToolResult {
  return {
    content: (content ?? [{ type: 'text', text }]) as CallToolResult['content'],
    ...(structured === undefined ? {} : { structuredContent: structured }),
    ...(isError ? { isError } : {}),
  }
}
