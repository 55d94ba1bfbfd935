import { mkdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import {
  CallToolResultSchema,
  ErrorCode,
  McpError,
  ProgressNotificationSchema,
  type CallToolResult,
  type Tool as McpTool,
} from '@modelcontextprotocol/sdk/types.js'
import { startPiped } from '../base/command.ts'
import { KubemendError, messageOf } from '../base/errors.ts'
import type { ToolAnnotations } from '../record/gateway-event.ts'
import type { ApiRelay } from './api-relay.ts'
import type { Tool, ToolCall, ToolResult } from './define-tool.ts'
import { EndsBuffer } from './ends-buffer.ts'
import type { GatewayLimits } from './limits.ts'
import { ProcessTransport } from './process-transport.ts'

export interface ExternalServerOptions {
  argv: readonly string[]
  /** Added to the little that the server's environment holds. */
  env: Record<string, string>
  relay: ApiRelay
  limits: GatewayLimits
  dir: string
  kubectl: string | undefined
}

/** Somebody else's MCP server: its tools as tools of ours. */
export interface ExternalServer extends AsyncDisposable {
  readonly tools: Tool[]
}

/**
 * Starts a stdio MCP server that reaches the cluster through the relay only. Its calls run one at a time, so that every
 * API request belongs to the call under way; what it asks outside of calls is reported under `server`.
 */
export async function startExternalServer(options: ExternalServerOptions): Promise<ExternalServer> {
  const { argv, relay } = options
  const pass = relay.admit(outsideCalls)
  const program = startPiped(argv, { inheritEnv: false, cwd: options.dir, env: await environment(options, pass) })
  const complaints = new EndsBuffer(0, 2_000)
  program.stderr.on('data', (chunk: Buffer) => complaints.push(chunk))
  const client = new Client({ name: 'gateway', version: '1.0.0' })
  const end = async (): Promise<void> => {
    await program.end()
    await pass.end()
  }
  try {
    await client.connect(new ProcessTransport(program, maxMessageBytes), { timeout: startMs })
    const tools = await toolsOf(client, {
      limits: options.limits,
      redact: (text) => relay.redactor.text(text),
      around: async (call, run) => {
        pass.nowFor(call.id)
        try {
          return await run()
        } finally {
          pass.nowFor(outsideCalls)
        }
      },
    })
    return { tools, [Symbol.asyncDispose]: end }
  } catch (error) {
    await end()
    const said = relay.redactor.text(complaints.tail().toString('utf8')).trim()
    throw new KubemendError('mcp-server', `${argv.join(' ')}: no MCP server: ${messageOf(error)}`, {
      hint: said === '' ? `it was given ${startMs / 1000} s` : `it said: ${said}`,
      cause: error,
    })
  }

  async function environment(
    { dir, kubectl, env }: ExternalServerOptions,
    { plainKubeconfig }: { plainKubeconfig: string },
  ): Promise<Record<string, string>> {
    const place = (name: string): string => path.join(dir, 'external', name)
    await Promise.all(['home', 'bin'].map((name) => mkdir(place(name), { recursive: true, mode: 0o700 })))
    await writeFile(place('kubeconfig'), plainKubeconfig, { mode: 0o600 })
    if (kubectl !== undefined) await symlink(path.resolve(kubectl), path.join(place('bin'), 'kubectl'))
    const npmCache = process.env['npm_config_cache'] ?? path.join(process.env['HOME'] ?? '/', '.npm')
    return {
      HOME: place('home'),
      KUBECONFIG: place('kubeconfig'),
      LANG: 'C.UTF-8',
      PATH: `${place('bin')}${path.delimiter}${process.env['PATH'] ?? ''}`,
      TMPDIR: place('home'),
      npm_config_cache: npmCache,
      ...env,
    }
  }
}

const outsideCalls = 'server'
const startMs = 60_000
const maxMessageBytes = 32 * 1024 * 1024
const maxTextBytes = 1024 * 1024

interface Forwarding {
  limits: Pick<GatewayLimits, 'waitMs'>
  redact: (text: string) => string
  /** Around every call; there is one at a time. */
  around?: (call: ToolCall, run: () => Promise<ToolResult>) => Promise<ToolResult>
}

/** The tools of a server that is connected to, as tools of ours; their calls run one at a time. */
export async function toolsOf(client: Client, forwarding: Forwarding): Promise<Tool[]> {
  const { around = (_, run) => run() } = forwarding
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = (call: ToolCall, run: () => Promise<ToolResult>): Promise<ToolResult> => {
    const turn = last.then(() => around(call, run))
    last = turn.catch(() => undefined)
    return turn
  }
  return (await listTools(client)).map((tool): Tool => ({
    definition: {
      name: tool.name,
      ...(tool.title === undefined ? {} : { title: tool.title }),
      description: tool.description ?? '',
      inputSchema: tool.inputSchema,
      ...(tool.outputSchema === undefined ? {} : { outputSchema: tool.outputSchema }),
      annotations: (tool.annotations ?? {}) as ToolAnnotations,
    },
    run: (args, call) => inTurn(call, () => callTool(client, tool.name, args, call, forwarding)),
  }))
}

async function listTools(client: Client): Promise<McpTool[]> {
  const tools: McpTool[] = []
  let cursor: string | undefined
  do {
    const page = await client.listTools(cursor === undefined ? {} : { cursor })
    tools.push(...page.tools)
    cursor = page.nextCursor
  } while (cursor !== undefined && tools.length < 1000)
  return tools
}

async function callTool(
  client: Client,
  name: string,
  args: Record<string, unknown>,
  call: ToolCall,
  { redact, limits }: Forwarding,
): Promise<ToolResult> {
  try {
    forwardProgress(client, call)
    const params = { name, arguments: args, _meta: { progressToken: call.id } }
    const request = { method: 'tools/call' as const, params }
    const options = { timeout: limits.waitMs, maxTotalTimeout: limits.waitMs, signal: call.signal }
    const result = await client.request(request, CallToolResultSchema, options)
    return forward(result, redact)
  } catch (error) {
    const isTimeout = error instanceof McpError && error.code === (ErrorCode.RequestTimeout as number)
    const text = isTimeout ? `no answer from the MCP server in ${limits.waitMs / 1000} s` : messageOf(error)
    const outcome = call.signal.aborted ? 'cancelled' : isTimeout ? 'deadline' : 'ran'
    return { text: redact(text), isError: true, outcome }
  }
}

/**
 * Not the SDK's `onprogress`: that forgets who listens as soon as an answer is read, before it has handed on the
 * notifications that came in the same chunk. Calls run one at a time, so one handler is enough.
 */
function forwardProgress(client: Client, call: ToolCall): void {
  client.setNotificationHandler(ProgressNotificationSchema, ({ params }) => {
    const { progressToken, progress, total, message } = params
    if (progressToken !== call.id) return
    call.onProgress?.({
      progress,
      ...(total === undefined ? {} : { total }),
      ...(message === undefined ? {} : { message }),
    })
  })
}

/** The server's own result, without secrets of ours and without end. */
function forward(result: CallToolResult, redact: (text: string) => string): ToolResult {
  const content = result.content.map((part) =>
    part.type === 'text' ? { ...part, text: cut(redact(part.text)) } : part,
  )
  const structured = result.structuredContent
  return {
    text: content.map((part) => (part.type === 'text' ? part.text : `[${part.type}]`)).join('\n'),
    content,
    ...(structured === undefined ? {} : { structured: JSON.parse(redact(JSON.stringify(structured))) as never }),
    ...(result.isError ? { isError: true } : {}),
  }
}

function cut(text: string): string {
  return text.length <= maxTextBytes
    ? text
    : `${text.slice(0, maxTextBytes)}\n[... ${text.length - maxTextBytes} characters left out here ...]`
}
