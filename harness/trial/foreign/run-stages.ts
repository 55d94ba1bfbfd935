import type { CheckVerdict } from '../../../verifiers/run-checks.ts'
import type { CommandResult } from '../../base/command.ts'
import { combineRewards, whyNotOn, type Stage } from '../../harbor/stages.ts'
import type { StepFacts, TrialUsage } from '../../store/trial-result.ts'
import type { JudgingScript, ScriptJudgement } from '../judge-by-script.ts'
import type { AgentPart, Findings } from '../outcome.ts'
import type { Found } from '../run.ts'
import type { TrialSession } from '../trial-session.ts'
import { TrialFault } from '../trial-fault.ts'
import { multiplierOf } from '../trial-plan.ts'

/** What came of one part of a task. */
export interface StageEnd {
  agent: AgentPart
  script: ScriptJudgement
  /** What our own eyes saw beside the task's script. */
  beside: Pick<Findings, 'preservation' | 'integrity'>
}

/**
 * Runs the parts of a task one after the other, each with an agent that begins anew and a verifier of its own, until one
 * misses its `min_reward`; their rewards make up the task's.
 */
export async function runStages<S extends Stage>(
  session: TrialSession,
  stages: readonly S[],
  runStage: (stage: S, callPrefix: string) => Promise<StageEnd>,
): Promise<Omit<Found, 'details'> & { rewards: Record<string, number> }> {
  const { plan, recorder } = session
  const longer = Object.entries(plan.timeouts ?? {}).map(([phase, times]) => `${phase} by ${times}`)
  if (longer.length > 0) recorder.record({ type: 'note', text: `limits of time are multiplied: ${longer.join(', ')}` })
  const ends: (StageEnd & { stage: S })[] = []
  const steps: StepFacts[] = []
  let early: CheckVerdict | undefined
  for (const [i, stage] of stages.entries()) {
    const from = recorder.count
    if (stage.step !== undefined) recorder.record({ type: 'note', text: `step ${stage.step} begins` })
    const before = { ...session.usage }
    const end = await runStage(stage, i === 0 ? 'call-' : `call-${i + 1}-`)
    ends.push({ ...end, stage })
    for (const about of ['preservation', 'integrity'] as const) session.recordVerdicts(about, end.beside[about])
    session.recordVerdicts('outcome', [end.script.verdict])
    if (stage.step === undefined) continue
    steps.push({
      name: stage.step,
      rewards: end.script.rewards,
      usage: usageSince(before, session.usage),
      record: { from, to: recorder.count },
      ...(session.spans.agent === undefined ? {} : { agent: session.spans.agent }),
      ...(session.spans.verifier === undefined ? {} : { verifier: session.spans.verifier }),
    })
    await plan.store.keepStep(stage.step)
    const why = whyNotOn(stage, end.script.rewards)
    const next = stages[i + 1]
    if (why === undefined || next === undefined) continue
    early = notBegun(next, `${stage.step} came before it: ${why}`)
    session.recordVerdicts('outcome', [early])
    break
  }
  const strategy = plan.task.toml.multi_step_reward_strategy
  const judged = strategy === 'final' ? ends.slice(-1) : ends
  const outcome = [...judged.map(({ script }) => script.verdict), ...(early ? [early] : [])]
  const missed = ends.find(({ script }) => script.verdict.status !== 'met') ?? ends.at(-1)
  return {
    findings: {
      outcome,
      preservation: ends.flatMap(({ stage, beside }) => placed(stage, beside.preservation)),
      integrity: ends.flatMap(({ stage, beside }) => placed(stage, beside.integrity)),
    },
    agent: missed?.agent ?? { reason: 'finished' },
    rewards: combineRewards(
      strategy,
      ends.map(({ script }) => script.rewards),
    ) ?? { reward: 0 },
    ...(steps.length === 0 ? {} : { steps }),
  }
}

/** What the agent of a stage is given in place of the task's own figures. */
export function agentStage(
  { plan }: TrialSession,
  stage: Stage,
): { instruction: string; timeMs: number; solutionDir: string | undefined } {
  const { instruction, agentTimeoutSec, solutionDir } = stage
  const isGiven = plan.placed.agentTimeoutSec !== undefined || stage.step === undefined
  const timeMs = isGiven ? plan.budget.timeMs : 1000 * (agentTimeoutSec ?? 600) * multiplierOf(plan, 'agent')
  return { instruction, timeMs, solutionDir }
}

/** How a stage's script is called, and where its files come from; it judges among the agent's own files or not. */
export function judgingScript(
  { toolCalls }: TrialSession,
  { step, tests, verifier }: Stage,
  isAmongAgents: boolean,
): JudgingScript {
  const name = step === undefined ? 'tests/test.sh' : `steps/${step}/tests/test.sh`
  return { name, tests, timeoutSec: verifier.timeout_sec, mayBeSpoilt: isAmongAgents && toolCalls > 0 }
}

/** Runs the setup of a step, whose failure is the task's fault. */
export async function setUpStep(
  { plan }: TrialSession,
  { step }: Stage,
  run: (timeoutMs: number) => Promise<CommandResult>,
): Promise<void> {
  const name = `steps/${step}/workdir/setup.sh`
  const ran = await run(plan.task.toml.environment.build_timeout_sec * 1000 * multiplierOf(plan, 'environment'))
  plan.store.log(`${name} said:\n${ran.stdout}${ran.stderr}`)
  if (ran.exitCode === 0) return
  const how = ran.isTimedOut ? 'ran out of time' : `exited with ${ran.exitCode ?? 'no code'}`
  const said = (ran.stderr || ran.stdout).trim().split('\n').at(-1)
  throw new TrialFault('task', 'setup-failed', `${name} ${how}: ${said}`)
}

/** What an agent is told that goes on when its part is over. */
export function whyOver({ step }: Stage): string {
  return step === undefined ? 'the trial is over' : `the step ${step} is over`
}

function notBegun({ step }: Stage, because: string): CheckVerdict {
  return {
    verifier: `steps/${step}/tests/test.sh`,
    at: `steps/${step}/tests`,
    status: 'not-met',
    because: `it was not begun; ${because}`,
    evidence: undefined,
    durationMs: 0,
  }
}

function placed({ step }: Stage, verdicts: readonly CheckVerdict[]): CheckVerdict[] {
  return verdicts.map((verdict) => (step === undefined ? verdict : { ...verdict, at: `${step}: ${verdict.at}` }))
}

function usageSince(before: TrialUsage, now: TrialUsage): TrialUsage {
  const entries = Object.entries(now) as [keyof TrialUsage, number][]
  return Object.fromEntries(entries.map(([key, value]) => [key, value - (before[key] ?? 0)]))
}
