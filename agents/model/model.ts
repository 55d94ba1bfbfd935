import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { createMCPClient } from '@ai-sdk/mcp'
import { jsonSchema, tool, type ModelMessage, type ToolSet } from 'ai'
import { sleep } from '../../harness/base/clock.ts'
import { messageOf } from '../../harness/base/errors.ts'
import { packageRoot } from '../../harness/base/package-root.ts'
import type { Agent, AgentContext, AgentEnd, AgentTask } from '../agent.ts'
import { describeBudget } from '../describe-budget.ts'
import { endOfFailure } from '../end-of-failure.ts'
import type { PriceOf } from '../price-of.ts'
import { isTransient, type ModelFailure } from '../provider-failure.ts'
import { askModel, type AskedCall, type ModelAnswer } from './ask-model.ts'
import { dropOldOutputs, roughTokens } from './context.ts'
import { loadModel, type ModelChoice } from './choose-model.ts'

export interface ModelAgentOptions {
  choice: ModelChoice
  priceOf: PriceOf
  /** A system prompt in place of ours; `{{budget}}` in it becomes what the agent may spend. */
  promptFile?: string | undefined
  /** Tokens that the model can hold; old tool output is dropped before they are used up. */
  contextTokens?: number
  /** How hard a reasoning model thinks: none, minimal, low, medium, high, xhigh. */
  effort?: string | undefined
  retry?: Partial<RetryPolicy>
  stallMs?: number
}

export interface RetryPolicy {
  /** How often one answer is asked for at most. */
  tries: number
  /** The first pause; each further one is twice as long. */
  firstMs: number
  /** The longest pause, also where the provider asks for a longer one: then the trial ends. */
  maxMs: number
}

/** Our own loop: a model of any provider, the gateway's tools over MCP, and nothing else. */
export function createModelAgent(options: ModelAgentOptions): Agent {
  const { provider, model, access } = options.choice
  return {
    name: 'model',
    version: '1',
    model: `${provider}/${model}`,
    usesModel: true,
    recordsPrompts: true,
    secrets: access.apiKey === '' ? [] : [access.apiKey],
    async run(task, context) {
      const languageModel = await loadModel(options.choice)
      const client = await createMCPClient({
        transport: { type: 'http', url: task.mcp.url, headers: { authorization: `Bearer ${task.mcp.token}` } },
        clientName: 'kubemend-model',
      })
      try {
        const { tools } = await client.listTools()
        const definitions: ToolSet = Object.fromEntries(
          tools.map(({ name, description, inputSchema }) => [
            name,
            tool({ description: description ?? '', inputSchema: jsonSchema(inputSchema as never) }),
          ]),
        )
        const call = async (asked: AskedCall): Promise<ToolAnswer> => {
          const request = { name: asked.tool, arguments: asked.arguments }
          const result = await client.callTool({
            ...request,
            options: { signal: context.signal, timeout: longestCallMs },
          })
          return { text: textOf(result), isError: result['isError'] === true }
        }
        const ownPrompt = 'bash' in definitions ? 'machine-prompt.md' : 'prompt.md'
        const system = await writePrompt(options.promptFile ?? path.join(promptDir, ownPrompt), task)
        const loop = new Loop({ task, context, options, system, definitions, call, model: languageModel })
        return await loop.run()
      } finally {
        await client.close().catch(() => undefined)
      }
    },
  }
}

/** The gateway ends every call much sooner; this only keeps the loop from hanging on a gateway that died. */
const longestCallMs = 600_000
const defaultContextTokens = 128_000
const defaultRetry: RetryPolicy = { tries: 6, firstMs: 1000, maxMs: 120_000 }
/** Answers in a row with nothing that could be done, after which the model is not asked any more. */
const patience = 5

interface ToolAnswer {
  text: string
  isError: boolean
}

interface LoopParts {
  task: AgentTask
  context: AgentContext
  options: ModelAgentOptions
  system: string
  definitions: ToolSet
  call: (asked: AskedCall) => Promise<ToolAnswer>
  model: Parameters<typeof askModel>[0]['model']
}

class Loop {
  readonly #parts: LoopParts
  readonly #retry: RetryPolicy
  #messages: ModelMessage[]
  /** How far the conversation filled the model's window when it was last counted, and how long it was then. */
  #counted = { tokens: 0, messages: 0 }
  #fruitless = 0

  constructor(parts: LoopParts) {
    this.#parts = parts
    this.#retry = { ...defaultRetry, ...parts.options.retry }
    this.#messages = [{ role: 'user', content: parts.task.instruction }]
  }

  async run(): Promise<AgentEnd> {
    const { context, system, task } = this.#parts
    context.record({ type: 'prompt', role: 'system', text: system })
    context.record({ type: 'prompt', role: 'user', text: task.instruction })
    for (;;) {
      this.#makeRoom()
      const { answer, failure } = await this.#ask()
      if (failure) return endOfFailure(failure)
      this.#take(answer)
      const end = await this.#act(answer)
      if (end) return end
    }
  }

  /** Asks until there is an answer, as long as the kind of failure may pass. */
  async #ask(): Promise<Awaited<ReturnType<typeof askModel>>> {
    const { model, system, definitions, options, context } = this.#parts
    const { tries, firstMs, maxMs } = this.#retry
    for (let attempt = 1; ; attempt++) {
      const asked = await askModel({
        model,
        system,
        messages: cacheable(this.#messages),
        tools: definitions,
        effort: options.effort,
        stallMs: options.stallMs ?? 180_000,
        signal: context.signal,
      })
      if (asked.answer) return asked
      const { failure } = asked
      if (failure.kind === 'too-long' && this.#drop(Infinity, 1)) continue
      if (!isTransient(failure.kind) || attempt >= tries) return { failure: afterTries(failure, attempt) }
      const pauseMs = failure.retryAfterMs ?? firstMs * 2 ** (attempt - 1) * (0.75 + Math.random() / 2)
      if (pauseMs > maxMs) return { failure: afterTries(failure, attempt) }
      await sleep(pauseMs, context.signal)
    }
  }

  #take(answer: ModelAnswer): void {
    const { context, options } = this.#parts
    const { provider, model } = options.choice
    const costUsd = options.priceOf(`${provider}/${model}`, answer.usage)
    context.record({
      type: 'agent-message',
      text: answer.text,
      ...(answer.reasoning === '' ? {} : { reasoning: answer.reasoning }),
      model: answer.model ?? model,
      ...(options.effort === undefined ? {} : { effort: options.effort }),
      usage: answer.usage,
      ...(costUsd === undefined ? {} : { costUsd }),
      durationMs: answer.durationMs,
      ...(answer.calls.length === 0
        ? {}
        : {
            toolCalls: answer.calls.map(({ id, tool: name, arguments: args }) => ({ id, tool: name, arguments: args })),
          }),
    })
    this.#messages.push(...answer.messages)
    this.#counted = {
      tokens: (answer.usage.inputTokens ?? 0) + (answer.usage.outputTokens ?? 0),
      messages: this.#messages.length,
    }
    // what it may spend can end with this answer
    context.signal.throwIfAborted()
  }

  /** Does what the answer asks for; answers the end where it is one. */
  async #act(answer: ModelAnswer): Promise<AgentEnd | undefined> {
    if (answer.isRefusal) return endOfFailure({ kind: 'refusal', message: answer.text.trim() || 'without a word' })
    if (answer.calls.length === 0) return this.#goOnOrEnd(answer)
    const valid = answer.calls.filter((call) => call.invalidBecause === undefined)
    const results = await Promise.all(answer.calls.map((call) => this.#callOne(call)))
    this.#addResults(answer, results)
    if (valid.some((call) => call.tool.startsWith('submit'))) return { reason: 'submitted' }
    this.#fruitless = valid.length > 0 ? 0 : this.#fruitless + 1
    const [first] = answer.calls
    if (this.#fruitless < patience) return undefined
    return endOfFailure({ kind: 'malformed', message: first?.invalidBecause ?? 'no call that could be made' })
  }

  /** An answer without calls is the last one, unless something is the matter with it. */
  #goOnOrEnd(answer: ModelAnswer): AgentEnd | undefined {
    const isEmpty = answer.text.trim() === ''
    if (!answer.hasLostCall && !answer.isCut && !isEmpty) return { reason: 'finished' }
    if (++this.#fruitless >= patience) {
      const kind = answer.hasLostCall ? 'malformed' : 'empty'
      return endOfFailure({ kind, message: `${patience} answers in a row that nobody could do anything with` })
    }
    const what = answer.hasLostCall
      ? 'Your tool call could not be read. Write it again as valid JSON.'
      : answer.isCut
        ? 'Your answer was cut off. Go on, more briefly.'
        : 'Your answer was empty. Go on, or call submit when you are done.'
    this.#parts.context.record({ type: 'prompt', role: 'user', text: what })
    this.#messages.push({ role: 'user', content: what })
    return undefined
  }

  async #callOne(asked: AskedCall): Promise<ToolAnswer> {
    if (asked.invalidBecause !== undefined) return { text: asked.invalidBecause, isError: true }
    try {
      return await this.#parts.call(asked)
    } catch (error) {
      this.#parts.context.signal.throwIfAborted()
      return { text: messageOf(error), isError: true }
    }
  }

  #addResults({ calls, messages }: ModelAnswer, results: readonly ToolAnswer[]): void {
    // the SDK answers calls that it could not read by itself
    const answered = new Set(
      messages.flatMap((message) =>
        message.role === 'tool'
          ? message.content.flatMap((part) => (part.type === 'tool-result' ? [part.toolCallId] : []))
          : [],
      ),
    )
    const content = calls.flatMap(({ id, tool: toolName }, i) => {
      const result = results[i]
      if (result === undefined || answered.has(id)) return []
      const output = { type: result.isError ? ('error-text' as const) : ('text' as const), value: result.text }
      return [{ type: 'tool-result' as const, toolCallId: id, toolName, output }]
    })
    if (content.length > 0) this.#messages.push({ role: 'tool', content })
  }

  /** Before the window is full, old tool output goes. */
  #makeRoom(): void {
    const limit = this.#parts.options.contextTokens ?? defaultContextTokens
    const now = this.#counted.tokens + roughTokens(this.#messages.slice(this.#counted.messages))
    if (now < limit * 0.8) return
    this.#drop((now - limit * 0.5) * 4, 4)
  }

  #drop(characters: number, keepNewest: number): boolean {
    const done = dropOldOutputs(this.#messages, { characters, keepNewest })
    if (done === undefined) return false
    this.#messages = done.messages
    this.#counted.tokens = Math.max(0, this.#counted.tokens - Math.ceil(done.characters / 4))
    const text = `The output of ${done.dropped} old tool calls (${done.characters} characters) was dropped from the context.`
    this.#parts.context.record({
      type: 'prompt',
      role: 'system',
      text,
      context: { type: 'pruning', boundary: 'replace' },
    })
    return true
  }
}

const promptDir = path.join(packageRoot, 'agents', 'model')

async function writePrompt(file: string, { budget }: AgentTask): Promise<string> {
  const text = await readFile(file, 'utf8')
  return text.replaceAll('{{budget}}', describeBudget(budget)).trim()
}

function afterTries(failure: ModelFailure, tries: number): ModelFailure {
  return tries === 1 ? failure : { ...failure, message: `${failure.message} (asked ${tries} times)` }
}

/** Anthropic caches what it is told to; the others do so by themselves. */
function cacheable(messages: readonly ModelMessage[]): ModelMessage[] {
  return messages.map((message, i) =>
    i < messages.length - 1
      ? message
      : { ...message, providerOptions: { anthropic: { cacheControl: { type: 'ephemeral' } } } },
  )
}

function textOf(result: unknown): string {
  const { content } = result as { content?: { type: string; text?: string }[] }
  return (content ?? []).map((part) => (part.type === 'text' ? (part.text ?? '') : `[${part.type}]`)).join('\n')
}
