import { z } from 'zod'
import { defineTool, type CompleteAnnotations, type Tool } from '../define-tool.ts'
import type { KubectlRunner } from '../kubectl-runner.ts'
import type { GatewayLimits } from '../limits.ts'
import { kubectlOutput } from './kubectl.ts'

const looksOnly: CompleteAnnotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
}
const changes = (hints: { destructive: boolean; idempotent: boolean }): CompleteAnnotations => ({
  readOnlyHint: false,
  destructiveHint: hints.destructive,
  idempotentHint: hints.idempotent,
  openWorldHint: false,
})

const namespace = z.string().optional().describe('default: the default namespace')
const allNamespaces = z.boolean().optional()
/** A word that kubectl cannot take for a flag. */
const word = z.string().regex(/^[^-]/, 'must not start with -')
const kind = word.describe('A kind as kubectl knows it: pods, deploy, networkpolicies.networking.k8s.io')
const name = word.optional().describe('One object; leave out for all')
const selector = z.string().optional().describe('A label selector: app=web,tier!=cache')
const container = z.string().optional()

/** One kubectl verb as a tool: how its input becomes words, and its input for standard input. */
interface TypedTool<S extends z.ZodObject> {
  name: string
  title: string
  description: string
  input: S
  annotations: CompleteAnnotations
  words: (input: z.infer<S>) => string[]
  stdin?: (input: z.infer<S>) => string
}

/** The second surface: kubectl's verbs as tools with typed arguments. */
export function typedTools(kubectl: KubectlRunner, limits: GatewayLimits): Tool[] {
  function tool<S extends z.ZodObject>(typed: TypedTool<S>): Tool {
    return defineTool({
      ...typed,
      output: kubectlOutput,
      run: (input, call) =>
        kubectl.run({ words: typed.words(input), ...(typed.stdin ? { stdin: typed.stdin(input) } : {}) }, call),
    })
  }

  return [
    tool({
      name: 'get',
      title: 'Get objects',
      description: 'Lists objects of a kind, or shows one. Use output yaml or json for everything, wide for a table.',
      input: z.strictObject({
        kind,
        name,
        namespace,
        allNamespaces,
        selector,
        fieldSelector: z.string().optional(),
        output: z.string().optional().describe('wide, yaml, json, name, jsonpath=..., custom-columns=...'),
        sortBy: z.string().optional(),
      }),
      annotations: looksOnly,
      words: (i) => [
        'get',
        ...common(i),
        ...flag('field-selector', i.fieldSelector),
        ...flag('output', i.output),
        ...flag('sort-by', i.sortBy),
        ...objects(i.kind, i.name),
      ],
    }),
    tool({
      name: 'describe',
      title: 'Describe objects',
      description: 'Shows an object for people, with its related objects and its Events.',
      input: z.strictObject({ kind, name, namespace, allNamespaces, selector }),
      annotations: looksOnly,
      words: (i) => ['describe', ...common(i), ...objects(i.kind, i.name)],
    }),
    tool({
      name: 'logs',
      title: 'Read container logs',
      description: `Prints a container's log. With follow it ends after ${limits.followMs / 1000} s.`,
      input: z.strictObject({
        of: word.optional().describe('A pod, or KIND/NAME: web-7d4, deploy/web; leave out with a selector'),
        namespace,
        container,
        allContainers: z.boolean().optional(),
        selector,
        previous: z.boolean().optional().describe('The log of the container that ran before'),
        tail: z.number().int().min(0).optional().describe('Only the last lines'),
        since: z.string().optional().describe('Only what is newer: 10m, 1h'),
        timestamps: z.boolean().optional(),
        follow: z.boolean().optional(),
      }),
      annotations: looksOnly,
      words: (i) => [
        'logs',
        ...common(i),
        ...flag('container', i.container),
        ...flag('all-containers', i.allContainers),
        ...flag('previous', i.previous),
        ...flag('tail', i.tail),
        ...flag('since', i.since),
        ...flag('timestamps', i.timestamps),
        ...flag('follow', i.follow),
        ...objects(i.of),
      ],
    }),
    tool({
      name: 'events',
      title: 'Read Events',
      description: 'Lists Events, oldest first.',
      input: z.strictObject({
        namespace,
        allNamespaces,
        for: z.string().optional().describe('Only those about KIND/NAME: pod/web-7d4'),
        type: z.enum(['Normal', 'Warning']).optional(),
      }),
      annotations: looksOnly,
      words: (i) => ['events', ...common(i), ...flag('for', i.for), ...flag('types', i.type)],
    }),
    tool({
      name: 'apply',
      title: 'Apply a manifest',
      description: 'Creates or changes objects from a manifest (kubectl apply).',
      input: z.strictObject({
        manifest: z.string().describe('YAML or JSON, several documents allowed'),
        namespace,
        serverSide: z.boolean().optional(),
        forceConflicts: z.boolean().optional(),
        dryRun: z.boolean().optional().describe('Only let the server check it'),
      }),
      annotations: changes({ destructive: true, idempotent: true }),
      words: (i) => [
        'apply',
        '--filename=-',
        ...common(i),
        ...flag('server-side', i.serverSide),
        ...flag('force-conflicts', i.forceConflicts),
        ...flag('dry-run', i.dryRun ? 'server' : undefined),
      ],
      stdin: (i) => i.manifest,
    }),
    tool({
      name: 'patch',
      title: 'Patch an object',
      description: 'Changes parts of one object.',
      input: z.strictObject({
        kind,
        name: word,
        namespace,
        patch: z.string().describe('The patch, as JSON or YAML'),
        type: z.enum(['strategic', 'merge', 'json']).optional().describe('default: strategic'),
        subresource: z.string().optional(),
      }),
      annotations: changes({ destructive: true, idempotent: false }),
      words: (i) => [
        'patch',
        ...common(i),
        ...flag('type', i.type),
        ...flag('subresource', i.subresource),
        ...flag('patch', i.patch),
        ...objects(i.kind, i.name),
      ],
    }),
    tool({
      name: 'delete',
      title: 'Delete objects',
      description: 'Deletes one object, or all that a selector matches.',
      input: z.strictObject({
        kind,
        name,
        namespace,
        selector,
        wait: z.boolean().optional().describe('Wait until it is gone; default: true'),
        gracePeriodSeconds: z.number().int().min(0).optional(),
        force: z.boolean().optional(),
      }),
      annotations: changes({ destructive: true, idempotent: true }),
      words: (i) => [
        'delete',
        ...common(i),
        ...flag('wait', i.wait),
        ...flag('grace-period', i.gracePeriodSeconds),
        ...flag('force', i.force),
        ...objects(i.kind, i.name),
      ],
    }),
    tool({
      name: 'exec',
      title: 'Run a command in a container',
      description: `Runs a command in a container, without a terminal; it ends after ${limits.waitMs / 1000} s.`,
      input: z.strictObject({
        pod: word.describe('A pod, or KIND/NAME for one of its pods'),
        namespace,
        container,
        command: z.array(z.string()).min(1).describe('The words: ["sh", "-c", "ls /tmp | wc -l"]'),
        stdin: z.string().optional(),
      }),
      annotations: changes({ destructive: true, idempotent: false }),
      words: (i) => [
        'exec',
        ...common(i),
        ...flag('container', i.container),
        ...flag('stdin', i.stdin !== undefined),
        ...objects(i.pod),
        '--',
        ...i.command,
      ],
      stdin: (i) => i.stdin ?? '',
    }),
    tool({
      name: 'rollout',
      title: 'Manage a rollout',
      description: `Status, history, restart, undo, pause or resume. status waits at most ${limits.waitMs / 1000} s.`,
      input: z.strictObject({
        action: z.enum(['status', 'history', 'restart', 'undo', 'pause', 'resume']),
        of: word.describe('KIND/NAME: deploy/web'),
        namespace,
        revision: z.number().int().min(0).optional().describe('For history (show it) and undo (go back to it)'),
      }),
      annotations: changes({ destructive: true, idempotent: false }),
      words: (i) => [
        'rollout',
        i.action,
        ...common(i),
        ...flag(i.action === 'undo' ? 'to-revision' : 'revision', i.revision),
        ...objects(i.of),
      ],
    }),
    tool({
      name: 'top',
      title: 'Show resource usage',
      description: 'CPU and memory of pods or nodes, where the cluster measures it.',
      input: z.strictObject({
        of: z.enum(['pods', 'nodes']),
        name,
        namespace,
        allNamespaces,
        selector,
        containers: z.boolean().optional(),
      }),
      annotations: looksOnly,
      words: (i) => ['top', i.of, ...common(i), ...flag('containers', i.containers), ...objects(i.name)],
    }),
    tool({
      name: 'explain',
      title: 'Explain a field',
      description: 'The documentation of a kind or a field: deployment.spec.strategy.',
      input: z.strictObject({ field: word, recursive: z.boolean().optional(), apiVersion: z.string().optional() }),
      annotations: looksOnly,
      words: (i) => [
        'explain',
        ...flag('recursive', i.recursive),
        ...flag('api-version', i.apiVersion),
        ...objects(i.field),
      ],
    }),
  ]
}

function common(input: {
  namespace?: string | undefined
  allNamespaces?: boolean | undefined
  selector?: string | undefined
}): string[] {
  return [
    ...flag('namespace', input.namespace),
    ...flag('all-namespaces', input.allNamespaces),
    ...flag('selector', input.selector),
  ]
}

/** A flag in the joined form, in which its value can never be taken for anything else. */
function flag(long: string, value: string | number | boolean | undefined): string[] {
  return value === undefined ? [] : [`--${long}=${value}`]
}

function objects(...words: (string | undefined)[]): string[] {
  return words.filter((given) => given !== undefined)
}
