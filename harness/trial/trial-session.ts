import { rm } from 'node:fs/promises'
import path from 'node:path'
import type { CheckVerdict } from '../../verifiers/run-checks.ts'
import { sleep } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import { makeScratch } from '../base/scratch.ts'
import { createGateway, type Gateway, type GatewayOptions } from '../gateway/create-gateway.ts'
import type { GatewayEvent } from '../record/gateway-event.ts'
import type { AgentMessage, Prompt } from '../record/events.ts'
import type { Recorder } from '../record/recorder.ts'
import type { TrialFacts, TrialUsage } from '../store/trial-result.ts'
import { Budget, BudgetSpent } from './budget.ts'
import type { AgentExtras } from '../../agents/agent.ts'
import type { AgentPart, Findings } from './outcome.ts'
import { confinedRunner } from './confined-runner.ts'
import { ownSandbox, scriptRunner, type ScriptRunnerOptions } from './script-runner.ts'
import { TrialFault } from './trial-fault.ts'
import type { TrialPlan } from './trial-plan.ts'

type Span = keyof TrialFacts['spans']

/** What the steps of one trial share: its record, its clock, its gateway and its agent. */
export class TrialSession {
  readonly plan: TrialPlan
  readonly recorder: Recorder
  readonly signal: AbortSignal
  readonly spans: TrialFacts['spans'] = {}
  /** The step that is under way, for those who ask what went wrong. */
  phase = 'create'
  toolCalls = 0
  /** What the agent's model used so far; what nobody counted is missing. */
  readonly usage: TrialUsage = {}
  #budget: Budget | undefined

  constructor(plan: TrialPlan, recorder: Recorder) {
    this.plan = plan
    this.recorder = recorder
    this.signal = plan.signal ?? new AbortController().signal
  }

  /** One step: named in the record and the progress, measured, not begun after an interrupt. */
  async step<T>(phase: string, run: () => Promise<T>, span?: Span): Promise<T> {
    this.signal.throwIfAborted()
    this.phase = phase
    this.plan.onPhase?.(phase)
    const startedAt = new Date()
    try {
      return await this.recorder.phase(phase, run)
    } finally {
      if (span !== undefined) this.spans[span] = { startedAt, finishedAt: new Date() }
    }
  }

  /** The agent's only way in; everything that happens there is recorded. */
  openGateway(
    options: Omit<GatewayOptions, 'recorder'>,
    onEvent: (event: GatewayEvent) => void = () => undefined,
  ): Promise<Gateway> {
    return createGateway({
      ...options,
      recorder: (event) => {
        if (event.type === 'tool-call-started') {
          this.toolCalls++
          this.#budget?.countToolCall()
        }
        this.recorder.record(event)
        onEvent(event)
      },
    })
  }

  /** Lets the agent work until it is done, gives up, or has spent its budget. */
  async runAgent(
    gateway: Gateway,
    options: {
      handOver: (dir: string) => Promise<void>
      appDir?: string
      lost?: AbortSignal
      /** Told of every message of the agent. */
      onMessage?: (text: string) => void
      /** Where scripts run, where that is not the sandbox of a task of ours. */
      scripts?: Pick<ScriptRunnerOptions, 'sandboxWith'>
      /** How scripts run, where that is no sandbox at all. */
      runScript?: AgentExtras['runScript']
      /** What a step of a task says in place of the task. */
      stage?: { instruction: string; timeMs: number; solutionDir: string | undefined }
    },
  ): Promise<AgentPart> {
    const { task, agent, store, programs } = this.plan
    const { stage } = options
    const instruction = stage?.instruction ?? task.instruction
    const limits = stage === undefined ? this.plan.budget : { ...this.plan.budget, timeMs: stage.timeMs }
    const ownSolution = task.solution.solve === undefined ? undefined : path.join(task.dir, 'solution')
    const dir = await makeScratch('trial')
    using budget = new Budget(limits, (event) => void this.recorder.record(event), this.plan.purse)
    this.#budget = budget
    try {
      const mcp = await gateway.listen()
      await options.handOver(dir)
      const { name, version, model, usesModel } = agent
      this.recorder.record({ type: 'agent-started', name, version, usesModel, ...(model ? { model } : {}) })
      if (!agent.recordsPrompts) this.recorder.record({ type: 'prompt', role: 'user', text: instruction })
      const over = new AbortController()
      const ending = AbortSignal.any([this.signal, budget.signal, ...(options.lost ? [options.lost] : [])])
      const signal = AbortSignal.any([ending, over.signal])
      const extras = {
        solutionDir: stage === undefined ? ownSolution : stage.solutionDir,
        runScript:
          options.runScript ??
          scriptRunner({
            gateway,
            signal,
            logDir: store.agentDir,
            timeoutMs: limits.timeMs,
            ...(options.scripts ?? { sandboxWith: ownSandbox(programs, options.appDir) }),
          }),
        runConfined: confinedRunner({ portal: programs.portal, timeoutMs: limits.timeMs, signal }),
      }
      let isOver = false
      const record = (event: Prompt | AgentMessage): void => {
        if (isOver) return
        this.recorder.record(event)
        if (event.type !== 'agent-message') return
        addUsage(this.usage, event)
        budget.countAnswer(event)
        options.onMessage?.(event.text)
      }
      const running = agent.run(
        { instruction, mcp, budget: limits, logDir: store.agentDir },
        { signal, record, extras },
      )
      const ended = await Promise.race([
        running,
        gateway.submitted.then((): AgentPart => ({ reason: 'submitted' })),
        whenAborted(ending),
      ]).catch((error: unknown): AgentPart => {
        if (error instanceof TrialFault) throw error
        return { reason: 'error', because: messageOf(error) }
      })
      this.signal.throwIfAborted()
      const part: AgentPart = budget.signal.aborted
        ? { reason: 'budget', because: messageOf(budget.signal.reason) }
        : ended
      // whoever was ended, or goes on after it submitted, is gone before anything is judged
      over.abort(new Error('its part is over'))
      const late = new AbortController()
      await Promise.race([running.catch(() => undefined), sleep(longestEndMs, late.signal).catch(() => undefined)])
      late.abort()
      isOver = true
      this.recorder.record({
        type: 'agent-ended',
        reason: part.reason,
        ...(part.because === undefined ? {} : { because: part.because }),
      })
      return part
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  }

  /** Asks an agent for its one answer, within its budget. */
  async askOnce(options: { reference: string; onAnswer: (text: string) => void }): Promise<AgentPart> {
    const { task, agent, budget: limits } = this.plan
    using budget = new Budget(limits, (event) => void this.recorder.record(event), this.plan.purse)
    const { name, version, model, usesModel } = agent
    this.recorder.record({ type: 'agent-started', name, version, usesModel, ...(model ? { model } : {}) })
    if (!agent.recordsPrompts) this.recorder.record({ type: 'prompt', role: 'user', text: task.instruction })
    const signal = AbortSignal.any([this.signal, budget.signal])
    const no = (): Promise<never> => Promise.reject(new Error('a task that wants one answer runs no programs'))
    const record = (event: Prompt | AgentMessage): void => {
      this.recorder.record(event)
      if (event.type !== 'agent-message') return
      addUsage(this.usage, event)
      budget.countAnswer(event)
    }
    const extras = { solutionDir: undefined, reference: options.reference, runScript: no, runConfined: no }
    const question = { task: task.name, instruction: task.instruction }
    const asking = agent.answer?.(question, { signal, record, extras }) ?? no()
    const ended = await Promise.race([asking, whenAborted(signal)]).catch((error: unknown): AgentPart => ({
      reason: 'error',
      because: messageOf(error),
    }))
    this.signal.throwIfAborted()
    if ('answer' in ended && ended.answer !== undefined) options.onAnswer(ended.answer)
    const part: AgentPart = budget.signal.aborted
      ? { reason: 'budget', because: messageOf(budget.signal.reason) }
      : ended
    const because = part.because === undefined ? {} : { because: part.because }
    this.recorder.record({ type: 'agent-ended', reason: part.reason, ...because })
    return part
  }

  recordVerdicts(about: keyof Findings | 'broken-before', verdicts: readonly CheckVerdict[]): void {
    for (const { verifier, at, status, because, evidence, durationMs } of verdicts) {
      this.recorder.record({
        type: 'verdict',
        check: `${verifier} (${at})`,
        about,
        verdict: status,
        because,
        durationMs,
        ...(evidence === undefined ? {} : { evidence }),
      })
    }
  }
}

/** How long an agent that is over may take to end what it started. */
const longestEndMs = 15_000

function addUsage(total: TrialUsage, { usage, costUsd }: AgentMessage): void {
  const add = (key: keyof TrialUsage, value: number | undefined): void => {
    if (value !== undefined) total[key] = (total[key] ?? 0) + value
  }
  add('inputTokens', usage?.inputTokens)
  add('cachedTokens', usage?.cachedTokens)
  add('outputTokens', usage?.outputTokens)
  add('costUsd', costUsd)
}

function whenAborted(signal: AbortSignal): Promise<AgentPart> {
  return new Promise((resolve) => {
    const end = (): void => {
      const because = messageOf(signal.reason)
      resolve(signal.reason instanceof BudgetSpent ? { reason: 'budget', because } : { reason: 'error', because })
    }
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
}
