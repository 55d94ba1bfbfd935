import type { Agent, AgentEnd, AgentTask } from '../agent.ts'
import { connectMcp } from '../mcp-client.ts'
import { inviteToMcp } from './invite-to-mcp.ts'
import { openShell } from './open-shell.ts'

export const humanModes = ['shell', 'mcp'] as const
export type HumanMode = (typeof humanModes)[number]

/**
 * A person. In a shell, every kubectl command is one recorded tool call; over MCP, a person's own client makes them. It
 * ends with `submit`, with the end of the shell, or with the budget.
 */
export function createHuman(mode: HumanMode = process.stdin.isTTY ? 'shell' : 'mcp'): Agent {
  return {
    name: 'human',
    version: '1',
    usesModel: false,
    run: (task, { signal }) => (mode === 'mcp' ? waitForSubmit(task, signal) : workInShell(task, signal)),
  }
}

/** Whoever submits does so at the gateway, which ends the trial; until then there is nothing to do but wait. */
async function waitForSubmit(task: AgentTask, signal: AbortSignal): Promise<AgentEnd> {
  process.stderr.write(`\n${task.instruction.trim()}\n\n${inviteToMcp(task.mcp)}\n`)
  const { promise, resolve } = Promise.withResolvers<AgentEnd>()
  // a timer keeps the process alive for clients that have not come yet
  const alive = setInterval(() => undefined, 60_000)
  const end = (): void => resolve({ reason: 'finished' })
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true })
  return promise.finally(() => clearInterval(alive))
}

async function workInShell(task: AgentTask, signal: AbortSignal): Promise<AgentEnd> {
  await using client = await connectMcp(task.mcp, 'human')
  const tools = await client.toolNames()
  if (!tools.includes('kubectl'))
    return { reason: 'error', because: `a shell needs the tool kubectl; here are ${tools.join(', ')}: use human=mcp` }
  return await openShell({ client, instruction: task.instruction, signal })
}
