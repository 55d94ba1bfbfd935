import type { KubeObject } from '../base/kube-client.ts'
import { messageOf } from '../base/errors.ts'
import { kindOf } from '../base/kube-kinds.ts'
import { manifestStages, type ManifestSpec, type ManifestStage, type UnitTest } from '../task/manifest-spec.ts'
import { extractAnswer } from './extract-answer.ts'
import { measureText, type TextMetrics } from './metrics/text-metrics.ts'
import { isObject, parseAnswer } from './parse-answer.ts'
import { judgePolicy } from './policy/judge-policy.ts'
import { isSameReading, judgeRequirements, readingOf } from './requirements/judge-requirements.ts'
import type { ApiSchemas } from './schema/api-schemas.ts'
import { judgeSchema } from './schema/judge-schema.ts'
import { judgeEffects } from './site/judge-effects.ts'
import { ask, judgeState, judgeUntouched } from './site/judge-state.ts'
import type { Site } from './site/site.ts'
import { summarizeFindings, type Finding, type StageVerdict } from './verdict.ts'

/** Everything found about one answer. */
export interface AnswerJudgement {
  stages: StageVerdict[]
  /** The first stage that is not met; undefined when all are. */
  failedAt: ManifestStage | undefined
  /** Levels 1 to 4 are met. */
  isFullPass: boolean
  /** The answer was exactly one YAML stream; otherwise what had to be taken off. */
  isStrict: boolean
  stripped: string[]
  /** Undefined without a reference. */
  text: TextMetrics | undefined
  /** What the task and the answer speak of, as it was in the cluster when the last stage was judged; none without one. */
  live: KubeObject[]
}

export interface JudgeAnswerOptions {
  spec: ManifestSpec
  reference: string | undefined
  schemas: ApiSchemas
  /** Opens the place in a cluster where the answer is tried; without it only the text is judged. */
  openSite?: OpenSite
  /** Runs the script of tasks that are judged by one. */
  runUnitTest?: RunUnitTest
  /** Do not go on to stages after the first that is not met. */
  stopsAtFailure?: boolean
}

/** Runs a task's own script on an answer at a site; answers all that it printed. */
export type RunUnitTest = (
  site: Site,
  unitTest: UnitTest,
  answer: string,
) => Promise<{ output: string; isTimedOut: boolean }>

/** Opens a place in a cluster; alone when the answer could change what others see there. */
export type OpenSite = (options: { isAlone: boolean }) => Promise<Site>

/** Judges one answer, stage by stage. Levels 2 to 4 are looked at beside each other; the cluster sees what parses. */
export async function judgeAnswer(answer: string | Uint8Array, options: JudgeAnswerOptions): Promise<AnswerJudgement> {
  const { spec, reference } = options
  const log = new StageLog(options.stopsAtFailure === true)
  const extraction = extractAnswer(answer)
  const isStrict = extraction.stripped.length === 0 && extraction.text !== undefined
  await log.stage('extract', () => {
    if (extraction.text === undefined) return fail('extract/nothing', extraction.problem ?? 'there is no answer')
    if (spec.format === 'strict' && !isStrict) {
      return fail(
        'extract/not-strict',
        `only a YAML stream was asked for; the answer has ${extraction.stripped.join(', ')}`,
      )
    }
    return { findings: [], notes: extraction.stripped.map((what) => `took off ${what}`) }
  })
  const documents = await log.stage('L1', () => {
    const parsed = parseAnswer(extraction.text ?? '')
    return { findings: parsed.findings, notes: [], value: parsed.documents }
  })
  const parsed = documents ?? []
  if (log.isOpen) await judgeLevels(log, parsed, options)
  const unitTest = spec['unit-test']
  const text = extraction.text ?? ''
  const live = log.isOpen && options.openSite ? await judgeOnCluster(log, parsed, text, options) : []
  const stages = log.verdicts(options.openSite === undefined)
  const failedAt = stages.find(({ status }) => status === 'not-met' || status === 'unknown')?.stage
  return {
    stages,
    failedAt,
    isFullPass: stages.every(({ stage, status }) => {
      const counts = levels.has(stage) || (unitTest !== undefined && stage === 'accuracy')
      return !counts || status === 'met' || (unitTest !== undefined && stage === 'L3')
    }),
    isStrict,
    stripped: extraction.stripped,
    text: reference === undefined ? undefined : measureText(text, reference),
    live,
  }
}

/** The stages that full-pass is about; where a unit test judges, it stands for level 3. */
const levels: ReadonlySet<ManifestStage> = new Set(['extract', 'L1', 'L2', 'L3', 'L4'])

async function judgeLevels(log: StageLog, documents: readonly unknown[], options: JudgeAnswerOptions): Promise<void> {
  const { spec, schemas } = options
  const isRead = spec.operation === 'read'
  await log.stage('L2', async () =>
    isRead ? judgeReadingShape(documents) : judgeSchema(documents, schemas, { namesOnly: spec.operation === 'delete' }),
  )
  if (spec['unit-test']) log.leave('L3', 'the unit test says what was asked for')
  else await log.stage('L3', () => ({ findings: judgeRequirements(documents, spec), notes: [] }))
  await log.stage('L4', () => ({
    findings: isRead || spec.operation === 'delete' ? [] : judgePolicy(documents, spec),
    notes: [],
  }))
}

/** A reading is one document with the one field `answer`. */
function judgeReadingShape(documents: readonly unknown[]): { findings: Finding[]; notes: string[] } {
  const findings = documents
    .flatMap((document) => Object.keys(document as object))
    .filter((key) => key !== 'answer')
    .map((at): Finding => ({ id: 'L2/unknown-field', at, because: 'expected the field answer only' }))
  return { findings, notes: [] }
}

/** Judges what the answer does to a cluster, and says what is there afterwards. */
async function judgeOnCluster(
  log: StageLog,
  documents: readonly unknown[],
  text: string,
  options: JudgeAnswerOptions,
): Promise<KubeObject[]> {
  const { openSite, spec } = options
  if (!openSite) return []
  const objects = documents.filter(isObject)
  if (objects.length < documents.length && spec.operation !== 'read') {
    await log.stage('runtime', () => fail('runtime/no-object', 'a document has no apiVersion, kind and name'))
    return []
  }
  await using site = await openSite({ isAlone: !log.hasMet('L3') && objects.some(reachesOut) })
  if (spec['unit-test']) await judgeByUnitTest(log, site, text, options)
  else await judgeAtSite(log, site, documents, options)
  return options.stopsAtFailure === true ? [] : site.look(objects)
}

/** The script applies the answer itself, and its last word is the only one. */
async function judgeByUnitTest(
  log: StageLog,
  site: Site,
  text: string,
  { spec, runUnitTest }: JudgeAnswerOptions,
): Promise<void> {
  const unitTest = spec['unit-test']
  for (const stage of ['runtime', 'validity'] as const) log.leave(stage, 'the unit test applies the answer')
  await log.stage('accuracy', async () => {
    if (!unitTest || !runUnitTest) throw new Error('nobody here runs the unit test of a task')
    const { output, isTimedOut } = await runUnitTest(site, unitTest, text)
    const evidence = { unitTest: output.slice(-4000) }
    if (output.includes(unitTest.marker)) return { findings: [], notes: [], evidence }
    const last = output.trim().split('\n').at(-1)?.slice(0, 200) ?? ''
    const because = isTimedOut ? 'ended at its deadline' : `did not print ${unitTest.marker}`
    return {
      findings: [
        {
          id: 'accuracy/unit-test',
          because: `the unit test ${because}${last === '' ? '' : `; it ends with: ${last}`}`,
        },
      ],
      notes: [],
      evidence,
    }
  })
}

/** Whether an object may change what happens outside of its own namespace. */
function reachesOut(object: KubeObject): boolean {
  return object.kind !== 'Namespace' && kindOf(object)?.isNamespaced !== true
}

async function judgeAtSite(
  log: StageLog,
  site: Site,
  documents: readonly unknown[],
  { spec, reference }: JudgeAnswerOptions,
): Promise<void> {
  const objects = documents.filter(isObject)
  const isChange = spec.operation === 'update' || spec.operation === 'delete'
  const expected = spec.operation === 'update' ? await site.preview(objectsOf(reference)) : []
  await log.stage('runtime', async () => {
    if (spec.operation === 'read') return { findings: [], notes: [] }
    if (spec.operation === 'delete') return { findings: await site.remove(objects), notes: [] }
    const { findings, warnings } = await site.apply(objects)
    return { findings, notes: warnings }
  })
  if (!log.hasMet('runtime')) return
  await log.stage('validity', async () => ({ findings: await judgeState(site), notes: [] }))
  if (!log.hasMet('validity')) return
  await log.stage('accuracy', async () => {
    if (spec.operation === 'read') return judgeReadingLive(site, documents[0])
    const touched = isChange ? await judgeUntouched(site, expected) : []
    const { findings, evidence } = await judgeEffects(site)
    return { findings: [...touched, ...findings], notes: [], evidence }
  })
}

async function judgeReadingLive(site: Site, document: unknown): Promise<{ findings: Finding[]; notes: string[] }> {
  const { query } = site.task.spec
  const live = query && (await ask(site, query))
  const given = readingOf(document)
  if (isSameReading(given, live)) return { findings: [], notes: [] }
  return {
    findings: [
      {
        id: 'accuracy/answer',
        because: `the live state says ${JSON.stringify(live)}, the answer ${JSON.stringify(given)}`,
      },
    ],
    notes: [],
  }
}

function objectsOf(text: string | undefined): KubeObject[] {
  return parseAnswer(text ?? '').documents.filter(isObject)
}

interface Found<T> {
  findings: Finding[]
  notes: string[]
  evidence?: unknown
  value?: T
}

function fail(id: string, because: string): Found<never> {
  return { findings: [{ id, because }], notes: [] }
}

/** Collects what the stages say, and knows when there is nothing left to judge. */
class StageLog {
  readonly #verdicts = new Map<ManifestStage, StageVerdict>()
  readonly #stopsAtFailure: boolean
  isOpen = true

  constructor(stopsAtFailure: boolean) {
    this.#stopsAtFailure = stopsAtFailure
  }

  async stage<T>(stage: ManifestStage, judge: () => Found<T> | Promise<Found<T>>): Promise<T | undefined> {
    if (!this.isOpen) return undefined
    const startedAt = performance.now()
    const done = (verdict: Omit<StageVerdict, 'stage' | 'durationMs'>): void => {
      this.#verdicts.set(stage, { stage, ...verdict, durationMs: Math.round(performance.now() - startedAt) })
      const isFatal = stage === 'extract' || stage === 'L1' || this.#stopsAtFailure
      if (verdict.status !== 'met' && isFatal) this.isOpen = false
    }
    try {
      const { findings, notes, evidence, value } = await judge()
      done({
        status: findings.length === 0 ? 'met' : 'not-met',
        because: summarizeFindings(findings, fine[stage]),
        findings,
        notes,
        ...(evidence === undefined ? {} : { evidence }),
      })
      return value
    } catch (error) {
      done({ status: 'unknown', because: `could not be looked at: ${messageOf(error)}`, findings: [], notes: [] })
      return undefined
    }
  }

  /** Says that a stage is left to another one. */
  leave(stage: ManifestStage, because: string): void {
    if (this.isOpen)
      this.#verdicts.set(stage, { stage, status: 'skipped', because, findings: [], notes: [], durationMs: 0 })
  }

  hasMet(stage: ManifestStage): boolean {
    return this.#verdicts.get(stage)?.status === 'met'
  }

  verdicts(isTextOnly: boolean): StageVerdict[] {
    return manifestStages.map(
      (stage) =>
        this.#verdicts.get(stage) ?? {
          stage,
          status: 'skipped',
          because: isTextOnly && this.isOpen ? 'no cluster was asked' : 'an earlier stage is not met',
          findings: [],
          notes: [],
          durationMs: 0,
        },
    )
  }
}

const fine: Record<ManifestStage, string> = {
  extract: 'there is an answer to judge',
  L1: 'it is YAML',
  L2: 'every field is known and of its type',
  L3: 'it says what was asked for',
  L4: 'it keeps the security rules',
  runtime: 'the cluster took it',
  validity: 'every object is there and healthy',
  accuracy: 'it does what was asked and no more',
}
