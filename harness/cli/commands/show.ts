import { verifiers } from '../../../verifiers/library.ts'
import { InputError } from '../../base/errors.ts'
import { formatDuration } from '../../base/duration.ts'
import type { Check, Contract } from '../../task/contract.ts'
import { selectTasks } from '../../task/find-tasks.ts'
import type { ManifestPart } from '../../task/manifest-spec.ts'
import { groupOf } from '../../base/kube-kinds.ts'
import { showPath } from '../../task/problem.ts'
import type { AgentPermissions } from '../../task/permissions.ts'
import type { Task } from '../../task/task.ts'
import { defineCommand, jsonFlag, type Command } from '../define-command.ts'
import { print, printJson } from '../output.ts'

export const show: Command = defineCommand({
  summary: 'Shows a task: its story, cluster, outcome, what may change, and what the agent may do.',
  positionals: 'TASK',
  flags: { json: jsonFlag },
  details: 'TASK is a folder or an id such as core/checkout. Solutions are named and never printed.',
  async run({ flags, positionals }) {
    const tasks = await selectTasks({ paths: positionals }, { verifiers })
    const [task] = tasks
    if (!task || tasks.length > 1)
      throw new InputError([`${positionals.join(' ')}: expected one task, got ${tasks.length}`])
    if (flags.json) printJson(describeTask(task))
    else print(renderTask(task))
  },
})

function describeTask(task: Task): Record<string, unknown> {
  const { id, name, dataset, digest, kind, difficulty, category, tags, instruction, namespaces, images } = task
  return {
    id,
    name,
    dataset: dataset ?? null,
    path: showPath(task.dir),
    digest,
    kind,
    difficulty: difficulty ?? null,
    category: category ?? null,
    tags,
    instruction,
    namespaces,
    images,
    metadata: task.metadata ?? null,
    cluster: task.cluster ?? null,
    world: task.world.map(({ file, line, object }) => ({ file, line, object: nameOf(object) })),
    fault: task.fault.map((step) => step.file),
    contract: task.contract ?? null,
    permissions: task.permissions,
    solution: task.solution,
    steps: task.steps,
    timeoutSeconds: task.toml.agent.timeout_sec ?? null,
  }
}

function renderTask(task: Task): string {
  const head = [task.id, task.kind, task.difficulty, task.category, ...task.tags.map((tag) => `#${tag}`)]
  const sections: [string, string[]][] = [
    ...renderStories(task),
    ['Cluster', renderCluster(task)],
    ['Workspace', task.workspace === undefined ? [] : [showPath(task.workspace)]],
    ...(task.manifest ? renderManifest(task.manifest) : renderContract(task.contract)),
    [
      'The agent may',
      task.manifest ? ['answer, and look at the namespace but for its Secrets'] : renderPermissions(task),
    ],
    ['Limits', renderLimits(task)],
    ['Images', task.images],
    ['Solutions', [task.solution.solve ?? [], task.solution.alternatives, task.solution.unsafe].flat()],
    ['Digest', [task.digest]],
  ]
  const body = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `${title}\n${lines.map((line) => `  ${line}`.trimEnd()).join('\n')}`)
  return [head.filter(Boolean).join('  '), ...body].join('\n\n')
}

/** The agent of each step is told its own story. */
function renderStories({ instruction, steps }: Task): [string, string[]][] {
  const lines = (text: string): string[] => text.trimEnd().split('\n')
  if (steps.length === 0) return [['Story', lines(instruction)]]
  return steps.map((step, i) => [`Step ${i + 1}, ${step.name}`, lines(step.instruction)])
}

function renderCluster({ cluster, world, fault, namespaces }: Task): string[] {
  if (!cluster) return []
  const nodes = cluster.nodes.map((node) => {
    const labels = Object.entries(node.labels).map(([key, value]) => `${key}=${value}`)
    const taints = node.taints.map(
      ({ key, value, effect }) => `${key}${value === undefined ? '' : `=${value}`}:${effect}`,
    )
    const capacity = Object.entries(node.capacity).map(([key, value]) => `${key} ${value}`)
    const facts = [...labels, ...taints, ...capacity].join(', ')
    return `node ${node.name}${facts === '' ? '' : ` (${facts})`}`
  })
  return [
    `Kubernetes ${cluster.kubernetes}${cluster.addons.length > 0 ? ` with ${cluster.addons.join(', ')}` : ''}`,
    ...nodes,
    ...namespaces.map((namespace) => `namespace ${namespace}: ${countKinds(world, namespace)}`),
    ...fault.map((step) => `broken by ${step.file}`),
  ]
}

function countKinds(world: Task['world'], namespace: string): string {
  const kinds = Map.groupBy(
    world.filter(({ object }) => object.metadata.namespace === namespace),
    ({ object }) => object.kind,
  )
  return [...kinds].map(([kind, objects]) => `${objects.length} ${kind}`).join(', ') || 'empty'
}

function renderContract(contract: Contract | undefined): [string, string[]][] {
  if (!contract) return [['Outcome', ['judged by the script tests/test.sh']]]
  const { withinMs, stableForMs } = contract
  const stable = stableForMs > 0 ? `, and for ${formatDuration(stableForMs)} after` : ''
  const maps = (map: Readonly<Record<string, readonly string[]>>): string[] =>
    Object.entries(map).flatMap(([key, values]) => values.map((value) => `${key}: ${value}`))
  return [
    ['Outcome', [...contract.outcome.map(renderCheck), `within ${formatDuration(withinMs)}${stable}`]],
    ['Kept at every moment', contract.invariants.map(renderCheck)],
    ['Kept at the end', ['everything that may not change', ...contract.preserve.map(renderCheck)]],
    ['May change', maps(contract.mayChange)],
    ['May be granted', maps(contract.mayGrant)],
    ['Tolerated', contract.accept],
    ['Must not even be tried', contract.forbid],
  ]
}

/** How an answer is judged, and nothing of what the reference says. */
function renderManifest({ spec, level, split, wrong }: ManifestPart): [string, string[]][] {
  const { operation, namespace, format, objects, effects } = spec
  const unitTest = spec['unit-test']
  const place = namespace === undefined ? '' : ` in the namespace ${namespace}`
  return [
    ['Answer', [`${operation}${place}, ${format}, ${level}, of the split ${split}`]],
    ['Objects', objects.map(({ kind, name }) => `${kind}/${name}`)],
    [
      'Effects',
      unitTest ? [`its unit test prints ${unitTest.marker}`] : effects.flatMap((effect) => Object.keys(effect)),
    ],
    ['Wrong answers', wrong.map(({ fails, because }) => `fails at ${fails}: ${because}`)],
  ]
}

function renderCheck({ verifier, params }: Check): string {
  const text = JSON.stringify(params)
  return text === '{}' ? verifier : `${verifier} ${text}`
}

function renderPermissions({ metadata, permissions }: Task): string[] {
  if (!metadata || metadata.kind === 'workspace') return []
  return [...metadata.permissions, ...summarizePermissions(permissions)]
}

function summarizePermissions({ cluster, namespaces }: AgentPermissions): string[] {
  const clusterWide = cluster.flatMap(({ resources }) => resources)
  return [
    ...Object.entries(namespaces).map(([namespace, rules]) => `= ${rules.length} rules in ${namespace}`),
    ...(clusterWide.length > 0 ? [`= in the whole cluster: ${[...new Set(clusterWide)].join(', ')}`] : []),
  ]
}

function renderLimits({ toml, metadata }: Task): string[] {
  const { tool_calls, tokens, usd } = metadata?.budget ?? {}
  return [
    toml.agent.timeout_sec === undefined ? 'no time limit' : formatDuration(toml.agent.timeout_sec * 1000),
    ...(tool_calls === undefined ? [] : [`${tool_calls} tool calls`]),
    ...(tokens === undefined ? [] : [`${tokens} tokens`]),
    ...(usd === undefined ? [] : [`${usd} USD`]),
  ]
}

function nameOf({ apiVersion, kind, metadata }: Task['world'][number]['object']): string {
  const group = groupOf(apiVersion)
  const where = metadata.namespace === undefined ? '' : ` -n ${metadata.namespace}`
  return `${kind}${group === '' ? '' : `.${group}`}/${metadata.name}${where}`
}
