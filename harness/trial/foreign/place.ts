import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { CommandResult } from '../../base/command.ts'
import { KubeClient } from '../../base/kube-client.ts'
import { makeScratch } from '../../base/scratch.ts'
import type { ForeignPlan, ForeignService } from '../../harbor/foreign-plan.ts'
import { rewriteKubeconfig, whoIs } from './cluster.ts'
import { forgetForeignWorld, openForeignWorld, readForeignKubeconfig, type ForeignWorld } from './world.ts'
import { clusterNameOf } from '../run-on-cluster.ts'
import { runInSandbox, type SandboxMount } from '../sandbox.ts'
import { readPort } from '../script-access.ts'
import { TrialFault } from '../trial-fault.ts'
import type { TrialSession } from '../trial-session.ts'
import { untilHealthcheck } from './until-healthcheck.ts'

/** Where a foreign task is repaired: its world, and the agent's way into it. */
export interface ForeignPlace extends AsyncDisposable {
  world: ForeignWorld
  /** The agent's kubeconfig with the API server where it is on this machine, and who that is. */
  kubeconfig: string
  user: string
  dir: string
}

/** A foreign task's world, ready for the agent; a kept one whose tokens have run out is made anew. */
export async function openForeignPlace(session: TrialSession, foreign: ForeignPlan): Promise<ForeignPlace> {
  const { plan, signal } = session
  if (!plan.provider.capabilities.apiServerNames) {
    throw new TrialFault(
      'harness',
      'provider',
      `clusters of ${plan.provider.name} cannot stand in for those of foreign tasks`,
    )
  }
  const options = { foreign, plan, name: clusterNameOf(plan.store), signal }
  const first = await openPlace(session, foreign, options)
  if (first.place) return first.place
  // tokens of a world that was kept for long may have run out
  if (first.isRestored) {
    await forgetForeignWorld(options)
    const second = await openPlace(session, foreign, options)
    if (second.place) return second.place
    throw new TrialFault('task', 'no-kubeconfig', second.problem)
  }
  throw new TrialFault('task', 'no-kubeconfig', first.problem)
}

type Opened = { place: ForeignPlace } | { place?: undefined; problem: string; isRestored: boolean }

async function openPlace(
  session: TrialSession,
  foreign: ForeignPlan,
  options: Parameters<typeof openForeignWorld>[0],
): Promise<Opened> {
  const world = await openForeignWorld(options)
  const dir = await makeScratch('foreign-agent')
  const end = async (): Promise<void> => {
    await world[Symbol.asyncDispose]()
    await rm(dir, { recursive: true, force: true })
  }
  try {
    await world.startMain()
    await untilHealthy(session, foreign, world)
    const found = await findAgentAccess(foreign, world, dir)
    if ('user' in found) return { place: { world, dir, ...found, [Symbol.asyncDispose]: end } }
    await end()
    return { ...found, isRestored: world.isRestored }
  } catch (error) {
    await end()
    throw error
  }
}

/** The agent's kubeconfig, wherever a service sees it: as the task made it, whatever became of it in the agent's copy. */
export function accessAt(foreign: ForeignPlan, world: ForeignWorld, service: ForeignService): SandboxMount[] {
  const from = world.hostPath(foreign.main, foreign.agentKubeconfig)
  if (from === undefined) return []
  if (service === foreign.main) return [{ from, to: foreign.agentKubeconfig, isWritable: true }]
  return service.mounts.flatMap(({ target }) => {
    const inside = path.relative(world.hostPath(service, target) ?? '/', from)
    return inside.startsWith('..') ? [] : [{ from, to: path.posix.join(target, inside), isWritable: true }]
  })
}

/** The kubeconfig that the task's services left for the agent, rewritten to where the API server is. */
async function findAgentAccess(
  foreign: ForeignPlan,
  world: ForeignWorld,
  dir: string,
): Promise<{ kubeconfig: string; user: string } | { problem: string }> {
  const at = foreign.agentKubeconfig
  const file = world.hostPath(foreign.main, at)
  const text = file === undefined ? undefined : await readForeignKubeconfig(file)
  if (text === undefined)
    return { problem: `there is no kubeconfig at ${at} in main after the task's services have run` }
  const server = `https://127.0.0.1:${await readPort(world.cluster.kubeconfig)}`
  const rewritten = rewriteKubeconfig(text, server)
  if (typeof rewritten !== 'string') return { problem: `${at} in main: ${rewritten.problem}` }
  const kubeconfig = path.join(dir, 'kubeconfig')
  await writeFile(kubeconfig, rewritten, { mode: 0o600 })
  using admin = await KubeClient.fromKubeconfig(world.cluster.kubeconfig)
  const user = await whoIs(admin, kubeconfig)
  return user === undefined ? { problem: `the cluster does not know who ${at} in main is` } : { kubeconfig, user }
}

/** Harbor's own health check of main, where the task has one. */
async function untilHealthy(session: TrialSession, foreign: ForeignPlan, world: ForeignWorld): Promise<void> {
  const healthcheck = session.plan.task.toml.environment.healthcheck
  if (!healthcheck) return
  const ask = async (): Promise<CommandResult> =>
    runInSandbox({
      ...(await world.sandboxOf(foreign.main)),
      argv: ['bash', '-c', healthcheck.command],
      timeoutMs: healthcheck.timeout_sec * 1000,
    })
  await untilHealthcheck('environment', healthcheck, ask, session.signal)
}
