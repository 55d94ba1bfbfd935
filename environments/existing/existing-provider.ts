import { thisProcess } from '../../harness/base/daemon.ts'
import { InputError, KubemendError, messageOf } from '../../harness/base/errors.ts'
import { KubeClient } from '../../harness/base/kube-client.ts'
import { officialImages } from '../kind/official-images.ts'
import { nodeVersions } from '../node/versions.ts'
import type { Capabilities, Cluster, ClusterSpec, CreateOptions, Problem, Provider } from '../provider.ts'
import { hasCondition, waitForAll } from '../wait-ready.ts'
import { borrowingProblems, checkBorrowingSpec } from './check-borrowing.ts'
import { ExistingCluster } from './existing-cluster.ts'
import { ExistingFolder, type ExistingRecord } from './existing-folder.ts'
import { foreignNamespaces } from './foreign-namespaces.ts'
import { giveBack } from './give-back.ts'
import { listBorrowed, removeBorrowedLeftovers } from './leftovers.ts'
import { readContext } from './read-context.ts'
import { surveyCluster } from './survey.ts'

export interface ExistingOptions {
  /** The contexts that the user named: each is lent to one trial at a time, and no other is ever touched. */
  contexts: string[]
  /** The user's kubeconfig; without one, what kubectl would read. */
  kubeconfig?: string
  /** The user says that everything in this cluster may be lost (--i-own-this-cluster). */
  isOwned?: boolean
  /** The API server's audit log, where this machine has it as a file. */
  auditLog?: string
}

/**
 * A cluster that is there already, for namespaced tasks: lent to one trial at a time and given back as it was, without
 * anything that was not in it before.
 */
export function createExistingProvider(options: ExistingOptions): Provider {
  const capabilities = capabilitiesOf(options)
  return {
    name: 'existing',
    capabilities,
    problems: () => findProblems(options),
    create: (spec, how) => borrow(spec, how, options, capabilities),
    async hasSnapshot() {
      return false
    },
    async restore(key) {
      throw new InputError([`there is no snapshot ${key}: a cluster that is only lent cannot be kept and restored`])
    },
    async attach(name) {
      const folder = new ExistingFolder(name)
      const record = await folder.readRecord()
      if (!record) {
        throw new InputError([`no existing cluster is in use as ${name}`], { hint: 'kubemend cluster list' })
      }
      return new ExistingCluster(folder, record, capabilitiesOf(record))
    },
    list: listBorrowed,
    removeLeftovers: removeBorrowedLeftovers,
  }
}

function capabilitiesOf({ auditLog }: { auditLog?: string }): Capabilities {
  return {
    snapshots: false,
    multipleNodes: false,
    nodeExec: false,
    loadImage: false,
    auditLog: auditLog !== undefined,
    nodeCapacity: false,
    apiServerNames: false,
    // any that Kubemend knows: a task that wants another than the cluster has is refused
    kubernetesVersions: knownMinors,
  }
}

async function findProblems(options: ExistingOptions): Promise<Problem[]> {
  if (options.contexts.length === 0) return [{ what: 'no context is named', cure: namingHint }]
  const problems = await Promise.all(options.contexts.map((context) => whyNot(context, options)))
  return problems.flatMap((problem) => problem ?? [])
}

async function whyNot(context: string, options: ExistingOptions): Promise<Problem | undefined> {
  try {
    using client = new KubeClient((await readContext({ ...options, context })).access)
    await client.get('/version', { timeoutMs: 10_000 })
    const foreign = options.isOwned ? [] : await foreignNamespaces(client)
    return foreign.length === 0 ? undefined : { what: holds(context, foreign), cure: ownCure }
  } catch (error) {
    return { what: `context ${context}: ${messageOf(error)}`, cure: 'name a context that kubectl reaches' }
  }
}

/** The first of the contexts that is free and has what the spec wants. */
async function borrow(
  spec: ClusterSpec,
  how: CreateOptions,
  options: ExistingOptions,
  capabilities: Capabilities,
): Promise<Cluster> {
  checkBorrowingSpec(spec)
  how.signal?.throwIfAborted()
  if (options.contexts.length === 0) throw new InputError(['no context is named'], { hint: namingHint })
  const refusals: KubemendError[] = []
  for (const context of options.contexts) {
    try {
      return await borrowContext(context, spec, how, options, capabilities)
    } catch (error) {
      if (!(error instanceof KubemendError) || how.signal?.aborted) throw error
      refusals.push(error)
    }
  }
  const [only] = refusals
  if (refusals.length === 1 && only) throw only
  throw new InputError(
    refusals.map((refusal) => refusal.message),
    only?.hint === undefined ? {} : { hint: only.hint },
  )
}

async function borrowContext(
  name: string,
  spec: ClusterSpec,
  how: CreateOptions,
  options: ExistingOptions,
  capabilities: Capabilities,
): Promise<Cluster> {
  const say = how.onProgress ?? (() => undefined)
  const context = await readContext({ ...options, context: name })
  const folder = new ExistingFolder(spec.name)
  const record: ExistingRecord = {
    spec,
    createdAt: new Date().toISOString(),
    owner: how.owner === 'nobody' ? null : thisProcess(),
    maker: thisProcess(),
    state: 'starting',
    context: name,
    server: context.access.server,
    ...(options.auditLog === undefined ? {} : { auditLog: options.auditLog }),
  }
  await folder.claim(record, context.kubeconfig)
  try {
    using client = new KubeClient(context.access)
    await refuseUnfit(client, name, spec, options)
    say(`context ${name} is free and fits`)
    await waitForAll(client, '/api/v1/nodes', {
      what: `every node of context ${name} to be Ready`,
      timeoutMs: 60_000,
      atLeast: 1,
      isDone: (node) => hasCondition(node, 'Ready'),
      ...(how.signal ? { signal: how.signal } : {}),
    })
    how.signal?.throwIfAborted()
    await folder.writeSurvey(await surveyCluster(client))
    say(`context ${name} surveyed: what is new at the end will be removed`)
    how.signal?.throwIfAborted()
    record.state = 'running'
    await folder.writeRecord(record)
    return new ExistingCluster(folder, record, capabilities)
  } catch (error) {
    await giveBack(folder, record)
    throw error
  }
}

async function refuseUnfit(
  client: KubeClient,
  context: string,
  spec: ClusterSpec,
  options: ExistingOptions,
): Promise<void> {
  const foreign = options.isOwned ? [] : await foreignNamespaces(client)
  if (foreign.length > 0) throw new KubemendError('not-ours', holds(context, foreign), { hint: ownCure })
  const problems = await borrowingProblems(client, spec)
  if (problems.length === 0) return
  throw new InputError(
    problems.map((problem) => `context ${context}: ${problem}`),
    { hint: 'use --cluster node or --cluster kind for this task' },
  )
}

function holds(context: string, foreign: string[]): string {
  return `context ${context} holds more than system namespaces: ${foreign.join(', ')}`
}

const knownMinors = [...new Set([...Object.keys(nodeVersions), ...Object.keys(officialImages)])]

const namingHint = 'say --cluster existing:CONTEXT[,CONTEXT...]'

const ownCure = 'use a cluster of your own for this, or say --i-own-this-cluster'
