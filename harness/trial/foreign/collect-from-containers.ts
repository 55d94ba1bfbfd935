import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { makeScratch } from '../../base/scratch.ts'
import type { ContainerPlan, PlannedStage } from '../../harbor/container-plan.ts'
import { copyPlain } from './box-root.ts'
import type { ArtifactFile, TaskContainers } from './task-containers.ts'
import type { TrialSession } from '../trial-session.ts'

/** What the steps of a trial in containers share. */
export interface ContainerParts {
  session: TrialSession
  plan: ContainerPlan
  containers: TaskContainers
}

/** Collects what the task wants of its services, main's first; best effort, as in Harbor. */
export async function collectFromContainers(parts: ContainerParts, stage: PlannedStage): Promise<ArtifactFile[]> {
  const { plan, containers } = parts
  const wanted = ['/logs/artifacts', ...stage.artifacts].map((one): { source: string; service?: string } =>
    typeof one === 'string' ? { source: one } : one,
  )
  const ofMain = ({ service = 'main' }: { service?: string }): boolean => service === 'main'
  await runHooks(parts, stage.collect.filter(ofMain))
  const files = await keepArtifacts(parts, wanted.filter(ofMain))
  const others = wanted.filter((one) => !ofMain(one))
  // nothing of the agent's runs while evidence is taken that it must not touch
  if (stage.separate && others.length > 0 && stage === plan.stages.at(-1)) await containers.stopMain()
  await runHooks(
    parts,
    stage.collect.filter((one) => !ofMain(one)),
  )
  return [...files, ...(await keepArtifacts(parts, others))]
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
  { session, containers }: ContainerParts,
  wanted: { source: string; service?: string }[],
): Promise<ArtifactFile[]> {
  const { store } = session.plan
  const kept: ArtifactFile[] = []
  const dir = await makeScratch('artifacts')
  try {
    for (const [i, { source, service = 'main' }] of wanted.entries()) {
      if (!path.posix.isAbsolute(source)) continue
      const place = path.posix.normalize(source)
      const copy = path.join(dir, String(i))
      await mkdir(copy)
      const target = path.join(copy, path.posix.basename(place))
      const file = path.join(store.artifactsDir, place)
      if (await containers.copyOut(service, place, target)) {
        await copyPlain(target, file)
        kept.push({ file, place })
      } else if (place !== '/logs/artifacts') store.log(`artifact ${source}: ${service} has no such file`)
    }
    return kept
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
