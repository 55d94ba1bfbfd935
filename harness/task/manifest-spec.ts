import { z } from 'zod'
import type { KubeObject } from '../base/kube-client.ts'
import type { ClusterFile } from './cluster-file.ts'

/** What an answer to a manifest task must be, and what it must bring about. */
export interface ManifestSpec {
  operation: ManifestOperation
  /** Where namespaced objects live; made for the evaluation, and named by the request. */
  namespace?: string
  /** strict: the answer must be nothing but one YAML stream. lenient: fences, prose and tags around it are taken off. */
  format: 'strict' | 'lenient'
  /** The Pod Security level that every pod of the answer must keep. */
  'pod-security': PodSecurityLevel
  /** Findings of level 4 that the request itself asks for. */
  allow: string[]
  /** Every object that is asked for; an answer with others goes beyond the request. */
  objects: ObjectRequirement[]
  /** What must then be so in the cluster. */
  effects: Effect[]
  /** A script that judges what the answer does, in place of requirements and effects. */
  'unit-test'?: UnitTest
  /** Of a read task: how to look the answer up, and what it is. */
  query?: Query
  answer?: unknown
}

/**
 * A script that applies an answer and looks at what comes of it: passed when it prints the marker, whatever its exit code.
 * It runs in bash with kubectl, beside the answer and its files, as an admin of the task's namespace and of nothing else.
 */
export interface UnitTest {
  script: string
  marker: string
  /** What the answer's file is called. */
  'answer-file': string
  /** Files beside it, by their paths. */
  files: Record<string, string>
  'timeout-seconds': number
}

export const manifestOperations = ['create', 'read', 'update', 'delete'] as const
export type ManifestOperation = (typeof manifestOperations)[number]
export type PodSecurityLevel = 'privileged' | 'baseline' | 'restricted'

/** One object of the answer, and all that the request says of it. */
export interface ObjectRequirement {
  apiVersion: string
  kind: string
  name: string
  /** Defaults to the task's namespace; absent for kinds without one. */
  namespace?: string
  /** Must be among the object's own. */
  labels?: Record<string, string>
  annotations?: Record<string, string>
  /** Of a ConfigMap or Secret: exactly these keys with exactly these values, decoded. */
  data?: Record<string, string>
  /** Of a Role or ClusterRole: exactly the permissions that these rules give, however they are written. */
  rules?: RequiredRule[]
  /** Of a binding: exactly these. */
  subjects?: RequiredSubject[]
  roleRef?: { kind: string; name: string }
  fields?: FieldRequirement[]
}

export interface RequiredRule {
  apiGroups?: string[]
  resources?: string[]
  verbs: string[]
  resourceNames?: string[]
  nonResourceURLs?: string[]
}

export interface RequiredSubject {
  kind: 'ServiceAccount' | 'User' | 'Group'
  name: string
  namespace?: string
}

/** A field that the request names. */
export interface FieldRequirement {
  /** `spec.template.spec.containers[name=web].image`; `[*]` for every element, `["a.b/c"]` for odd keys. */
  at: string
  /** null: the field must be absent or hold nothing. */
  is: unknown
  /** equal, set: in any order. has: at least these. quantity: `1000m` is `1`. */
  as?: 'equal' | 'set' | 'has' | 'quantity' | 'pattern'
}

/** What must be so once the answer is in the cluster. */
export type Effect =
  | { access: AccessEffect }
  | { admits: AdmissionEffect }
  | { denies: AdmissionEffect }
  | { 'pod-gets': PodGetsEffect }
  | { reaches: ReachesEffect }
  | { serves: ServesEffect }
  | { routes: RoutesEffect }
  | { flows: FlowsEffect }
  | { evicts: EvictsEffect }

/** Who may do exactly what: every neighbouring permission is asked for too, and must be denied. */
export interface AccessEffect {
  /** A user, or `system:serviceaccount:NAMESPACE:NAME`; for a role that nobody is bound to yet, the role instead. */
  as?: string
  groups?: string[]
  role?: { kind: 'Role' | 'ClusterRole'; name: string }
  /** What is allowed, in `namespace`, or in the whole cluster without one. */
  rules: RequiredRule[]
  namespace?: string
}

/** The API server's answer to an object that nobody keeps (a dry run). */
export interface AdmissionEffect {
  object: KubeObject
  /** A part of the server's sentence. */
  because?: string
}

/** What a pod is given that runs under a ServiceAccount. */
export interface PodGetsEffect {
  serviceAccount: string
  token: boolean
  imagePullSecrets?: string[]
}

/** A field of a live object takes a value in time. */
export interface ReachesEffect {
  apiVersion: string
  kind: string
  name: string
  at: string
  is: unknown
  withinSeconds: number
}

export interface ServesEffect {
  service: string
  port: number | string
  path: string
  body: string
}

/** An Ingress leads such a request to a Service that answers. */
export interface RoutesEffect {
  ingress: string
  host: string
  path: string
  body: string
}

/** Network policies let pods with some labels reach others, or not. */
export interface FlowsEffect {
  from: { labels: Record<string, string>; namespace?: Record<string, string> }
  to: { labels: Record<string, string>; namespace?: Record<string, string> }
  port: number
  protocol: 'TCP' | 'UDP'
  open: boolean
}

/** A pod with such labels may be evicted, or not. */
export interface EvictsEffect {
  labels: Record<string, string>
  allowed: boolean
}

/** A question about the live state, which the harness can answer too. */
export interface Query {
  apiVersion: string
  kind: string
  where: FieldRequirement[]
  /** names: sorted. count. value: of one object's field. */
  find: 'names' | 'count' | 'value'
  at?: string
}

const texts = z.record(z.string(), z.string())
const name = z.string().min(1)

const ruleSchema = z.strictObject({
  apiGroups: z.array(z.string()).exactOptional(),
  resources: z.array(name).exactOptional(),
  verbs: z.array(name).min(1),
  resourceNames: z.array(name).exactOptional(),
  nonResourceURLs: z.array(name).exactOptional(),
})

const fieldSchema = z.strictObject({
  at: name,
  is: z.unknown(),
  as: z.enum(['equal', 'set', 'has', 'quantity', 'pattern']).exactOptional(),
})

const objectSchema: z.ZodType<ObjectRequirement> = z
  .strictObject({
    apiVersion: name,
    kind: name,
    name,
    namespace: name.exactOptional(),
    labels: texts.exactOptional(),
    annotations: texts.exactOptional(),
    data: texts.exactOptional(),
    rules: z.array(ruleSchema).exactOptional(),
    subjects: z
      .array(
        z.strictObject({
          kind: z.enum(['ServiceAccount', 'User', 'Group']),
          name,
          namespace: name.exactOptional(),
        }),
      )
      .exactOptional(),
    roleRef: z.strictObject({ kind: name, name }).exactOptional(),
    fields: z.array(fieldSchema).exactOptional(),
  })
  .superRefine((object, context) => {
    const only = (field: keyof ObjectRequirement, kinds: readonly string[]): void => {
      if (object[field] === undefined || kinds.includes(object.kind)) return
      context.addIssue({ code: 'custom', path: [field], message: `expected only for ${kinds.join(' and ')}` })
    }
    only('data', ['ConfigMap', 'Secret'])
    only('rules', ['Role', 'ClusterRole'])
    only('subjects', ['RoleBinding', 'ClusterRoleBinding'])
    only('roleRef', ['RoleBinding', 'ClusterRoleBinding'])
  })

const looseObject = z.looseObject({
  apiVersion: name,
  kind: name,
  metadata: z.looseObject({ name }),
}) as unknown as z.ZodType<KubeObject>

const admission = z.strictObject({ object: looseObject, because: name.exactOptional() })
const end = z.strictObject({ labels: texts, namespace: texts.exactOptional() })

const effectSchema: z.ZodType<Effect> = z.union([
  z.strictObject({
    access: z.strictObject({
      as: name.exactOptional(),
      groups: z.array(name).exactOptional(),
      role: z.strictObject({ kind: z.enum(['Role', 'ClusterRole']), name }).exactOptional(),
      rules: z.array(ruleSchema),
      namespace: name.exactOptional(),
    }),
  }),
  z.strictObject({ admits: admission }),
  z.strictObject({ denies: admission }),
  z.strictObject({
    'pod-gets': z.strictObject({
      serviceAccount: name,
      token: z.boolean(),
      imagePullSecrets: z.array(name).exactOptional(),
    }),
  }),
  z.strictObject({
    reaches: z.strictObject({
      apiVersion: name,
      kind: name,
      name,
      at: name,
      is: z.unknown(),
      withinSeconds: z.number().positive().default(90),
    }),
  }),
  z.strictObject({
    serves: z.strictObject({
      service: name,
      port: z.union([z.int(), name]),
      path: z.string().default('/'),
      body: name,
    }),
  }),
  z.strictObject({ routes: z.strictObject({ ingress: name, host: name, path: name, body: name }) }),
  z.strictObject({
    flows: z.strictObject({
      from: end,
      to: end,
      port: z.int(),
      protocol: z.enum(['TCP', 'UDP']).default('TCP'),
      open: z.boolean(),
    }),
  }),
  z.strictObject({ evicts: z.strictObject({ labels: texts, allowed: z.boolean() }) }),
])

const relativePath = z.string().regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$)).+$/, {
  error: (issue) => `expected a path inside the folder, got ${JSON.stringify(issue.input)}`,
})

const unitTestSchema: z.ZodType<UnitTest> = z.strictObject({
  script: name,
  marker: name,
  'answer-file': relativePath.default('labeled_code.yaml'),
  files: z.record(relativePath, z.string()).default({}),
  'timeout-seconds': z.number().positive().max(1800).default(300),
})

/** The shape of `tests/requirements.yaml`. */
export const manifestSpecSchema: z.ZodType<ManifestSpec> = z
  .strictObject({
    operation: z.enum(manifestOperations),
    namespace: name.exactOptional(),
    format: z.enum(['strict', 'lenient']).default('lenient'),
    'pod-security': z.enum(['privileged', 'baseline', 'restricted']).default('baseline'),
    allow: z.array(name).default([]),
    objects: z.array(objectSchema).default([]),
    effects: z.array(effectSchema).default([]),
    query: z
      .strictObject({
        apiVersion: name,
        kind: name,
        where: z.array(fieldSchema).default([]),
        find: z.enum(['names', 'count', 'value']),
        at: name.exactOptional(),
      })
      .exactOptional(),
    answer: z.unknown().exactOptional(),
    'unit-test': unitTestSchema.exactOptional(),
  })
  .superRefine((spec, context) => {
    const isRead = spec.operation === 'read'
    if (isRead && (spec.query === undefined || spec.answer === undefined)) {
      context.addIssue({ code: 'custom', path: ['query'], message: 'missing; a read task needs query and answer' })
    }
    const unitTest = spec['unit-test']
    if (unitTest && (spec.operation !== 'create' || spec.objects.length + spec.effects.length > 0)) {
      const message = 'expected only in create tasks without objects and effects: the script judges'
      context.addIssue({ code: 'custom', path: ['unit-test'], message })
    }
    if (unitTest && spec.namespace === undefined) {
      context.addIssue({ code: 'custom', path: ['namespace'], message: 'missing; the unit test works in it' })
    }
    if (!isRead && !unitTest && spec.objects.length === 0) {
      context.addIssue({ code: 'custom', path: ['objects'], message: 'expected at least one object that is asked for' })
    }
  })

/** The stages of judging an answer, in order. */
export const manifestStages = ['extract', 'L1', 'L2', 'L3', 'L4', 'runtime', 'validity', 'accuracy'] as const
export type ManifestStage = (typeof manifestStages)[number]

/** An answer that is wrong, and the first stage that must say so. */
export interface WrongAnswer {
  name: string
  fails: ManifestStage
  /** What is wrong with it, for people. */
  because: string
  text: string
}

/** What a task of kind manifest has that others do not. */
export interface ManifestPart {
  spec: ManifestSpec
  /** The answer that proves the task can be solved. */
  reference: string
  wrong: WrongAnswer[]
  /** Which half of the fixed split it is in. */
  split: 'train' | 'test'
  level: 'basic' | 'intermediate' | 'advanced'
  /** What cluster it needs; several tasks may share one. */
  cluster?: ClusterFile | undefined
}
