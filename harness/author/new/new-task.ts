import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { stringify } from 'yaml'
import { InputError } from '../../base/errors.ts'
import type { KubeObject } from '../../base/kube-client.ts'
import { nameOf, type World } from '../worlds/load-world.ts'
import type { WorldTraffic } from '../worlds/world-file.ts'
import { contractScript, writeSkeleton } from './skeleton.ts'

export interface NewTask {
  dir: string
  files: string[]
}

/**
 * Writes a task that begins with a ready world. It is whole from the first minute: its fault takes a Service's pods away,
 * its oracle brings them back. The author puts their own fault in that place.
 */
export async function newTask(
  dir: string,
  world: World,
  difficulty: 'easy' | 'medium' | 'hard' = 'medium',
): Promise<NewTask> {
  const starter = starterOf(world)
  const files = await writeSkeleton(dir, {
    description: upperFirst(world.story.suffers),
    difficulty,
    category: 'services',
    tags: ['services'],
    permissions: world.permissions,
    files: {
      'README.md': readme(world, starter),
      'instruction.md': instruction(world),
      ...(await worldFiles(world)),
      'environment/fault/10-release.yaml': faultYaml(starter),
      'solution/solve.sh': solveScript(starter),
      'tests/contract.yaml': contractYaml(world, starter),
      'tests/test.sh': contractScript,
    },
  })
  return { dir, files }
}

/** Somebody whose log tells when the Service that they ask has no pods. */
interface Starter {
  traffic: WorldTraffic & { log: { works: string; fails: string } }
  service: { name: string; namespace: string; label: string; value: string }
}

function starterOf(world: World): Starter {
  for (const traffic of world.traffic) {
    const { log, to } = traffic
    const service = world.objects.map(({ object }) => object).find((object) => nameOf(object) === to)
    const selector = Object.entries(
      (service?.['spec'] as { selector?: Record<string, string> } | undefined)?.selector ?? {},
    )
    const [label, value] = selector[0] ?? []
    if (!log || service?.kind !== 'Service' || label === undefined || value === undefined) continue
    const { name, namespace = 'default' } = service.metadata
    return { traffic: { ...traffic, log }, service: { name, namespace, label, value } }
  }
  throw new InputError([`${world.name}: nobody in this world has a log that tells when a Service is gone`])
}

async function worldFiles(world: World): Promise<Record<string, string>> {
  const manifests = path.join(world.dir, 'manifests')
  const names = await readdir(manifests)
  const texts = await Promise.all(
    names.map(async (name): Promise<[string, string]> => [
      `environment/world/${name}`,
      await readFile(path.join(manifests, name), 'utf8'),
    ]),
  )
  return {
    'environment/cluster.yaml': await readFile(path.join(world.dir, 'cluster.yaml'), 'utf8'),
    ...Object.fromEntries(texts),
  }
}

function faultYaml({ service }: Starter): string {
  const fault: KubeObject = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: service.name, namespace: service.namespace },
    spec: { selector: { [service.label]: `${service.value}-next` } },
  }
  return `# What breaks it: a patch of an object of the world. This one is only to begin with; write your own here.\n${stringify(fault)}`
}

function solveScript({ service }: Starter): string {
  const patch = JSON.stringify({ spec: { selector: { [service.label]: service.value } } })
  return `#!/bin/bash
# The repair, with the agent's own permissions.
set -euo pipefail
kubectl patch service ${service.name} -n ${service.namespace} --type=merge --patch '${patch}'
`
}

function contractYaml(world: World, { traffic, service }: Starter): string {
  const [workload, namespace] = splitObject(traffic.from)
  const asks = (text: string, since: 'ever' | undefined): Record<string, unknown> => ({
    'log-contains': { workload, namespace, text, ...(since ? { since } : {}) },
  })
  const part = (title: string, entries: Record<string, unknown>[]): string =>
    `${title}:\n${entries.map((entry) => `  - ${checkLine(entry)}\n`).join('')}`
  return [
    '# met when the repair is done\n',
    part('outcome', [asks(traffic.log.works, undefined)]),
    '# met before the fault\n',
    part(
      'healthy',
      world.healthy.map((entry) => entry as Record<string, unknown>),
    ),
    '# met once the fault shows\n',
    part('symptom', [asks(traffic.log.fails, 'ever')]),
    'stable-for: 5s\n',
    '# what a correct repair may touch; everything else is protected. `kubemend dev` shows lines to copy\n',
    'may-change:\n',
    `  - service/${service.name} -n ${service.namespace}: [spec.selector]\n`,
  ].join('')
}

/** One check on one line, as contracts are written. */
function checkLine(entry: Record<string, unknown>): string {
  const [name = '', params] = Object.entries(entry)[0] ?? []
  const fields = Object.entries(params as Record<string, unknown>).map(
    ([key, value]) =>
      `${key}: ${typeof value === 'string' && !/^[\w./-]+$/.test(value) ? JSON.stringify(value) : JSON.stringify(value).replace(/^"(.*)"$/, '$1')}`,
  )
  return `${name}: { ${fields.join(', ')} }`
}

function splitObject(object: string): [string, string] {
  const [name = '', namespace = 'default'] = object.split(' -n ')
  return [name, namespace]
}

function instruction({ story }: World): string {
  return `We are ${story.company}. Since this morning's release ${story.suffers}; yesterday everything was well.

Please find out why, and see to it that all is well again for ${story.users}.

What to keep in mind:

- Other teams work in the same cluster. What is theirs stays as it is.
`
}

function readme(world: World, { service, traffic }: Starter): string {
  const list = (rows: string[]): string => rows.map((row) => `- ${row}\n`).join('')
  return `# ${upperFirst(world.story.suffers)}

**Story.** ${world.summary} (Tell here what happened, as the company would.)

**Cause.** Service \`${service.name}\` in \`${service.namespace}\` selects pods that there are not. (To begin with; tell of your own fault.)

**A good diagnosis** reads the log of \`${traffic.from}\`, ... (What does it look at, in which order?)

**Intended repair.** ...

**Traps.** Each wrong repair that is tempting, with its script in \`solution/unsafe/\`:
- *...* (\`unsafe/....sh\`)

**Bystanders.**
${list(world.bystanders.map(({ object, because }) => `\`${object}\`: ${because}`))}
**Who talks to whom.**
${list(world.traffic.map(({ from, to }) => `\`${from}\` to ${to === 'api' ? 'the Kubernetes API' : `\`${to}\``}`))}`
}

function upperFirst(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
