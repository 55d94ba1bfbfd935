import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { imageProblems } from '../../../../environments/images/ensure-images.ts'
import { InputError, messageOf } from '../../../base/errors.ts'
import type { KubeObject } from '../../../base/kube-client.ts'
import type { GeneratedTask } from '../../../manifest/generate/generate-dataset.ts'
import { reverseTask } from '../../../manifest/loop/reverse-task.ts'
import { isObject, nameObject } from '../../../manifest/parse-answer.ts'
import { imagesOf } from '../../../task/images.ts'
import { readYaml } from '../../../task/yaml-documents.ts'
import { defineCommand, type Command } from '../../define-command.ts'
import { say } from '../../output.ts'
import { writeCompactTasks } from '../../write-compact-tasks.ts'

export const reverse: Command = defineCommand({
  summary: 'Makes tasks of real manifests: each becomes the request that it is the answer to.',
  positionals: 'DIR FILE...',
  details: `The objects of a file belong together and make one task; each item of a List, as \`kubectl get -o yaml\` prints it, makes one of its
own. What the server added and what is default anyway is taken off. Secrets, and what a controller made, make none. For pairs:

  kubemend manifest reverse pairs/ roles.yaml && kubemend run pairs/ --agent oracle && kubemend manifest export results/JOB pairs.jsonl`,
  async run({ positionals: [dir = '', ...files] }) {
    const tasks: GeneratedTask[] = []
    let left = 0
    const names = new Set<string>()
    for (const file of files) {
      for (const objects of await readUnits(file)) {
        const name = freeName(`reverse-${nameOf(objects)}`, names)
        const { task, problem } = reverseTask(objects, name)
        if (task) tasks.push({ ...task, images: await knownImages(task.reference, name) })
        else {
          left++
          say(`${file}: ${problem}`)
        }
      }
    }
    if (tasks.length > 0) say(`${tasks.length} tasks written to ${await writeCompactTasks(dir, 'reversed', tasks)}`)
    if (left > 0) say(`${left} left out`)
    return tasks.length > 0 ? 0 : 1
  },
})

/** The objects of a file that make one task each time. */
async function readUnits(file: string): Promise<KubeObject[][]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new InputError([`${file}: ${messageOf(error)}`], { cause: error })
  })
  const { documents, problems } = readYaml(text)
  if (problems.length > 0) throw new InputError(problems.map(({ line, message }) => `${file}:${line ?? 1}: ${message}`))
  const together: KubeObject[] = []
  const units: KubeObject[][] = []
  for (const { value } of documents) {
    const { kind, items } = value as { kind?: unknown; items?: unknown }
    const isList = kind === 'List' && Array.isArray(items)
    const found = isList ? (items as unknown[]) : [value]
    if (!found.every(isObject)) throw new InputError([`${file}: expected objects with apiVersion, kind and a name`])
    if (isList) units.push(...found.map((one) => [one]))
    else together.push(...found)
  }
  return together.length > 0 ? [together, ...units] : units
}

function nameOf(objects: readonly KubeObject[]): string {
  const [first] = objects
  const text = first ? nameObject(first) : 'nothing'
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '')
}

function freeName(name: string, names: Set<string>): string {
  let free = name
  for (let n = 2; names.has(free); n++) free = `${name}-${n}`
  names.add(free)
  return free
}

/** The images that a cluster can have; pods that want others never run, and the answer is judged by its text all the same. */
async function knownImages(reference: string, name: string): Promise<string[]> {
  const images = [...new Set(readYaml(reference).documents.flatMap(({ value }) => imagesOf(value)))]
  const problems = await Promise.all(images.map(async (image) => ({ image, problems: await imageProblems([image]) })))
  for (const { problems: found } of problems) for (const problem of found) say(`${path.basename(name)}: ${problem}`)
  return problems.filter(({ problems: found }) => found.length === 0).map(({ image }) => image)
}
