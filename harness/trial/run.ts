import { messageOf } from '../base/errors.ts'
import { hasCluster } from '../harbor/container-plan.ts'
import { isForeign } from '../harbor/foreign-plan.ts'
import { writeTrajectory } from '../record/atif.ts'
import { Recorder } from '../record/recorder.ts'
import { Redactor } from '../record/redact.ts'
import type { StepFacts, TrialFacts } from '../store/trial-result.ts'
import { decideOutcome, type AgentPart, type Findings } from './outcome.ts'
import { runForeign } from './foreign/run-foreign.ts'
import { runInContainers } from './foreign/run-in-containers.ts'
import { runInWorkspace } from './run-in-workspace.ts'
import { runManifest } from './run-manifest.ts'
import { runOnCluster } from './run-on-cluster.ts'
import { TrialFault } from './trial-fault.ts'
import type { TrialPlan } from './trial-plan.ts'
import { TrialSession } from './trial-session.ts'
import { countVerdicts, writeReward, writeScriptReward } from './write-reward.ts'

/** What the steps of a trial find out. */
export interface Found {
  findings: Findings
  agent: AgentPart
  /** What a script of the task's own gave, where one judges. */
  rewards?: Record<string, number>
  /** What came of the steps of a task that has several. */
  steps?: StepFacts[]
  details: Record<string, unknown>
}

/** One agent, one task, once. Answers what the trial's result says, which is written last. */
export async function runTrial(plan: TrialPlan): Promise<TrialFacts> {
  const { store, task, agent } = plan
  const startedAt = new Date()
  await store.begin(plan.planned, plan.placed)
  const { evidenceDir: dir, name: trial } = store
  const redactor = new Redactor({
    secrets: (agent.secrets ?? []).map((value) => ({ name: 'api-key', value })),
    builtIn: false,
  })
  const conceal = (value: unknown): unknown => redactor.value(value)
  const about = { dir, trial, task: task.id, agent: agent.name, kubemend: plan.kubemend }
  using recorder = new Recorder({ ...about, ...(agent.secrets?.length ? { conceal } : {}) })
  const session = new TrialSession(plan, recorder)
  const part = await bringToVerdict(session).catch((error: unknown) => explainInvalid(session, error))
  const reward = part.rewards?.['reward'] ?? (part.outcome === 'solved' ? 1 : 0)
  recorder.record({ type: 'outcome', outcome: part.outcome, because: part.because, reward })
  recorder.end()
  const targets = part.steps?.map(({ name, record }) => ({ file: store.trajectoryOf(name), record })) ?? []
  for (const { file, record } of [{ file: store.trajectory, record: undefined }, ...targets]) {
    await writeTrajectory(store.record, file, record).catch((error: unknown) =>
      store.log(`no trajectory: ${messageOf(error)}`),
    )
  }
  const facts: TrialFacts = {
    id: plan.id,
    planned: plan.planned,
    placed: plan.placed,
    agentVersion: agent.version,
    startedAt,
    finishedAt: new Date(),
    toolCalls: session.toolCalls,
    usage: session.usage,
    spans: session.spans,
    record: { head: recorder.head, lines: recorder.count },
    ...part,
  }
  await store.finish(facts)
  return facts
}

type ResultPart = Pick<TrialFacts, 'outcome' | 'because'> &
  Partial<Pick<TrialFacts, 'rewards' | 'verdicts' | 'error' | 'details' | 'steps'>>

async function bringToVerdict(session: TrialSession): Promise<ResultPart> {
  const { task, store } = session.plan
  const { contract } = task
  const found = await (isForeign(task)
    ? (await hasCluster(task))
      ? runForeign(session)
      : runInContainers(session)
    : task.manifest
      ? runManifest(session, task.manifest)
      : task.cluster
        ? runOnCluster(session, contract)
        : runInWorkspace(session, contract))
  if (found.rewards) return decideByScript(session, { ...found, rewards: found.rewards })
  const decided = decideOutcome(found.findings, found.agent)
  const rewards = await writeReward(store.verifierDir, found.findings, decided)
  const { errorType } = 'errorType' in found.agent ? found.agent : {}
  const error = errorType === undefined ? {} : { error: { type: errorType, message: decided.because, at: new Date() } }
  return { ...decided, ...error, rewards, verdicts: countVerdicts(found.findings), details: found.details }
}

/** A task's own script decides; what else changed is told beside it, and counts only where that was asked for. */
async function decideByScript(
  { plan }: TrialSession,
  found: Found & { rewards: Record<string, number> },
): Promise<ResultPart> {
  const { findings, details } = found
  const told = plan.isStrict ? findings : { ...findings, preservation: [], integrity: [] }
  const decided = decideOutcome(told, found.agent)
  const harm = [...findings.preservation, ...findings.integrity].filter(({ status }) => status !== 'met')
  const beside = harm.length === 0 ? 'nothing else was harmed' : `beside it: ${harm[0]?.because}`
  const said = found.steps === undefined ? findings.outcome[0]?.because : `of ${found.steps.length} steps, each is met`
  const because = decided.outcome === 'solved' ? `tests/test.sh: ${said}; ${beside}` : decided.because
  const rewards = decided.outcome === 'unsafe' ? { ...found.rewards, reward: 0 } : found.rewards
  await writeScriptReward(plan.store, findings, { ...decided, because }, rewards)
  const steps = found.steps === undefined ? {} : { steps: found.steps }
  return { ...decided, because, rewards, verdicts: countVerdicts(findings), details, ...steps }
}

/** What a trial says when it could not be brought to a verdict: never the agent's fault. */
function explainInvalid(session: TrialSession, error: unknown): ResultPart {
  const message = messageOf(error)
  const { whose, code } = error instanceof TrialFault ? error : { whose: 'harness' as const, code: 'internal' }
  const detail = error instanceof Error && error.stack ? { detail: error.stack } : {}
  session.recorder.record({ type: 'error', whose, code, message, phase: session.phase, ...detail })
  return {
    outcome: 'invalid',
    because: `${session.phase}: ${message}`,
    error: { type: code, message, at: new Date(), ...detail },
  }
}
