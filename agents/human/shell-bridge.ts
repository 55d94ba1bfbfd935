import { chmod } from 'node:fs/promises'
import net from 'node:net'
import { createInterface } from 'node:readline'
import { messageOf } from '../../harness/base/errors.ts'
import { textOf, type McpClient } from '../mcp-client.ts'
import type { ShellAnswer, ShellRequest } from './shell-client.ts'

export interface Bridge extends AsyncDisposable {
  /** Aborted once the gateway has accepted what the person submitted. */
  readonly submitted: AbortSignal
}

/** Serves the shell's `kubectl` and `submit` on a Unix socket: one line of JSON each way, each request one tool call. */
export async function openBridge(socketFile: string, client: McpClient, signal: AbortSignal): Promise<Bridge> {
  const submitted = new AbortController()
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined)
    createInterface({ input: socket }).once('line', (line) => {
      const request = JSON.parse(line) as ShellRequest
      void reply(request, socket)
    })
  })
  const reply = async (request: ShellRequest, socket: net.Socket): Promise<void> => {
    const said = await answer(request, client, signal)
    if (request.tool === 'submit' && said.exitCode === 0) submitted.abort()
    socket.end(`${JSON.stringify(said)}\n`)
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socketFile, resolve)
  })
  await chmod(socketFile, 0o600)
  return {
    submitted: submitted.signal,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
      }),
  }
}

async function answer(request: ShellRequest, client: McpClient, signal: AbortSignal): Promise<ShellAnswer> {
  try {
    const { tool, args, stdin } = request
    const wanted = tool === 'submit' ? { summary: args.join(' ') } : { args, ...(stdin === undefined ? {} : { stdin }) }
    const result = await client.callTool(tool, wanted, signal)
    const output = result.structuredContent as
      | { exitCode?: number | null; stdout?: string; stderr?: string }
      | undefined
    if (output?.stdout === undefined) {
      const text = `${textOf(result)}\n`
      return result.isError ? { stdout: '', stderr: text, exitCode: 1 } : { stdout: text, stderr: '', exitCode: 0 }
    }
    return { stdout: output.stdout, stderr: output.stderr ?? '', exitCode: output.exitCode ?? 1 }
  } catch (error) {
    return { stdout: '', stderr: `${messageOf(error)}\n`, exitCode: 1 }
  }
}
