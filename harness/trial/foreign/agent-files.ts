import { cp, mkdir, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { ForeignPlan } from '../../harbor/foreign-plan.ts'
import type { ForeignWorld } from './world.ts'

/** What of main is the agent's to spoil. */
export interface AgentFiles {
  /** Where the agent's copy of a file of main is; undefined for what lies nowhere on this machine. */
  placeOf: (place: string) => string | undefined
  /** Copies of main's own files and of what services share; whatever the agent does to them ends with them. */
  root: string
  shared: string
  logs: string
  workspace: string | undefined
}

/** Copies main for the agent, without the token that the gateway keeps. */
export async function copyForAgent(foreign: ForeignPlan, world: ForeignWorld, dir: string): Promise<AgentFiles> {
  const copy = async (name: string, from: string | undefined): Promise<string> => {
    const to = path.join(dir, name)
    if (from !== undefined) await cp(from, to, { recursive: true, verbatimSymlinks: true })
    return to
  }
  const root = await copy('root', world.hostPath({ ...foreign.main, mounts: [] }, '/'))
  const shared = await copy('shared', world.shared)
  const logs = path.join(dir, 'logs')
  for (const name of ['agent', 'verifier', 'artifacts']) await mkdir(path.join(logs, name), { recursive: true })
  const inCopies = (place: string): string | undefined => {
    const file = world.hostPath(foreign.main, place)
    if (file === undefined) return undefined
    const isShared = file.startsWith(`${world.shared}/`)
    const base = isShared ? world.shared : (world.hostPath({ ...foreign.main, mounts: [] }, '/') ?? '')
    return path.join(isShared ? shared : root, path.relative(base, file))
  }
  // the token is the gateway's to know; file tools must not find it
  const kubeconfig = inCopies(foreign.agentKubeconfig)
  if (kubeconfig !== undefined) await writeFile(kubeconfig, '# the gateway has it\n')
  const workspace = foreign.workspace === undefined ? undefined : inCopies(foreign.workspace)
  const isThere = workspace !== undefined && (await stat(workspace).catch(() => undefined))?.isDirectory()
  return { placeOf: inCopies, root, shared, logs, workspace: isThere ? workspace : undefined }
}
