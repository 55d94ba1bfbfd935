import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { sleep } from '../../harness/base/clock.ts'
import { readTrajectory } from '../../harness/record/atif-reader.ts'
import type { Agent, AgentContext, AgentEnd } from '../agent.ts'
import { connectMcp, textOf, type McpClient } from '../mcp-client.ts'
import { NameMapping } from './name-mapping.ts'
import { findTool, recordedCalls, type RecordedCall } from './recorded-calls.ts'

/**
 * Plays the tool calls of a recorded trajectory on a fresh cluster, with the names that its pods have there, as long
 * between two calls as in the recording. What could not be played is said, and kept in `replay.json`.
 */
export function createReplay(file: string): Agent {
  return {
    name: 'replay',
    version: '1',
    usesModel: false,
    async run(task, context) {
      const calls = recordedCalls(await readTrajectory(file))
      await using client = await connectMcp(task.mcp, 'replay')
      const replay = new Replay(client, await client.toolNames(), context)
      const end = await replay.play(calls)
      await writeFile(path.join(task.logDir, 'replay.json'), `${JSON.stringify(replay.summary(file), undefined, 2)}\n`)
      return end
    },
  } satisfies Agent
}

/** The longest a replay waits between two calls; a model may have thought for longer. */
const longestPauseMs = 10_000

class Replay {
  readonly #client: McpClient
  readonly #tools: string[]
  readonly #context: AgentContext
  readonly #names = new NameMapping()
  readonly #remarks: string[] = []
  #played = 0

  constructor(client: McpClient, tools: string[], context: AgentContext) {
    this.#client = client
    this.#tools = tools
    this.#context = context
  }

  async play(calls: readonly RecordedCall[]): Promise<AgentEnd> {
    const missing = new Set(calls.map(({ tool }) => tool).filter((tool) => !findTool(tool, this.#tools)))
    for (const tool of missing) this.#remark(`the recording used the tool ${tool}; here are ${this.#tools.join(', ')}`)
    let before: RecordedCall | undefined
    for (const [i, call] of calls.entries()) {
      const tool = findTool(call.tool, this.#tools)
      if (tool === undefined) continue
      await sleep(pauseBetween(before, call), this.#context.signal)
      before = call
      await this.#playOne(i + 1, tool, call)
      if (tool.startsWith('submit')) return { reason: 'submitted' }
    }
    if (this.#played > 0) return { reason: 'finished' }
    const because = missing.size > 0 ? this.#remarks.join('; ') : 'the recording has no tool calls'
    return { reason: 'error', because }
  }

  summary(file: string): unknown {
    return { recording: file, played: this.#played, renamed: this.#names.changed, remarks: this.#remarks }
  }

  async #playOne(number: number, tool: string, call: RecordedCall): Promise<void> {
    const { value: args, unmapped } = this.#names.translate(call.arguments)
    for (const name of unmapped)
      this.#remark(`call ${number}: nothing here corresponds to ${name}, it is asked for as it was`)
    const result = await this.#client.callTool(tool, args, this.#context.signal)
    this.#played++
    const isError = result.isError === true
    if (call.isError !== undefined && call.isError !== isError)
      this.#remark(
        `call ${number} ${isError ? 'failed here and not in the recording' : 'failed in the recording and not here'}`,
      )
    if (call.answer !== undefined) this.#names.learn(call.answer, textOf(result))
  }

  #remark(text: string): void {
    this.#remarks.push(text)
    this.#context.record({ type: 'agent-message', text })
  }
}

function pauseBetween(before: RecordedCall | undefined, call: RecordedCall): number {
  if (before?.atMs === undefined || call.atMs === undefined) return 0
  return Math.min(Math.max(0, call.atMs - before.atMs), longestPauseMs)
}
