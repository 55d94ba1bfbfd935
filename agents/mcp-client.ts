import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { CallToolResultSchema, type CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import type { AgentTask } from './agent.ts'

/** A connection to the gateway like that of any MCP client. Disposing of it says goodbye. */
export interface McpClient extends AsyncDisposable {
  toolNames(): Promise<string[]>
  callTool(name: string, args: Record<string, unknown>, signal: AbortSignal): Promise<CallToolResult>
}

/** Connects to a trial's gateway over streamable HTTP. */
export async function connectMcp(mcp: AgentTask['mcp'], name: string): Promise<McpClient> {
  const client = new Client({ name, version: '1' })
  const transport = new StreamableHTTPClientTransport(new URL(mcp.url), {
    requestInit: { headers: { authorization: `Bearer ${mcp.token}` } },
  })
  await client.connect(transport)
  return {
    async toolNames() {
      const { tools } = await client.listTools()
      return tools.map((tool) => tool.name)
    },
    async callTool(tool, args, signal) {
      const request = { name: tool, arguments: args }
      return (await client.callTool(request, CallToolResultSchema, {
        signal,
        timeout: longestCallMs,
      })) as CallToolResult
    },
    async [Symbol.asyncDispose]() {
      await transport.terminateSession().catch(() => undefined)
      await client.close()
    },
  }
}

/** The text of a tool's answer, without pictures and the like. */
export function textOf(result: CallToolResult): string {
  return result.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
}

/** The gateway ends every call much sooner; this only keeps a client from hanging on a gateway that died. */
const longestCallMs = 600_000
