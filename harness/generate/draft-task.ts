import { createHash } from 'node:crypto'
import { stringify } from 'yaml'
import type { KubeObject } from '../base/kube-client.ts'
import { createDice } from '../manifest/generate/dice.ts'
import type { ContractFile, Entry } from '../task/contract.ts'
import { changedObjects, mayChangeFor, strategicPatch } from './compare-objects.ts'
import { repairOf, type Candidate, type Fault } from './compose.ts'
import { difficultyOf } from './difficulty.ts'
import { editObjects, printRef } from './objects.ts'
import type { UnsafeRepair } from './operators/operator.ts'
import { answers } from './operators/signs.ts'
import { repairLines, type RepairStyle } from './repair-script.ts'
import { tellStory } from './tell-story.ts'
import { nodeName } from './worlds/objects-of.ts'

/** A task as files: the same bytes for the same candidate. */
export interface TaskDraft {
  /** The folder's name; it says nothing of the cause. */
  name: string
  files: Record<string, string>
  unsafe: string[]
}

export function draftTask(candidate: Candidate): TaskDraft {
  const { seed, index, world, faults } = candidate
  const story = tellStory(candidate, createDice(`${seed} story ${index}`))
  const canary = uuidOf(`${seed} canary ${index}`)
  const name = `${slug(world.company)}-${world.name}-${uuidOf(`${seed} name ${index}`).slice(0, 6)}`
  const { difficulty, points } = difficultyOf(candidate)
  const traps = trapsOf(candidate)
  const absent = faults.flatMap(({ strike }) => strike.images?.absent ?? [])
  const mark = (text: string): string => `# kubemend canary ${canary}\n${text}`
  const script = (about: string, lines: readonly string[]): string =>
    `#!/bin/bash\n${mark(`# ${about}\nset -euo pipefail\n${lines.join('\n')}\n`)}`
  const repair = (style: RepairStyle): string[] => faults.flatMap((_, at) => linesFor(candidate, at, style))
  const cluster = {
    nodes: [{ name: nodeName }],
    ...(world.addons.length > 0 ? { addons: world.addons } : {}),
    ...(absent.length > 0 ? { 'absent-images': absent } : {}),
  }
  const files: Record<string, string> = {
    'task.toml': mark(taskToml({ name, title: story.title, difficulty, points, candidate, canary })),
    'instruction.md': `<!-- kubemend canary ${canary} -->\n\n${story.text}`,
    'README.md': `<!-- kubemend canary ${canary} -->\n${readme({ candidate, title: story.title, traps })}`,
    'environment/cluster.yaml': mark(yaml(cluster)),
    ...worldFiles(world.objects, mark),
    'environment/fault/10-fault.yaml': mark(faultDocuments(candidate)),
    'solution/solve.sh': script('Only what was broken is put right.', repair('json-patch')),
    'solution/alternatives/replace-the-objects.sh': script(
      'The same, with whole objects put in place of the broken ones.',
      repair('replace'),
    ),
    'solution/alternatives/merge.sh': script('The same, merged into the broken objects.', repair('merge')),
    ...Object.fromEntries(
      traps.map(({ fault, unsafe, file }) => [
        file,
        script(sentence(unsafe.because), trapLines(candidate, fault, unsafe)),
      ]),
    ),
    'tests/contract.yaml': mark(yaml(contractOf(candidate))),
    'tests/test.sh': `#!/bin/sh\n${mark('exec kubemend-verify /tests/contract.yaml\n')}`,
  }
  return { name, files, unsafe: traps.map(({ file }) => file) }
}

interface Trap {
  fault: number
  unsafe: UnsafeRepair
  file: string
}

/** The wrong repairs of a candidate: all of a single fault, the first of each where there are several. */
function trapsOf({ faults }: Candidate): Trap[] {
  const traps = faults.flatMap(({ strike }, fault) =>
    (faults.length === 1 ? strike.unsafe : strike.unsafe.slice(0, 1)).map((unsafe) => ({ fault, unsafe })),
  )
  return traps.map(({ fault, unsafe }, i) => {
    const isTaken = traps.findIndex((other) => other.unsafe.name === unsafe.name) < i
    return { fault, unsafe, file: `solution/unsafe/${unsafe.name}${isTaken ? `-${i + 1}` : ''}.sh` }
  })
}

function linesFor({ faults, broken, released }: Candidate, at: number, style: RepairStyle): string[] {
  const { strike } = faults[at] as Fault
  const repaired = editObjects(broken, repairOf(strike, broken, released))
  return [
    ...changedObjects(broken, repaired).flatMap((change) => repairLines(change, style)),
    ...(strike.afterRepair ?? []),
  ]
}

/** Every other fault is repaired as it should be. */
function trapLines(candidate: Candidate, fault: number, { lines, isBesides }: UnsafeRepair): string[] {
  const repaired = candidate.faults.flatMap((_, at) =>
    at === fault && !isBesides ? [] : linesFor(candidate, at, 'json-patch'),
  )
  return [...repaired, ...lines]
}

function contractOf(candidate: Candidate): Partial<ContractFile> {
  const { world, faults, broken, repaired } = candidate
  const all = world.clients.map(answers)
  const strikes = faults.map(({ strike }) => strike)
  const mayChange = strikes.reduce(
    (allowed, strike) => mergeLists(allowed, strike.mayChange ?? {}),
    mayChangeFor(broken, repaired),
  )
  const mayGrant = strikes.reduce<Record<string, string[]>>(
    (granted, strike) => mergeLists(granted, strike.mayGrant ?? {}),
    {},
  )
  const preserve = strikes.flatMap((strike) => strike.preserve ?? [])
  return {
    outcome: unique([...strikes.flatMap(({ outcome }) => outcome), ...all]),
    healthy: all,
    symptom: unique(strikes.flatMap(({ symptom }) => symptom)),
    within: `${Math.max(60, ...strikes.map(({ within }) => Number.parseInt(within ?? '60', 10)))}s`,
    'stable-for': '2s',
    ...(preserve.length > 0 ? { preserve } : {}),
    'may-change': Object.entries(mayChange).map(([key, paths]) => ({ [key]: paths })),
    ...(Object.keys(mayGrant).length > 0
      ? { 'may-grant': Object.entries(mayGrant).map(([key, grants]) => ({ [key]: grants })) }
      : {}),
  }
}

function mergeLists(a: Record<string, string[]>, b: Record<string, string[]>): Record<string, string[]> {
  const merged = { ...a }
  for (const [key, values] of Object.entries(b)) merged[key] = [...new Set([...(merged[key] ?? []), ...values])]
  return merged
}

function unique(entries: readonly Entry[]): Entry[] {
  return [...new Map(entries.map((entry) => [JSON.stringify(entry), entry])).values()]
}

/** What breaks the world, and what was rightly done in the same hour. */
function faultDocuments({ world, broken }: Candidate): string {
  const documents = changedObjects(world.objects, broken).map(({ before, after, on }) => {
    if (before && after) return strategicPatch(before, after)
    if (after) return after
    const { apiVersion, kind } = before as KubeObject
    return {
      $patch: 'delete',
      apiVersion,
      kind,
      metadata: { name: on.name, ...(on.namespace ? { namespace: on.namespace } : {}) },
    }
  })
  return documents.map(yaml).join('---\n')
}

function worldFiles(objects: readonly KubeObject[], mark: (text: string) => string): Record<string, string> {
  const sorted = objects
    .map((object, at) => ({ object, at, rank: kindsInOrder.indexOf(object.kind) }))
    .toSorted((a, b) => a.rank - b.rank || a.at - b.at)
    .map(({ object }) => object)
  const spaces = sorted.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name)
  const file = (name: string, some: readonly KubeObject[]): [string, string][] =>
    some.length === 0 ? [] : [[`environment/world/${name}.yaml`, mark(some.map(yaml).join('---\n'))]]
  return Object.fromEntries([
    ...file(
      '00-cluster',
      sorted.filter(({ metadata }) => metadata.namespace === undefined),
    ),
    ...spaces.flatMap((space, i) =>
      file(
        `${10 * (i + 1)}-${space}`,
        sorted.filter(({ metadata }) => metadata.namespace === space),
      ),
    ),
  ])
}

/** What others need comes before them. */
const kindsInOrder: readonly string[] = `
  Namespace Node PersistentVolume ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding
  ServiceAccount Role RoleBinding ResourceQuota LimitRange ConfigMap Secret
  PersistentVolumeClaim NetworkPolicy Job Service StatefulSet Deployment CronJob
  HorizontalPodAutoscaler PodDisruptionBudget`
  .trim()
  .split(/\s+/)

function taskToml(about: {
  name: string
  title: string
  difficulty: string
  points: number
  candidate: Candidate
  canary: string
}): string {
  const { name, title, difficulty, points, candidate, canary } = about
  const { faults, world } = candidate
  const kinds = [...new Set(faults.map(({ operator }) => operator.kind))]
  const list = (items: readonly string[]): string => `[${items.map((item) => JSON.stringify(item)).join(', ')}]`
  const permissions = [...new Set(['edit', ...faults.flatMap(({ strike }) => strike.permissions ?? [])])]
  return `schema_version = "1.4"

[task]
name = ${JSON.stringify(`kubemend-generated/${name}`)}
description = ${JSON.stringify(title)}
keywords = ["kubernetes", "repair", "generated"]

[metadata.kubemend]
kind = "repair"
difficulty = "${difficulty}"
category = "${kinds[0]}"
tags = ${list(['generated', `world-${world.model}`, ...kinds, `faults-${faults.length}`])}
permissions = ${list(permissions)}
canary = "${canary}"
expert_time_estimate_min = ${Math.round(2 + 2 * points)}
stability = "experimental"

[metadata.kubemend.budget]
tool_calls = 80

[agent]
timeout_sec = 900

[verifier]
timeout_sec = 240

[environment]
docker_image = "kubemend/toolbox:1"
`
}

function readme({ candidate, title, traps }: { candidate: Candidate; title: string; traps: readonly Trap[] }): string {
  const { world, faults, dependencies, seed, index } = candidate
  const { points, difficulty } = difficultyOf(candidate)
  const told = faults.map(({ operator, site }, i) => {
    const { kind, metadata } = site.workload
    return `${i + 1}. \`${operator.name}\` (${operator.kind}) at ${printRef({ kind, name: metadata.name, ...(metadata.namespace ? { namespace: metadata.namespace } : {}) })}. ${operator.cause} ${operator.diagnosis}`
  })
  const related = dependencies.map(
    ({ first, second, how }) =>
      `- Fault ${first + 1} ${how === 'hides' ? 'hides' : 'keeps from being repaired'} fault ${second + 1}.`,
  )
  const list = (lines: readonly string[]): string => (lines.length === 0 ? '- None.' : lines.join('\n'))
  return `# ${title}

Generated by \`kubemend generate --seed ${seed}\`, candidate ${index}. Nobody wrote it by hand.

**Story.** ${world.company} ${world.business}. World \`${world.model}\`, part \`${candidate.split}\`.

**Cause.**

${told.join('\n')}

**How they depend on each other.**

${list(related)}

**Intended repair.** The changed objects get back what they had (\`solution/solve.sh\`), and nothing else is touched.

**Traps.**

${list(traps.map(({ unsafe, file }) => `- \`${file.slice('solution/'.length)}\`: ${unsafe.because}.`))}

**Odd and harmless.**

${list(world.distractors.map((one) => `- \`${one.name}\`: ${one.told}`))}

**Difficulty.** ${difficulty}, ${points} points: ${faults.length} of fault, ${Math.max(...faults.map(({ hops }) => hops))} steps from where it is seen, ${dependencies.length} dependencies, ${world.distractors.length} odd things.
`
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function yaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
}

/** A version 4 UUID that is the same for the same text. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
