import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { Duplex } from 'node:stream'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { sleep } from '../../base/clock.ts'
import type { PipedCommand } from '../../base/command.ts'
import { messageOf } from '../../base/errors.ts'
import type { Tool } from '../../gateway/define-tool.ts'
import { toolsOf } from '../../gateway/external-server.ts'
import { defaultLimits } from '../../gateway/limits.ts'
import { ProcessTransport } from '../../gateway/process-transport.ts'
import type { HarborMcpServer } from '../../task/harbor-task.ts'
import { TrialFault } from '../trial-fault.ts'

/** How a task's machine is reached. */
export interface MachineWay {
  /** Starts a program there. */
  start(argv: readonly string[]): PipedCommand
  /** Told of what its servers' tools are called. */
  log: (line: string) => void
  signal: AbortSignal
  /** How long servers may take until they answer. */
  readyMs?: number
}

/** The tools of the MCP servers that a task brings along. */
export interface TaskServers extends AsyncDisposable {
  tools: Tool[]
}

/**
 * Connects to the MCP servers of a task, as an agent on its machine would: a program is started there, an address is
 * called from there. Tools of the same name as one before get their server's before theirs.
 */
export async function connectServers(
  servers: readonly HarborMcpServer[],
  way: MachineWay,
  taken: readonly string[],
): Promise<TaskServers> {
  const ends: (() => Promise<void>)[] = []
  const end = async (): Promise<void> => {
    for (const one of ends.toReversed()) await one().catch(() => undefined)
  }
  try {
    const tools: Tool[] = []
    for (const server of servers) {
      const client = await connect(server, way, ends)
      const found = await toolsOf(client, { limits: defaultLimits, redact: (text) => text })
      for (const tool of found) {
        const isTaken = [...taken, ...tools.map(({ definition }) => definition.name)].includes(tool.definition.name)
        const name = isTaken ? `${server.name}_${tool.definition.name}` : tool.definition.name
        tools.push({ ...tool, definition: { ...tool.definition, name } })
      }
      way.log(`MCP server ${server.name}: ${found.map(({ definition }) => definition.name).join(', ') || 'no tools'}`)
    }
    return { tools, [Symbol.asyncDispose]: end }
  } catch (error) {
    await end()
    way.signal.throwIfAborted()
    throw error
  }
}

/** What is not ready yet is tried again; a server that never answers is the task's fault. */
async function connect(server: HarborMcpServer, way: MachineWay, ends: (() => Promise<void>)[]): Promise<Client> {
  const deadline = Date.now() + (way.readyMs ?? 30_000)
  for (;;) {
    const client = new Client({ name: 'gateway', version: '1.0.0' })
    try {
      await client.connect(await transportOf(server, way, ends), { timeout: 20_000 })
      ends.push(() => client.close())
      return client
    } catch (error) {
      await client.close().catch(() => undefined)
      if (Date.now() > deadline)
        throw new TrialFault('task', 'mcp-server', `its MCP server ${server.name} does not answer: ${messageOf(error)}`)
      await sleep(500, way.signal)
    }
  }
}

async function transportOf(
  { transport, url = '', command = '', args }: HarborMcpServer,
  way: MachineWay,
  ends: (() => Promise<void>)[],
): Promise<Transport> {
  if (transport === 'stdio') return new ProcessTransport(way.start([command, ...args]), 32 * 2 ** 20)
  const there = new URL(url)
  const port = await openRelay(way, there, ends)
  const here = new URL(`http://127.0.0.1:${port}${there.pathname}${there.search}`)
  return transport === 'sse' ? new SSEClientTransport(here) : new StreamableHTTPClientTransport(here)
}

/** A loopback port of this machine whose requests are made from the task's, under the name that they are meant for. */
async function openRelay(way: MachineWay, there: URL, ends: (() => Promise<void>)[]): Promise<number> {
  const running = new Set<PipedCommand>()
  const server = http.createServer((request, response) => {
    const program = way.start(['bash', '-c', relayScript, 'relay', there.hostname, there.port || '80'])
    running.add(program)
    const { connection: _, ...headers } = request.headers
    const upstream = http.request({
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: { ...headers, host: there.host },
      createConnection: () => Duplex.from({ readable: program.stdout, writable: program.stdin }),
    })
    upstream.on('response', (incoming) => {
      response.writeHead(incoming.statusCode ?? 502, incoming.headers)
      incoming.pipe(response)
      incoming.on('error', () => response.destroy())
    })
    upstream.on('error', () => response.destroy())
    response.on('close', () => {
      upstream.destroy()
      void program.end().then(() => running.delete(program))
    })
    request.pipe(upstream)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(async () => {
    server.closeAllConnections()
    server.close()
    await Promise.all([...running].map((program) => program.end()))
  })
  return (server.address() as AddressInfo).port
}

/** What bash can do, every main has. */
const relayScript = 'exec 3<>"/dev/tcp/$1/$2" || exit 1; cat <&3 & exec cat >&3'
