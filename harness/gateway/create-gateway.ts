import { rm } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { sleep } from '../base/clock.ts'
import { InputError } from '../base/errors.ts'
import { readAccess } from '../base/kube-client.ts'
import { makeScratch } from '../base/scratch.ts'
import type { GatewayEvent } from '../record/gateway-event.ts'
import { startApiRelay, type ApiRelay } from './api-relay.ts'
import { createCallDesk } from './call-desk.ts'
import type { Tool, ToolCall, ToolResult } from './define-tool.ts'
import { startHttpEndpoint, type HttpEndpoint } from './http-endpoint.ts'
import { createKubectlRunner } from './kubectl-runner.ts'
import { startExternalServer, type ExternalServer } from './external-server.ts'
import { defaultLimits, type GatewayLimits } from './limits.ts'
import { openSession, type SessionHost } from './mcp-session.ts'
import { kubectlTool } from './tools/kubectl.ts'
import { shellTool, type Shell } from './tools/shell.ts'
import { submitTool } from './tools/submit.ts'
import { typedTools } from './tools/typed.ts'
import { workspaceTools } from './tools/workspace.ts'
import { openWorkspace } from './workspace.ts'

export const toolSurfaces = ['kubectl', 'typed', 'workspace', 'shell'] as const
export type ToolSurface = (typeof toolSurfaces)[number]

export interface GatewayOptions {
  /** Which of our tools the agent gets. */
  tools: ToolSurface
  /** The kubectl program; needed by the surfaces `kubectl` and `typed`. */
  kubectl?: string
  /** The shell of the surface `shell`. */
  shell?: Shell
  /** What the numbers of calls follow, where a trial has more than one gateway; `call-` unless given. */
  callPrefix?: string
  /** The folder for file tools: all there is with `workspace`; beside kubectl it also allows `-f PATH` inside it. */
  workspace?: string
  /** The agent's kubeconfig, where it is there from the start; otherwise `handOver` brings it. */
  kubeconfig?: string
  /** The command line of another MCP server (stdio), whose tools stand in for ours; it starts at hand-over. */
  mcpServer?: { argv: readonly string[]; env?: Record<string, string> }
  /** Tools beside these, of servers that the task brings along. */
  beside?: readonly Tool[]
  limits?: Partial<GatewayLimits>
  /** Where the gateway makes its private folder; the system's folder for temporary files unless given. */
  parentDir?: string
  /** Told everything, in the order it happens; must not throw. */
  recorder: (event: GatewayEvent) => void
}

export interface Submission {
  call: string
  summary: string
}

/** A program that speaks no MCP and still acts as the agent: the oracle's script. It counts as one tool call. */
export interface OwnProgram {
  name: string
  description: string
  arguments: Record<string, unknown>
  /** Gets a kubeconfig without credentials whose server is on this loopback port. */
  run: (way: { kubeconfig: string; port: number }, call: ToolCall) => Promise<ToolResult>
}

/** The agent's only way into the cluster: an MCP server for one trial. */
export interface Gateway extends AsyncDisposable {
  /** Serves MCP over streamable HTTP on the loopback, to whoever holds the token. */
  listen(): Promise<{ url: string; token: string }>
  /** Serves MCP over a pair of streams, this process's own unless given. */
  connectStdio(streams?: { stdin: Readable; stdout: Writable }): Promise<void>
  /** From now on tool calls reach the cluster, with this kubeconfig's identity. */
  handOver(kubeconfig: string): Promise<void>
  /** Serves a call of a program of ours, such as the oracle's script: recorded as any other, with its own right to the cluster. */
  serve(program: OwnProgram): Promise<ToolResult>
  /** Ends what runs and cuts the way to the cluster; clients that still ask are told that the trial is over. */
  end(because: string): Promise<void>
  /** Calls taken so far. */
  readonly calls: number
  /** Resolves when the agent submits; never otherwise. */
  readonly submitted: Promise<Submission>
  /** Ends, if that has not happened, and closes all connections. */
  close(): Promise<void>
}

export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  checkOptions(options)
  const limits: GatewayLimits = { ...defaultLimits, ...options.limits }
  const { recorder } = options
  const desk = createCallDesk(limits, recorder, options.callPrefix)
  const submission = Promise.withResolvers<Submission>()
  const dir = await makeScratch('gateway', options.parentDir)
  const relay = await startApiRelay(recorder)

  const end = async (because: string, exceptCall?: string): Promise<void> => {
    desk.end(because, exceptCall)
    relay.disconnect()
  }
  const submit = (call: string, summary: string): void => {
    recorder({ type: 'agent-submitted', call, summary })
    void end('you submitted your work', call)
    // the answer to the submit call itself is to be on its way before anybody closes the gateway
    void desk
      .idle()
      .then(() => sleep(20))
      .then(() => submission.resolve({ call, summary }))
  }
  const { mcpServer } = options
  const tools = Promise.withResolvers<Tool[]>()
  let external: ExternalServer | undefined
  if (mcpServer === undefined) announce([...(await ownTools()), ...(options.beside ?? [])], options.tools)

  function announce(served: Tool[], surface: string): void {
    const isTaken = served.some((tool) => tool.definition.name === 'submit')
    const all = [...served, submitTool(submit, isTaken ? 'submit_work' : 'submit')]
    recorder({ type: 'gateway-opened', surface, tools: all.map((tool) => tool.definition) })
    tools.resolve(all)
  }

  async function ownTools(): Promise<Tool[]> {
    if (options.shell !== undefined && options.tools === 'shell') return [shellTool(options.shell, limits)]
    const workspace =
      options.workspace === undefined ? undefined : await openWorkspace(options.workspace, limits.stdinBytes)
    const fileTools = workspace === undefined ? [] : workspaceTools(workspace, limits)
    if (options.tools === 'workspace') return fileTools
    const runner = await createKubectlRunner({
      binary: options.kubectl!,
      relay,
      limits,
      dir,
      ...(workspace === undefined ? {} : { readManifests: (file, deep) => workspace.readManifests(file, deep) }),
    })
    return [...(options.tools === 'typed' ? typedTools(runner, limits) : [kubectlTool(runner, limits)]), ...fileTools]
  }

  const host: SessionHost = {
    instructions: () => instructionsFor(desk.phase, options.tools),
    tools: () => withinMs(tools.promise, limits.handOverMs),
    serve: (tool, args, from) => desk.serve(tool, args, from),
    onOpened: (session, transport, client) => recorder({ type: 'session-opened', session, transport, client }),
    onClosed: (session) => recorder({ type: 'session-closed', session }),
  }

  let endpoint: Promise<HttpEndpoint> | undefined
  const stdioServers: AsyncDisposable[] = []
  let closed: Promise<void> | undefined

  const gateway: Gateway = {
    submitted: submission.promise,
    get calls() {
      return desk.calls
    },
    async listen() {
      endpoint ??= startHttpEndpoint({
        host,
        maxSessions: limits.sessions,
        maxBodyBytes: 2 * limits.stdinBytes + 1024 * 1024,
        onRefused: (because) => recorder({ type: 'connection-refused', at: 'mcp', because }),
      })
      const { url, token } = await endpoint
      relay.redactor.add({ name: 'token', value: token })
      return { url, token }
    },
    async connectStdio({ stdin, stdout } = { stdin: process.stdin, stdout: process.stdout }) {
      const session = `stdio-${stdioServers.length + 1}`
      const server = await openSession(host, new StdioServerTransport(stdin, stdout), 'stdio', () => session)
      stdioServers.push({ [Symbol.asyncDispose]: () => server.close() })
    },
    async handOver(kubeconfig) {
      relay.connect(await readAccess(kubeconfig))
      if (mcpServer !== undefined && external === undefined) {
        const { argv, env = {} } = mcpServer
        external = await startExternalServer({ argv, env, relay, limits, dir, kubectl: options.kubectl })
        announce([...external.tools, ...(options.beside ?? [])], argv.join(' '))
      }
      recorder({ type: 'cluster-handed-over' })
      desk.open()
    },
    serve(program) {
      const signal = new AbortController().signal
      return desk.serve(toolOf(program, relay), program.arguments, { session: 'script', signal })
    },
    async end(because) {
      await end(because)
      await external?.[Symbol.asyncDispose]()
      await desk.idle()
    },
    close() {
      closed ??= closeAll()
      return closed
    },
    [Symbol.asyncDispose]: () => gateway.close(),
  }

  async function closeAll(): Promise<void> {
    await gateway.end('it was ended')
    await Promise.all(stdioServers.map((server) => server[Symbol.asyncDispose]()))
    await (await endpoint)?.[Symbol.asyncDispose]()
    await relay[Symbol.asyncDispose]()
    await rm(dir, { recursive: true, force: true })
  }

  if (options.kubeconfig !== undefined) await gateway.handOver(options.kubeconfig)
  if (options.tools === 'workspace' || options.tools === 'shell') desk.open()
  return gateway
}

function toolOf(program: OwnProgram, relay: ApiRelay): Tool {
  const { name, description } = program
  const annotations = { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false }
  return {
    definition: { name, description, inputSchema: { type: 'object' }, annotations },
    async run(_, call) {
      const pass = relay.admit(call.id)
      try {
        const result = await program.run({ kubeconfig: pass.plainKubeconfig, port: relay.port }, call)
        return { ...result, text: relay.redactor.text(result.text) }
      } finally {
        await pass.end()
      }
    },
  }
}

/** Clients that ask before another server's tools are known wait, but not for ever. */
async function withinMs<T>(promise: Promise<T>, ms: number): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('the cluster is still being prepared: ask again')), ms)
  return Promise.race([promise, late.promise]).finally(() => clearTimeout(timer))
}

function checkOptions({ tools, kubectl, workspace, shell, mcpServer }: GatewayOptions): void {
  if (mcpServer !== undefined) return
  if (tools === 'shell') {
    if (shell === undefined) throw new InputError(['tools shell: expected a shell'])
    return
  }
  if (tools === 'workspace' && workspace === undefined) throw new InputError(['tools workspace: expected a workspace'])
  if (tools !== 'workspace' && kubectl === undefined)
    throw new InputError([`tools ${tools}: expected a kubectl program`])
}

function instructionsFor(phase: 'preparing' | 'open' | 'over', tools: ToolSurface): string {
  const place = tools === 'shell' ? "task's machine" : 'cluster'
  const now = {
    preparing: `The ${place} is still being prepared: the first calls may take a while.`,
    open: `The ${place} is ready.`,
    over: 'The trial is over: no tool does anything any more.',
  }[phase]
  return `These tools are your only way to the ${place}. ${now} Call submit when you are done.`
}
