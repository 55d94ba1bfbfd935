import { randomUUID } from 'node:crypto'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { InputError } from '../../base/errors.ts'
import { readDataset } from '../../task/dataset.ts'
import { isFile } from '../../task/path-kind.ts'

/** What a new task begins with; every file gets the canary. */
export interface Skeleton {
  description: string
  difficulty: 'easy' | 'medium' | 'hard'
  category: string
  tags: readonly string[]
  permissions: readonly string[]
  /** By their path in the task; task.toml is made from the rest. */
  files: Readonly<Record<string, string>>
}

/** Writes a task's folder, which must not be there yet, and answers its files. */
export async function writeSkeleton(dir: string, skeleton: Skeleton): Promise<string[]> {
  const name = path.basename(dir)
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))
    throw new InputError([`${name}: expected lower-case words with dashes, such as checkout-lost-its-orders`])
  if ((await readdir(dir).catch(() => [])).length > 0) throw new InputError([`${dir}: there is something already`])
  const canary = randomUUID()
  const org = await orgOf(path.dirname(dir))
  const files = { ...skeleton.files, 'task.toml': taskToml(`${org}/${name}`, canary, skeleton) }
  for (const [file, text] of Object.entries(files)) {
    const place = path.join(dir, file)
    await mkdir(path.dirname(place), { recursive: true })
    await writeFile(place, withCanary(file, text, canary), { mode: file.endsWith('.sh') ? 0o755 : 0o644 })
  }
  return Object.keys(files).toSorted()
}

/** The script of Harbor's that judges by the contract. */
export const contractScript = '#!/bin/sh\nexec kubemend-verify /tests/contract.yaml\n'

/** Who the tasks of a folder belong to: what its dataset.toml says before the slash. */
async function orgOf(dir: string): Promise<string> {
  if (!(await isFile(path.join(dir, 'dataset.toml')))) return 'local'
  const { dataset } = await readDataset(dir)
  return dataset?.dataset.name.split('/')[0] ?? 'local'
}

function taskToml(name: string, canary: string, skeleton: Skeleton): string {
  const { description, difficulty, category, tags, permissions } = skeleton
  return `schema_version = "1.4"

[task]
name = ${JSON.stringify(name)}
description = ${JSON.stringify(description)}
keywords = ["kubernetes", "repair"]

[metadata.kubemend]
kind = "repair"
difficulty = "${difficulty}"
category = ${JSON.stringify(category)}
tags = ${JSON.stringify(tags)}
permissions = ${JSON.stringify(permissions)}
canary = "${canary}"
expert_time_estimate_min = 10
stability = "experimental"

[metadata.kubemend.budget]
tool_calls = 60

[agent]
timeout_sec = 600

[verifier]
timeout_sec = 180

[environment]
docker_image = "kubemend/toolbox:1"
`
}

/** A file with the canary where people expect it: in a comment at the top. */
export function withCanary(file: string, text: string, canary: string): string {
  const words = `kubemend canary ${canary}`
  if (file.endsWith('.md')) return `<!-- ${words} -->\n${text.startsWith('#') ? '' : '\n'}${text}`
  const shebang = /^#!.*\n/.exec(text)?.[0] ?? ''
  return `${shebang}# ${words}\n${text.slice(shebang.length)}`
}
