import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { makeScratch } from '../../base/scratch.ts'
import type { ForeignStage } from '../../harbor/foreign-plan.ts'
import { whyNotThere } from '../../harbor/map-dockerfile.ts'
import type { ServiceBox } from '../../harbor/service-box.ts'
import { judgeWith, type ScriptJudgement } from '../judge-by-script.ts'
import { runInSandbox } from '../sandbox.ts'
import type { TrialSession } from '../trial-session.ts'
import type { ArtifactFile } from './artifact-folder.ts'
import { layOutBox, mountsOfRoot, resolveInRoot } from './box-root.ts'
import { judgingScript } from './run-stages.ts'
import { uidOf } from './world.ts'

/** The verifier on a machine of its own: it has what was collected, where that was, and neither main nor the cluster. */
export async function verifyElsewhere(
  session: TrialSession,
  stage: ForeignStage,
  { box, files }: { box: ServiceBox; files: readonly ArtifactFile[] },
): Promise<ScriptJudgement> {
  const { plan, signal } = session
  const { programs, store } = plan
  const isAmongAgents = files.some(({ service }) => service === 'main')
  const root = await makeScratch('verifier')
  try {
    return await judgeWith(
      plan,
      judgingScript(session, stage, isAmongAgents),
      async ({ argv, stdin, tests, logs, timeoutMs }) => {
        await layOutBox(box, root)
        for (const { file, place } of files) {
          const isLog = place.startsWith('/logs/')
          const refusal = isLog ? undefined : whyNotThere(place)
          if (refusal === undefined)
            await lay(file, await (isLog ? resolveInRoot(path.dirname(logs), place) : resolveInRoot(root, place)))
          else store.log(`artifact ${place}: not in the verifier: ${refusal}`)
        }
        const isInImage = existsSync(path.join(box.rootfs ?? root, box.workdir))
        if (!isInImage) await mkdir(path.join(root, box.workdir), { recursive: true })
        const isBundled = stage.separate?.isBundled === true
        const script = path.join(root, 'tests/test.sh')
        if (isBundled && existsSync(script)) await chmod(script, 0o755)
        return runInSandbox({
          argv,
          stdin,
          timeoutMs,
          mounts: [
            ...(await mountsOfRoot(root)),
            ...(isBundled ? [] : [{ from: tests, to: '/tests', isWritable: true }]),
            { from: logs, to: '/logs', isWritable: true },
          ],
          env: { ...box.environment, ...stage.verifierEnvironment },
          ...(box.rootfs === undefined ? {} : { rootfs: box.rootfs }),
          cwd: box.workdir,
          programs: { kubectl: programs.kubectl },
          uid: uidOf(stage.verifier.user === undefined ? box.user : String(stage.verifier.user)),
          portal: programs.portal,
          signal,
        })
      },
    )
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

/** Puts a file, or a folder in place of what is there. */
async function lay(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true })
  await mkdir(path.dirname(to), { recursive: true })
  await cp(from, to, { recursive: true, verbatimSymlinks: true })
}
