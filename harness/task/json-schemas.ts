import { z } from 'zod'
import { clusterFileSchema } from './cluster-file.ts'
import { contractSchemaOf, type Entry, type VerifierParams } from './contract.ts'
import { datasetSchema } from './dataset.ts'
import { kubemendMetadataSchema } from './kubemend-metadata.ts'
import { manifestSpecSchema } from './manifest-spec.ts'
import { taskTomlSchema } from './task-toml.ts'

/** A JSON Schema document. */
export type JsonSchema = Record<string, unknown>

export const schemaNames = ['task', 'cluster', 'contract', 'requirements', 'dataset'] as const
export type SchemaName = (typeof schemaNames)[number]

/** The JSON Schema of a file format, for editors; the contract's knows the given verifiers and their parameters. */
export function jsonSchema(name: SchemaName, verifiers: VerifierLibrary = {}): JsonSchema {
  const { $schema, ...schema } = builders[name](verifiers)
  return { $schema, title: titles[name], ...schema }
}

/** Verifiers with what they are for. */
export type VerifierLibrary = Readonly<Record<string, VerifierParams[string] & { summary?: string }>>

const titles: Record<SchemaName, string> = {
  task: 'task.toml: Harbor 1.4 with [metadata.kubemend]',
  cluster: 'environment/cluster.yaml',
  contract: 'tests/contract.yaml',
  requirements: 'tests/requirements.yaml, of manifest tasks',
  dataset: 'dataset.toml',
}

const builders: Record<SchemaName, (verifiers: VerifierLibrary) => JsonSchema> = {
  task: () => withMetadata(describe(taskTomlSchema)),
  cluster: () => describe(clusterFileSchema),
  contract: (verifiers) => describe(contractSchemaOf(checkSchema(verifiers)), 'ref'),
  requirements: () => describe(manifestSpecSchema),
  dataset: () => describe(datasetSchema),
}

function describe(schema: z.ZodType, reused: 'inline' | 'ref' = 'inline'): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused }) as JsonSchema
}

/** Our table is read strictly, inside a file that is read leniently. */
function withMetadata(task: JsonSchema): JsonSchema {
  const { $schema: _, ...kubemend } = describe(kubemendMetadataSchema)
  const metadata = { type: 'object', properties: { kubemend }, additionalProperties: true }
  return { ...task, properties: { ...(task['properties'] as JsonSchema), metadata } }
}

function checkSchema(verifiers: VerifierLibrary): z.ZodType<Entry> {
  const known = Object.entries(verifiers)
  if (known.length === 0) return z.union([z.string(), z.record(z.string(), z.unknown())])
  const entries = known.map(([name, { params, summary }]) =>
    z.strictObject({ [name]: params }).meta(summary === undefined ? {} : { description: summary }),
  )
  const bare = known.filter(([, { params }]) => params.safeParse({}).success).map(([name]) => name)
  return z.union(bare.length > 0 ? [...entries, z.enum(bare)] : entries) as z.ZodType<Entry>
}
