import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startPiped, type PipedCommand } from '../../base/command.ts'
import { packageRoot } from '../../base/package-root.ts'
import type { HarborMcpServer } from '../../task/harbor-task.ts'
import { connectServers, type MachineWay } from './task-servers.ts'

const program = path.join(packageRoot, 'harness/gateway/test-mcp-server.ts')
const stdio: HarborMcpServer = { name: 'test', transport: 'stdio', command: process.execPath, args: [program] }
const call = { id: 'call-1', signal: new AbortController().signal }

/** This machine as the task's own. */
function here(started: PipedCommand[] = [], more: Partial<MachineWay> = {}): MachineWay {
  const start = (argv: readonly string[]): PipedCommand => {
    const one = startPiped(argv)
    started.push(one)
    return one
  }
  return { start, log: () => undefined, signal: new AbortController().signal, ...more }
}

/** A server with one tool, which says under which name it was called, over HTTP. */
async function serve(): Promise<number> {
  let host = ''
  const make = (): Server => {
    const server = new Server({ name: 'docs', version: '1' }, { capabilities: { tools: {} } })
    server.setRequestHandler(ListToolsRequestSchema, () => ({
      tools: [{ name: 'look_up', description: 'Looks up', inputSchema: { type: 'object' as const } }],
    }))
    server.setRequestHandler(CallToolRequestSchema, () => ({ content: [{ type: 'text' as const, text: host }] }))
    return server
  }
  const streams = new Map<string, SSEServerTransport>()
  const answer = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    host = request.headers.host ?? ''
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x')
    if (pathname === '/sse') {
      const transport = new SSEServerTransport('/messages', response)
      streams.set(transport.sessionId, transport)
      return make().connect(transport)
    }
    if (pathname === '/messages') {
      return streams.get(searchParams.get('sessionId') ?? '')?.handlePostMessage(request, response)
    }
    const transport = new StreamableHTTPServerTransport({})
    await make().connect(transport)
    return transport.handleRequest(request, response)
  }
  const listener = http.createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    listener.closeAllConnections()
    listener.close()
  })
  return (listener.address() as AddressInfo).port
}

describe('MCP servers that a task brings along', () => {
  it('are programs on its machine, whose tools keep their names where those are free', async () => {
    const started: PipedCommand[] = []
    {
      await using servers = await connectServers([stdio], here(started), ['bash', 'submit'])
      const names = servers.tools.map(({ definition }) => definition.name)
      expect(names).toEqual(expect.arrayContaining(['test_simple_text', 'test_submit']))
      const tool = servers.tools.find(({ definition }) => definition.name === 'test_simple_text')
      expect(await tool?.run({}, call)).toMatchObject({ text: 'This is a simple text response for testing.' })
    }
    await expect(started[0]?.ended).resolves.toBeDefined()
  })

  it.each(['streamable-http', 'sse'] as const)('answer at addresses that its machine calls (%s)', async (transport) => {
    const port = await serve()
    const url = `http://localhost:${port}/${transport === 'sse' ? 'sse' : 'mcp'}`
    const started: PipedCommand[] = []
    {
      await using servers = await connectServers([{ name: 'docs', transport, url, args: [] }], here(started), [])
      const [tool] = servers.tools
      expect(tool?.definition).toMatchObject({ name: 'look_up', description: 'Looks up' })
      expect(await tool?.run({}, call)).toMatchObject({ text: `localhost:${port}` })
    }
    expect(started.length).toBeGreaterThan(0)
    for (const one of started) await expect(one.ended).resolves.toBeDefined()
  })

  it('are the fault of the task where they never answer', async () => {
    const url = 'http://localhost:1/mcp'
    const none: HarborMcpServer = { name: 'docs', transport: 'streamable-http', url, args: [] }
    await expect(connectServers([stdio, none], here([], { readyMs: 0 }), [])).rejects.toMatchObject({
      whose: 'task',
      code: 'mcp-server',
      message: expect.stringContaining('its MCP server docs does not answer') as string,
    })
  })
})
