import { mkdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Cluster } from '../../../environments/provider.ts'
import { askAll, type CheckVerdict } from '../../../verifiers/run-checks.ts'
import type { CommandResult } from '../../base/command.ts'
import { InputError } from '../../base/errors.ts'
import { KubeClient } from '../../base/kube-client.ts'
import { makeScratch } from '../../base/scratch.ts'
import { readAuditLog } from '../../state/audit-event.ts'
import type { ClusterState } from '../../state/cluster-state.ts'
import { judgeChanges, type Judgement } from '../../state/judge-changes.ts'
import { takeSnapshot } from '../../state/take-snapshot.ts'
import type { Contract } from '../../task/contract.ts'
import type { Task } from '../../task/task.ts'
import { identity, identityObjects, mintIdentity } from '../../trial/identity.ts'
import { decideOutcome } from '../../trial/outcome.ts'
import { worldKey, type PrepareOptions } from '../../trial/prepare-cluster.ts'
import { runAdminScript } from '../../trial/run-admin-script.ts'
import { verifyContext } from '../../trial/verify-context.ts'
import { breakHealthy, bringUpBroken, bringUpHealthy, type BroughtUp } from './bring-up.ts'
import { suggestLines, type SuggestedLines } from './suggest-lines.ts'

export interface DevOptions extends Omit<PrepareOptions, 'name' | 'signal'> {
  /** Keeps the next broken world ready, so that a reset need not wait for it. */
  hasSpare: boolean
  signal: AbortSignal
}

/** What a judge would say now. */
export interface DevVerdict {
  outcome: string
  because: string
  checks: CheckVerdict[]
  judgement: Judgement
  /** What would allow the violations. */
  lines: SuggestedLines
}

/** What an author works on: one task, and a cluster with its world, healthy or broken. */
export class DevSession implements AsyncDisposable {
  task: Task
  readonly #options: DevOptions
  readonly #scratch: string
  readonly #stop = new AbortController()
  #live: Live | undefined
  #spare: { key: string; broughtUp: Promise<BroughtUp> } | undefined
  #count = 0

  static async open(options: DevOptions): Promise<DevSession> {
    return new DevSession(options, await makeScratch('dev'))
  }

  private constructor(options: DevOptions, scratch: string) {
    this.#options = options
    this.#scratch = scratch
    this.task = options.task
    options.signal.addEventListener('abort', () => this.#stop.abort(options.signal.reason), { once: true })
  }

  get isBroken(): boolean {
    return this.#live?.baseline !== undefined
  }

  /** Whether somebody has ended it: nothing more can be done in it. */
  get isOver(): boolean {
    return this.#stop.signal.aborted
  }

  /** The cluster's admin, and the agent once the world is broken. */
  kubeconfigOf(who: 'admin' | 'agent'): string {
    const { cluster, baseline } = this.#there()
    if (who === 'admin') return cluster.kubeconfig
    if (!baseline) throw new InputError(['there is no agent before the world is broken'])
    return this.#agentKubeconfig()
  }

  /** A new cluster with the world as it was before anything broke it; answers what is wrong with it. */
  async startHealthy(): Promise<string | undefined> {
    await this.#end()
    const { cluster, complaint } = await bringUpHealthy(this.#prepare())
    this.#live = { cluster, client: await KubeClient.fromKubeconfig(cluster.kubeconfig) }
    return complaint
  }

  /** A new cluster with the broken world; answers what is wrong with it. */
  async startBroken(): Promise<string | undefined> {
    await this.#end()
    const { cluster, complaint } = await this.#takeSpare()
    this.#live = { cluster, client: await KubeClient.fromKubeconfig(cluster.kubeconfig) }
    await this.#takeBaseline()
    if (this.#options.hasSpare && complaint === undefined) this.#prepareSpare()
    return complaint
  }

  /** Breaks the healthy world that is there. */
  async break(): Promise<string | undefined> {
    const { cluster, baseline } = this.#there()
    if (baseline) throw new InputError(['the world is broken already; `reset healthy` brings back what was before'])
    const complaint = await breakHealthy(this.#prepare(), cluster)
    await this.#takeBaseline()
    return complaint
  }

  /** Asks the checks that must be met in the healthy world. */
  async askHealthy(): Promise<CheckVerdict[]> {
    return askAll(this.#contract().healthy, this.#context(), this.#options.verifiers)
  }

  /** Judges the cluster as it is at this moment, by the contract as it is now. */
  async judge(): Promise<DevVerdict> {
    const { client, cluster, baseline, brokenAt } = this.#there()
    if (!baseline || !brokenAt) throw new InputError(['there is nothing to judge before the world is broken'])
    const contract = this.#contract()
    const context = this.#context()
    const [outcome, preserve, after] = await Promise.all([
      askAll(contract.outcome, context, this.#options.verifiers),
      askAll(contract.preserve, context, this.#options.verifiers),
      takeSnapshot(client, { signal: this.#stop.signal }),
    ])
    const audit = cluster.auditLog === undefined ? undefined : await readAuditSince(cluster.auditLog, brokenAt)
    const judgement = judgeChanges({
      before: baseline,
      after,
      mayChange: contract.mayChange,
      mayGrant: contract.mayGrant,
      accept: contract.accept,
      agentUser: identity.user,
      harness: identityObjects(this.task.permissions),
      ...(audit ? { audit } : {}),
    })
    const violations = judgement.violations.map(({ name, because }) => verdictOf(name, because))
    const findings = { outcome, preservation: [...preserve, ...violations], integrity: [] }
    return {
      ...decideOutcome(findings, { reason: 'finished' }),
      checks: [...outcome, ...preserve],
      judgement,
      lines: suggestLines(judgement, { before: baseline, after }),
    }
  }

  /** Runs one of the task's scripts with the agent's own identity, where the oracle runs. */
  async runAsAgent(file: string): Promise<CommandResult> {
    return runAdminScript({
      file,
      taskDir: this.task.dir,
      mountedAt: '/solution',
      kubeconfig: this.kubeconfigOf('agent'),
      programs: this.#options.programs,
      timeoutMs: 600_000,
      signal: this.#stop.signal,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new InputError(['the session is over']))
    await Promise.all([this.#end(), this.#dropSpare()])
    await rm(this.#scratch, { recursive: true, force: true })
  }

  /** The baseline that everything is compared with from now on, and the agent. */
  async #takeBaseline(): Promise<void> {
    const live = this.#there()
    live.brokenAt = new Date()
    live.baseline = await takeSnapshot(live.client, { signal: this.#stop.signal })
    await mkdir(this.#scratch, { recursive: true })
    await mintIdentity(live.client, this.task.permissions, {
      kubeconfig: this.#agentKubeconfig(),
      lifetimeSeconds: 12 * 3600,
    })
  }

  async #takeSpare(): Promise<BroughtUp> {
    const spare = this.#spare
    this.#spare = undefined
    if (spare?.key === this.#worldKey()) {
      const broughtUp = await spare.broughtUp.catch(() => undefined)
      if (broughtUp && (await broughtUp.cluster.brokenBecause()) === undefined) return broughtUp
    } else if (spare) await destroySpare(spare.broughtUp)
    return bringUpBroken(this.#prepare())
  }

  #prepareSpare(): void {
    const broughtUp = bringUpBroken({ ...this.#prepare(), onProgress: () => undefined })
    // whether it came up is asked when it is wanted
    broughtUp.catch(() => undefined)
    this.#spare = { key: this.#worldKey(), broughtUp }
  }

  async #dropSpare(): Promise<void> {
    const spare = this.#spare
    this.#spare = undefined
    if (spare) await destroySpare(spare.broughtUp)
  }

  async #end(): Promise<void> {
    const live = this.#live
    this.#live = undefined
    live?.client[Symbol.dispose]()
    await live?.cluster.destroy()
  }

  #there(): Live {
    if (this.#live) return this.#live
    throw new InputError(['there is no cluster; `reset` brings one up'])
  }

  #contract(): Contract {
    if (this.task.contract) return this.task.contract
    throw new InputError([`${this.task.id}: there is no tests/contract.yaml to judge by`])
  }

  #context(): ReturnType<typeof verifyContext> {
    const { cluster, client, baseline } = this.#there()
    const { programs } = this.#options
    const signal = this.#stop.signal
    return verifyContext({
      client,
      cluster,
      programs,
      taskDir: this.task.dir,
      signal,
      ...(baseline ? { baseline } : {}),
    })
  }

  #prepare(): PrepareOptions {
    this.#count += 1
    const { hasSpare: _, ...options } = this.#options
    return { ...options, task: this.task, name: `dev${process.pid}-${this.#count}`, signal: this.#stop.signal }
  }

  #worldKey(): string {
    return worldKey(this.task, this.#options.provider)
  }

  #agentKubeconfig(): string {
    return path.join(this.#scratch, 'agent')
  }
}

interface Live {
  cluster: Cluster
  client: KubeClient
  baseline?: ClusterState
  brokenAt?: Date
}

async function readAuditSince(file: string, since: Date): Promise<ReturnType<typeof readAuditLog>> {
  const events = readAuditLog(await readFile(file, 'utf8'))
  return events.filter(({ requestReceivedTimestamp }) => Date.parse(requestReceivedTimestamp) >= since.getTime())
}

async function destroySpare(broughtUp: Promise<BroughtUp>): Promise<void> {
  const there = await broughtUp.catch(() => undefined)
  await there?.cluster.destroy()
}

function verdictOf(verifier: string, because: string): CheckVerdict {
  return { verifier, at: 'preserve', status: 'not-met', because, durationMs: 0 }
}
