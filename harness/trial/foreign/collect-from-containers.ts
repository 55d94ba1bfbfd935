import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { makeScratch } from '../../base/scratch.ts'
import type { ContainerPlan, PlannedStage } from '../../harbor/container-plan.ts'
import { wantedArtifacts, type WantedArtifact } from '../../harbor/wanted-artifacts.ts'
import { ArtifactFolder, type ArtifactFile } from './artifact-folder.ts'
import type { TaskContainers } from './task-containers.ts'
import type { TrialSession } from '../trial-session.ts'

/** What the steps of a trial in containers share. */
export interface ContainerParts {
  session: TrialSession
  plan: ContainerPlan
  containers: TaskContainers
}

/** Collects what the task wants of its services, main's first; best effort, as in Harbor. */
export async function collectFromContainers(parts: ContainerParts, stage: PlannedStage): Promise<ArtifactFile[]> {
  const { session, plan, containers } = parts
  const { store } = session.plan
  const folder = new ArtifactFolder(store.artifactsDir, (line) => store.log(line))
  const wanted = wantedArtifacts(stage.artifacts)
  const ofMain = ({ service }: { service: string }): boolean => service === 'main'
  await runHooks(parts, stage.collect.filter(ofMain))
  await keepArtifacts(parts, wanted.filter(ofMain), folder)
  const others = wanted.filter((one) => !ofMain(one))
  // nothing of the agent's runs while evidence is taken that it must not touch
  if (stage.separate && others.length > 0 && stage === plan.stages.at(-1)) await containers.stopMain()
  await runHooks(
    parts,
    stage.collect.filter((one) => !ofMain(one)),
  )
  await keepArtifacts(parts, others, folder)
  await folder.close()
  return folder.files
}

async function runHooks({ session, containers }: ContainerParts, hooks: PlannedStage['collect']): Promise<void> {
  for (const { service, command, timeout_sec, user } of hooks) {
    const shell = service === 'main' ? 'bash' : 'sh'
    const options = { timeoutMs: timeout_sec * 1000, user, signal: session.signal, maxBytes: 2 ** 20 }
    const ran = await containers.execIn(service, [shell, '-c', command], options)
    session.plan.store.log(`collect hook in ${service} exited with ${ran.exitCode ?? 'no code'}: ${command}`)
  }
}

async function keepArtifacts(
  { containers }: ContainerParts,
  wanted: WantedArtifact[],
  folder: ArtifactFolder,
): Promise<void> {
  const dir = await makeScratch('artifacts')
  try {
    for (const [i, one] of wanted.entries()) {
      const copy = path.join(dir, String(i))
      await mkdir(copy)
      const target = path.join(copy, path.posix.basename(one.source) || 'root')
      await folder.keep(one, (await containers.copyOut(one.service, one.source, target)) ? target : undefined)
    }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
