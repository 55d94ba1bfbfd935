import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { RecordedEvent } from '../../record/events.ts'
import { readRecord } from '../../record/reader.ts'
import type { Violation } from '../../state/violation.ts'
import type { TrialStore } from '../../store/trial-store.ts'
import { nameOf, readClusterStory } from './cluster-story.ts'
import type { CallStep, Change, Step, Story, StoryVerdict, StoryViolation } from './story.ts'

/** Puts a trial's record, timeline and verdicts together. Works on a trial that is still running, too. */
export async function readStory(store: TrialStore): Promise<Story> {
  const story: Story = {
    begins: 0,
    ends: 0,
    agentBegins: undefined,
    agentEnds: undefined,
    phases: [],
    steps: [],
    pods: [],
    verdicts: [],
    violations: [],
    moments: {},
    outcome: undefined,
    isOpen: true,
  }
  if (!existsSync(store.record)) return story
  const calls = new Map<string, CallStep>()
  const callOfAudit = new Map<string, string>()
  for await (const event of readRecord(store.record)) add(story, event, calls, callOfAudit)
  if (existsSync(store.timeline)) await addCluster(story, store.timeline)
  await addViolations(story, store.verdicts, callOfAudit)
  return story
}

function add(story: Story, event: RecordedEvent, calls: Map<string, CallStep>, callOfAudit: Map<string, string>): void {
  const { ms } = event
  story.ends = ms
  switch (event.type) {
    case 'phase-started':
      story.phases.push({ phase: event.phase, from: ms, to: Infinity })
      if (event.phase === 'agent') story.agentBegins = ms
      return
    case 'phase-ended': {
      const phase = story.phases.findLast((p) => p.phase === event.phase && p.to === Infinity)
      if (phase)
        Object.assign(phase, { to: ms, ...(event.failedBecause ? { failedBecause: event.failedBecause } : {}) })
      return
    }
    case 'agent-started':
      story.agentBegins = ms
      return
    case 'prompt':
      story.steps.push({ kind: 'prompt', ms, role: event.role, text: event.text })
      return
    case 'agent-message': {
      const { text, reasoning, model, usage, costUsd, durationMs } = event
      story.steps.push({
        kind: 'message',
        ms,
        text,
        ...(reasoning === undefined ? {} : { reasoning }),
        ...(model === undefined ? {} : { model }),
        ...(usage === undefined ? {} : { usage }),
        ...(costUsd === undefined ? {} : { costUsd }),
        ...(durationMs === undefined ? {} : { durationMs }),
      })
      return
    }
    case 'tool-call-started': {
      const step: CallStep = {
        kind: 'call',
        ms,
        call: event.call,
        tool: event.tool,
        command: commandOf(event.tool, event.arguments),
        text: '',
        isError: false,
        outcome: 'running',
        requests: [],
        changes: [],
        followers: 0,
      }
      calls.set(event.call, step)
      story.steps.push(step)
      return
    }
    case 'tool-call-finished': {
      const { text, isError, outcome, exitCode, refusedBy, durationMs } = event
      const step = calls.get(event.call)
      if (step) Object.assign(step, { text, isError, outcome, exitCode, refusedBy, durationMs })
      return
    }
    case 'api-request': {
      const { method, path, status, durationMs, auditId } = event
      callOfAudit.set(auditId, event.call)
      calls.get(event.call)?.requests.push({ method, path, status, durationMs, auditId })
      return
    }
    case 'agent-submitted':
      story.steps.push({ kind: 'submit', ms, text: event.summary })
      return
    case 'agent-ended':
      story.agentEnds = ms
      story.steps.push({
        kind: 'ended',
        ms,
        text: endWords[event.reason] + (event.because ? `: ${event.because}` : ''),
      })
      return
    case 'budget': {
      const text = `${event.used} of ${event.limit} ${budgetWords[event.kind]} ${event.state === 'spent' ? 'spent' : 'used'}`
      story.steps.push({ kind: 'budget', ms, text, isSpent: event.state === 'spent' })
      return
    }
    case 'integrity-finding':
      story.steps.push({ kind: 'finding', ms, finding: event.finding, text: event.because })
      return
    case 'error': {
      const text = [event.message, event.detail].filter(Boolean).join('\n')
      story.steps.push({ kind: 'error', ms, whose: event.whose, code: event.code, text })
      return
    }
    case 'note':
      story.steps.push({ kind: 'note', ms, text: event.text })
      return
    case 'verdict': {
      const { about, check, verdict, because, evidence } = event
      story.verdicts.push({ about, check, verdict, because, ms, ...evidenceOf(evidence) })
      return
    }
    case 'outcome':
      story.outcome = { outcome: event.outcome, because: event.because }
      return
    case 'record-ended':
      story.isOpen = false
      return
    default:
  }
}

/** What changed after each call, as far as the next one; and what changed before the first and after the agent. */
async function addCluster(story: Story, file: string): Promise<void> {
  const calls = story.steps.filter((step) => step.kind === 'call')
  const begins = story.agentBegins ?? calls[0]?.ms ?? story.begins
  const cuts = [begins, ...calls.map(({ ms }) => ms)]
  const revokedAt = story.phases.find(({ phase }) => phase === 'revoke')?.from
  const cluster = await readClusterStory(file, { cuts, until: story.ends, revokedAt })
  const [before, ...segments] = cluster.segments
  for (const [i, segment] of segments.entries()) {
    const call = calls[i]
    if (call) Object.assign(call, segment)
  }
  if (before && before.changes.length > 0) {
    const place = story.steps.findIndex((step) => step.kind === 'call')
    story.steps.splice(place === -1 ? story.steps.length : place, 0, { kind: 'quiet', ms: begins, ...before })
  }
  story.pods = chooseLanes(cluster.pods, begins)
  const wasMet = story.outcome?.outcome === 'solved' || story.outcome?.outcome === 'unsafe'
  if (wasMet && cluster.settledAt !== undefined)
    story.moments.fixed = { ms: cluster.settledAt, step: stepAt(story.steps, cluster.settledAt) }
}

/** The call that was under way, or had just been made. */
function stepAt(steps: readonly Step[], ms: number): number | undefined {
  const place = steps.findLastIndex((step) => step.kind === 'call' && step.ms <= ms)
  return place === -1 ? undefined : place
}

/** Pods that did something first; the others are only said to be there. */
function chooseLanes(pods: Story['pods'], agentBegins: number): Story['pods'] {
  const isEventful = ({ spans }: Story['pods'][number]): boolean =>
    spans.some(([from, , health]) => from > agentBegins || (health !== 'ready' && health !== 'done'))
  return [...pods.filter(isEventful), ...pods.filter((lane) => !isEventful(lane))].slice(0, 40)
}

async function addViolations(story: Story, file: string, callOfAudit: ReadonlyMap<string, string>): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return
  const { judgement } = JSON.parse(text) as { judgement?: { violations?: Violation[] } }
  let first: { ms: number; step: number; because: string } | undefined
  for (const violation of judgement?.violations ?? []) {
    const { name, because, object, path, difference } = violation
    const by = difference?.by
    const call = by && 'auditId' in by && typeof by.auditId === 'string' ? callOfAudit.get(by.auditId) : undefined
    const step = story.steps.findIndex((s) => s.kind === 'call' && s.call === call)
    const told: StoryViolation = { name, because, object: nameOf(object), ...(path === undefined ? {} : { path }) }
    if (step !== -1) {
      told.step = step
      const its = story.steps[step] as CallStep
      markChange(its.changes, told)
      if (!first || its.ms < first.ms) first = { ms: its.ms, step, because }
    }
    story.violations.push(told)
  }
  if (first) story.moments.protectedChange = first
}

function markChange(changes: Change[], { object, path }: StoryViolation): void {
  for (const change of changes) {
    const isIt = change.object === object && (path === undefined || change.path === '' || change.path === path)
    if (isIt) change.isViolation = true
  }
}

function commandOf(tool: string, args: Record<string, unknown>): string {
  const { file, stdin, args: own, command = own, ...others } = args
  const words = Array.isArray(command) ? command.map(String).map(quoted).join(' ') : command
  if (typeof words === 'string' && Object.keys(others).length === 0 && file === undefined) {
    const line = tool === 'kubectl' && !words.trimStart().startsWith('kubectl') ? `kubectl ${words}` : words
    return typeof stdin === 'string' && stdin !== '' ? `${line} <<'END'\n${stdin}\nEND` : line
  }
  // what was said with it is a step of its own
  if (tool === 'submit') return tool
  if (tool === 'script' && typeof file === 'string') return file
  return Object.keys(args).length === 0 ? tool : `${tool} ${JSON.stringify(args)}`
}

/** A word of a command line as one would type it. */
function quoted(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}

function evidenceOf(evidence: unknown): Pick<StoryVerdict, 'evidence'> {
  if (evidence === undefined) return {}
  const text = JSON.stringify(evidence, undefined, 2)
  return { evidence: text.length > 20_000 ? `${text.slice(0, 20_000)}…` : text }
}

const endWords = {
  submitted: 'The agent said that it was done',
  finished: 'The agent ended',
  budget: 'A budget ended the agent',
  error: 'The agent broke',
  provider: 'The model could not be reached',
  interrupted: 'The trial was interrupted',
}

const budgetWords = {
  time: 'milliseconds',
  'tool-calls': 'tool calls',
  steps: 'steps',
  tokens: 'tokens',
  money: 'dollars',
}
