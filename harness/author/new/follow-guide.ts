import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { packageRoot } from '../../base/package-root.ts'
import { loadWorld } from '../worlds/load-world.ts'
import { newTask } from './new-task.ts'
import { withCanary } from './skeleton.ts'

/** Builds the task of docs/authoring.md in a folder, by its words alone: what the guide says is what is done. */
export async function followGuide(dir: string): Promise<void> {
  const guide = await readFile(path.join(packageRoot, 'docs/authoring.md'), 'utf8')
  await newTask(dir, await loadWorld('shop'), 'easy')
  const toml = await readFile(path.join(dir, 'task.toml'), 'utf8')
  const canary = /canary = "(.*)"/.exec(toml)?.[1] ?? ''
  await rm(path.join(dir, 'environment/fault/10-release.yaml'))
  for (const [, file = '', text = ''] of guide.matchAll(/^`([\w./-]+)`:\n\n```\w+\n([\s\S]*?)^```$/gm)) {
    await mkdir(path.dirname(path.join(dir, file)), { recursive: true })
    await writeFile(path.join(dir, file), withCanary(file, text, canary))
  }
  const fields = [...guide.matchAll(/^ {4}(category|tags|permissions|expert_time_estimate_min) = .*$/gm)]
  const edited = fields.reduce(
    (all, [line, field]) => all.replace(new RegExp(`^${field} = .*$`, 'm'), line.trim()),
    toml,
  )
  await writeFile(path.join(dir, 'task.toml'), edited)
}
