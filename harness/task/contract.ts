import { z } from 'zod'
import { closest } from '../base/closest.ts'
import { parseDuration } from '../base/duration.ts'
import { InputError } from '../base/errors.ts'
import { checkAgainst, type Checked, type SchemaProblem } from '../base/schema-problems.ts'
import { findings, type FindingName } from '../state/bypass/finding.ts'
import { parseMayChange, type MayChange } from '../state/may-change.ts'
import { parseGrants, type MayGrant } from '../state/rbac/grants.ts'

/** What a correct repair must bring about, and what it may touch on the way. Everything else is protected. */
export interface Contract {
  /** All must be met for the outcome to be met. */
  outcome: Check[]
  /** Must be met in the healthy world, before it is broken. */
  healthy: Check[]
  /** Must be met once it is broken, before the agent starts. */
  symptom: Check[]
  /** Protections that need words, beside the comparison of the whole cluster. */
  preserve: Check[]
  /** Must hold at every sample while the agent works. */
  invariants: Check[]
  /** How long the outcome checks may take to come true after the agent has ended. */
  withinMs: number
  /** How long they must then stay true. */
  stableForMs: number
  mayChange: MayChange
  mayGrant: MayGrant
  /** Findings that this task tolerates. */
  accept: FindingName[]
  /** What the agent must not even try, as permissions: `get secrets -n vault`. */
  forbid: string[]
}

/** One entry of the verifier library with its parameters, as its schema understood them. */
export interface Check {
  verifier: string
  params: unknown
  /** Where in the contract it stands: `outcome[0]`. */
  at: string
}

/** The verifiers that a contract may name, each with the schema of its parameters. */
export type VerifierParams = Readonly<Record<string, { params: z.ZodType }>>

/** Reads the document of a contract.yaml; without verifiers, the names and parameters of checks are taken as they are. */
export function parseContract(document: unknown, verifiers?: VerifierParams): Checked<Contract> {
  const checked = checkAgainst(contractSchemaOf(entrySchema), document)
  const problems = checked.problems ?? []
  const file = checked.value
  const parts: ContractParts = file ?? readableParts(document)
  const readChecks = (list: CheckList): Check[] =>
    parts[list].flatMap((entry, index) =>
      entry === undefined ? [] : readCheck(entry, `${list}[${index}]`, verifiers, problems),
    )
  const contract = {
    outcome: readChecks('outcome'),
    healthy: readChecks('healthy'),
    symptom: readChecks('symptom'),
    preserve: readChecks('preserve'),
    invariants: readChecks('invariants'),
    mayChange: readMap(parts['may-change'], 'may-change', parseMayChange, problems),
    mayGrant: readMap(parts['may-grant'], 'may-grant', parseGrants, problems),
  }
  if (file === undefined || problems.length > 0) return { problems }
  const withinMs = parseDuration(file.within) ?? 0
  const stableForMs = parseDuration(file['stable-for']) ?? 0
  return { value: { ...contract, withinMs, stableForMs, accept: file.accept, forbid: file.forbid } }
}

/** The schema of the whole file, for the given schema of one check. */
export function contractSchemaOf(check: z.ZodType<Entry>): z.ZodType<ContractFile> {
  const checks = z.array(check)
  return z.strictObject({
    outcome: checks.min(1).meta({ description: 'Checks that must all be met when the repair is done.' }),
    healthy: checks.default([]).meta({ description: 'Checks that are met before the fault, in the healthy world.' }),
    symptom: checks.default([]).meta({ description: 'Checks that are met once the fault shows.' }),
    preserve: checks.default([]).meta({ description: 'Protections beside the comparison of the whole cluster.' }),
    invariants: checks.default([]).meta({ description: 'Checks sampled during the repair, not only at the end.' }),
    within: duration.default('60s').meta({ description: 'Time for the outcome to come true after the agent ended.' }),
    'stable-for': duration.default('0s').meta({ description: 'Time for which the outcome must then stay true.' }),
    'may-change': z
      .array(listsByKey)
      .default([])
      .meta({
        description:
          'What a repair may touch: "deployment/checkout -n shop": [spec.template.spec.containers[*].env]; instead of ' +
          'a path also created, deleted or recreated. Everything else is protected.',
      }),
    'may-grant': z.array(listsByKey).default([]).meta({
      description: 'New power a repair may give: "system:serviceaccount:shop:reporter": ["get,list pods -n shop"].',
    }),
    accept: z
      .array(z.enum(Object.keys(findings) as FindingName[]))
      .default([])
      .meta({ description: 'Findings that this task tolerates.' }),
    forbid: z
      .array(forbidden)
      .default([])
      .meta({ description: 'What the agent must not even try: "get secrets -n vault".' }),
  })
}

/** The file as it is written, with its defaults. */
export interface ContractFile {
  outcome: Entry[]
  healthy: Entry[]
  symptom: Entry[]
  preserve: Entry[]
  invariants: Entry[]
  within: string
  'stable-for': string
  'may-change': Record<string, string[]>[]
  'may-grant': Record<string, string[]>[]
  accept: FindingName[]
  forbid: string[]
}

type CheckList = 'outcome' | 'healthy' | 'symptom' | 'preserve' | 'invariants'
type MapList = 'may-change' | 'may-grant'
type ContractParts = { [K in CheckList | MapList]: (ContractFile[K][number] | undefined)[] }

/** A check in the file: one verifier's name with its parameters, or the bare name of one that needs none. */
export type Entry = string | Record<string, unknown>

const listsByKey = z.record(z.string(), z.array(z.string()).min(1))

const duration = z.string().refine((text) => parseDuration(text) !== undefined, {
  error: (issue) => `expected a duration such as 10s or 1m30s, got ${JSON.stringify(issue.input)}`,
})

const forbidden = z.string().superRefine((text, context) => {
  const problem = attempt(() => parseGrants({ it: [text] }))
  if (problem)
    context.addIssue({ code: 'custom', message: `expected "get,list secrets -n vault", got ${JSON.stringify(text)}` })
})

const entrySchema = z
  .union([z.string(), z.record(z.string(), z.unknown())], { error: 'expected one verifier with its parameters' })
  .refine((entry) => typeof entry === 'string' || Object.keys(entry).length === 1, {
    error: (issue) => {
      const names = Object.keys(issue.input as object)
      return `expected one verifier, got ${names.length === 0 ? 'none' : `${names.join(', ')}: start each with a dash`}`
    },
  })

function readCheck(
  entry: Entry,
  place: string,
  verifiers: VerifierParams | undefined,
  problems: SchemaProblem[],
): Check[] {
  const [verifier = '', given] = typeof entry === 'string' ? [entry] : (Object.entries(entry)[0] ?? [])
  const params = given ?? {}
  if (verifiers === undefined) return [{ verifier, params, at: place }]
  const known = Object.hasOwn(verifiers, verifier) ? verifiers[verifier] : undefined
  if (known === undefined) {
    problems.push({ path: place, message: wordUnknown(verifier, Object.keys(verifiers)) })
    return []
  }
  const checked = checkAgainst(known.params, params)
  for (const { path, message } of checked.problems ?? []) {
    const inside = path === '' || path.startsWith('[') ? path : `.${path}`
    problems.push({ path: `${place}.${verifier}${inside}`, message })
  }
  return checked.problems ? [] : [{ verifier, params: checked.value, at: place }]
}

function wordUnknown(verifier: string, known: string[]): string {
  const meant = closest(verifier, known)
  const hint = meant === undefined ? 'kubemend explain lists all' : `did you mean ${meant}?`
  return `there is no verifier ${JSON.stringify(verifier)}; ${hint}`
}

/** A list of maps as one map: what stands twice for the same key is added up. */
function readMap(
  entries: readonly (Record<string, string[]> | undefined)[],
  field: string,
  check: (map: Record<string, string[]>) => unknown,
  problems: SchemaProblem[],
): Record<string, string[]> {
  const map: Record<string, string[]> = {}
  for (const [index, entry = {}] of entries.entries()) {
    const found = attempt(() => check(entry))
    for (const text of found ?? []) {
      problems.push({ path: `${field}[${index}]`, message: text.replace(`${field}: `, '') })
    }
    for (const [key, values] of Object.entries(entry)) map[key] = [...(map[key] ?? []), ...values]
  }
  return map
}

/** What an input error says, or undefined when there is none. */
function attempt(action: () => unknown): readonly string[] | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    if (error instanceof InputError) return error.problems
    throw error
  }
}

/** What of a broken file can still be looked at, so that its other problems are found in the same go. */
function readableParts(document: unknown): ContractParts {
  const given = typeof document === 'object' && document !== null ? (document as Record<string, unknown>) : {}
  const parts = <T>(key: string, schema: z.ZodType<T>): (T | undefined)[] => {
    const list = given[key]
    return Array.isArray(list) ? list.map((entry: unknown) => schema.safeParse(entry).data) : []
  }
  return {
    outcome: parts('outcome', entrySchema),
    healthy: parts('healthy', entrySchema),
    symptom: parts('symptom', entrySchema),
    preserve: parts('preserve', entrySchema),
    invariants: parts('invariants', entrySchema),
    'may-change': parts('may-change', listsByKey),
    'may-grant': parts('may-grant', listsByKey),
  }
}
