/* oxlint-disable unicorn/prefer-add-event-listener -- the SDK's transports have callbacks, not events */
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'

/**
 * Gives a client that speaks MCP over stdio only the gateway's HTTP endpoint, message by message. Run as a program, it
 * finds the endpoint in MCP_GATEWAY_URL and MCP_GATEWAY_TOKEN.
 */
export async function bridgeStdio(url: string, token: string): Promise<void> {
  const inner = new StdioServerTransport()
  const outer = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
  })
  const ended = Promise.withResolvers<void>()
  const fail = (message: JSONRPCMessage, error: unknown): void => {
    if (!('id' in message) || !('method' in message)) return
    const text = error instanceof Error ? error.message : String(error)
    void inner.send({ jsonrpc: '2.0', id: message.id, error: { code: -32000, message: text } })
  }
  inner.onmessage = (message) => {
    outer.send(message).catch((error: unknown) => fail(message, error))
  }
  outer.onmessage = (message) => {
    if ('result' in message && typeof message.result['protocolVersion'] === 'string') {
      outer.setProtocolVersion(message.result['protocolVersion'])
    }
    void inner.send(message)
  }
  process.stdin.once('end', () => ended.resolve())
  await outer.start()
  await inner.start()
  await ended.promise
  await outer.terminateSession().catch(() => undefined)
  await Promise.all([outer.close(), inner.close()])
}

if (import.meta.main) {
  const { MCP_GATEWAY_URL: url, MCP_GATEWAY_TOKEN: token } = process.env
  if (url === undefined || token === undefined) {
    process.stderr.write('MCP_GATEWAY_URL and MCP_GATEWAY_TOKEN must name the gateway\n')
    process.exitCode = 2
  } else {
    await bridgeStdio(url, token)
  }
}
