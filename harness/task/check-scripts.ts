import path from 'node:path'
import type { Contract } from './contract.ts'
import type { TaskToml } from './harbor-task.ts'
import { isFile, isFolder } from './path-kind.ts'
import { readScript, readText, report, type TaskReading } from './read-text.ts'
import { contractFile } from './task-files.ts'

/** Scripts that Harbor wants: without them it drops the task without a word. */
export async function checkScripts(
  reading: TaskReading,
  toml: TaskToml,
  { isOurs, contract }: { isOurs: boolean; contract: Contract | undefined },
): Promise<void> {
  const hasImage = toml.environment.docker_image !== undefined
  if (!hasImage && !(await isFolder(path.join(reading.dir, 'environment')))) {
    report(reading, 'environment', { message: 'missing; expected a folder' })
  }
  const { environment_mode, environment } = toml.verifier
  const isShared = (environment_mode ?? (environment ? 'separate' : 'shared')) === 'shared'
  const script = toml.environment.os === 'windows' ? 'test.bat' : 'test.sh'
  const shared = `tests/${script}`
  const ownTests = toml.steps.map(({ name }) => `steps/${name}/tests/${script}`)
  const hasOwn = await Promise.all(ownTests.map((file) => isFile(path.join(reading.dir, file))))
  const needsShared = isShared && (ownTests.length === 0 || hasOwn.includes(false))
  const needed = needsShared ? { needed: 'the script that judges' } : {}
  const text =
    script === 'test.sh' ? await readScript(reading, shared, needed) : await readText(reading, shared, needed)
  const isReported = reading.problems.some(({ file }) => file === path.join(reading.dir, contractFile))
  if (isOurs && !contract && !isReported && text?.includes('kubemend-verify')) {
    report(reading, contractFile, { message: `missing; ${shared} judges by it` })
  }
  if (contract) await checkNamedScripts(reading, contract)
}

/** The scripts that the contract's checks run. */
async function checkNamedScripts(reading: TaskReading, contract: Contract): Promise<void> {
  const { outcome, healthy, symptom, preserve, invariants } = contract
  for (const { verifier, params, at } of [...outcome, ...healthy, ...symptom, ...preserve, ...invariants]) {
    const { file } = params as { file?: unknown }
    if (verifier !== 'script' || typeof file !== 'string') continue
    if (!(await isFile(path.join(reading.dir, 'tests', file)))) {
      report(reading, contractFile, { at, message: `script ${file}: there is no tests/${file}` })
    }
  }
}
