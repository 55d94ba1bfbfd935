import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Cluster } from '../../environments/provider.ts'
import type { CheckVerdict } from '../../verifiers/run-checks.ts'
import type { KubeClient } from '../base/kube-client.ts'
import { judgeAnswer, type AnswerJudgement, type OpenSite } from '../manifest/judge-answer.ts'
import { createApiSchemas, type ApiSchemas } from '../manifest/schema/api-schemas.ts'
import { Site } from '../manifest/site/site.ts'
import type { StageVerdict } from '../manifest/verdict.ts'
import type { ManifestPart } from '../task/manifest-spec.ts'
import { mintLooking } from './looking-identity.ts'
import type { AgentPart } from './outcome.ts'
import type { Found } from './run.ts'
import { createUnitTestRunner } from './run-unit-test.ts'
import { TrialFault } from './trial-fault.ts'
import type { TrialSession } from './trial-session.ts'

/** A cluster that several trials use at once, each in a namespace of its own. */
export interface SharedCluster {
  cluster: Cluster
  client: KubeClient
}

/** A trial of a task that wants one answer: the agent answers, the answer is judged stage by stage. */
export async function runManifest(session: TrialSession, manifest: ManifestPart): Promise<Found> {
  const { task, store, shareCluster } = session.plan
  if (!shareCluster) throw new TrialFault('harness', 'no-cluster', 'nobody lends this trial a cluster')
  const { cluster, client } = await session.step('prepare', () => shareCluster(task), 'environment')
  await using turn = await takeTurn(`${cluster.name} ${task.id}`)
  void turn
  const siteTask = { spec: manifest.spec, world: task.world.map(({ object }) => object) }
  const at = { client, task: siteTask, signal: session.signal }
  const openSite: OpenSite = ({ isAlone }) => Site.open({ ...at, isAlone })

  const { part, answer } = await session.step(
    'agent',
    () => askAgent(session, manifest, client, () => Site.open({ ...at, onlyLooks: true })),
    'agent',
  )
  await writeFile(path.join(store.artifactsDir, 'answer.txt'), answer)

  const judgement = await session.step(
    'verify',
    () =>
      judgeAnswer(answer, {
        spec: manifest.spec,
        reference: manifest.reference,
        schemas: schemasOf(client),
        openSite,
        runUnitTest: createUnitTestRunner(session.plan.programs),
      }),
    'verifier',
  )
  const broken = await cluster.brokenBecause()
  if (broken !== undefined) throw new TrialFault('cluster', 'cluster-broken', broken)
  const findings = { outcome: judgement.stages.flatMap(verdictOf), preservation: [], integrity: [] }
  session.recordVerdicts('outcome', findings.outcome)
  await session.step('collect', async () => {
    const { live, ...manifestJudgement } = judgement
    await store.writeJson(store.verdicts, { findings, manifest: manifestJudgement })
    await store.writeJson(store.liveObjects, { objects: live })
  })
  return {
    findings,
    agent: part,
    details: {
      provider: session.plan.provider.name,
      kubernetes: cluster.spec.kubernetes,
      manifest: summarize(judgement, manifest),
    },
  }
}

/** Asks for the answer, in one message or after the agent looked around. */
async function askAgent(
  session: TrialSession,
  manifest: ManifestPart,
  client: KubeClient,
  openSite: () => Promise<Site>,
): Promise<{ part: AgentPart; answer: string }> {
  const { agent, tools, programs, budget, task } = session.plan
  let answer = ''
  if (agent.answer) {
    const part = await session.askOnce({ reference: manifest.reference, onAnswer: (text) => (answer = text) })
    return { part, answer }
  }
  // it may look at the world that the answer is for, which is made anew when the answer is judged
  await using site = await openSite()
  void site
  await using gateway = await session.openGateway({ tools, kubectl: programs.kubectl })
  let looking: AsyncDisposable | undefined
  const part = await session.runAgent(gateway, {
    onMessage: (text) => (answer = text),
    async handOver(dir) {
      const kubeconfig = path.join(dir, 'agent')
      const lifetimeSeconds = budget.timeMs / 1000 + 600
      looking = await mintLooking(client, {
        task: task.id,
        namespace: manifest.spec.namespace,
        kubeconfig,
        lifetimeSeconds,
      })
      await gateway.handOver(kubeconfig)
    },
  })
  await gateway.end('the trial is over')
  await looking?.[Symbol.asyncDispose]()
  return { part, answer }
}

/** A stage as a check of the trial; those that nobody came to are left out. */
function verdictOf(stage: StageVerdict): CheckVerdict[] {
  if (stage.status === 'skipped') return []
  const { status, because, findings, notes, evidence, durationMs } = stage
  return [
    {
      verifier: `manifest-${stage.stage}`,
      at: 'answer',
      status,
      because,
      evidence: { findings, notes, evidence },
      durationMs,
    },
  ]
}

/** What a trial's result says of the stages, for funnels and comparisons. */
export interface ManifestDetails {
  operation: string
  kind: string
  level: string
  split: string
  stages: Record<string, StageVerdict['status']>
  failedAt?: string
  /** The id of the first finding against it. */
  finding?: string
  isFullPass: boolean
  isStrict: boolean
  text?: AnswerJudgement['text']
}

function summarize(judgement: AnswerJudgement, { spec, level, split }: ManifestPart): ManifestDetails {
  const { failedAt, text, isFullPass, isStrict, stages } = judgement
  const finding = stages.find(({ stage }) => stage === failedAt)?.findings[0]?.id
  return {
    operation: spec.operation,
    kind: spec.objects[0]?.kind ?? spec.query?.kind ?? '',
    level,
    split,
    stages: Object.fromEntries(stages.map(({ stage, status }) => [stage, status])),
    ...(failedAt === undefined ? {} : { failedAt }),
    ...(finding === undefined ? {} : { finding }),
    isFullPass,
    isStrict,
    ...(text === undefined ? {} : { text }),
  }
}

const schemas = new WeakMap<KubeClient, ApiSchemas>()

function schemasOf(client: KubeClient): ApiSchemas {
  let known = schemas.get(client)
  if (!known) schemas.set(client, (known = createApiSchemas(client)))
  return known
}

/** Two trials of one task on one cluster would want one namespace: they take turns. */
async function takeTurn(key: string): Promise<AsyncDisposable> {
  const before = turns.get(key)
  const own = Promise.withResolvers<void>()
  turns.set(key, own.promise)
  await before
  return {
    [Symbol.asyncDispose]() {
      if (turns.get(key) === own.promise) turns.delete(key)
      own.resolve()
      return Promise.resolve()
    },
  }
}

const turns = new Map<string, Promise<void>>()
