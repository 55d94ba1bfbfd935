import { z } from 'zod'
import { addonNames, type AddonName, type ClusterSpec, type NodeSpec } from '../../environments/provider.ts'
import { checkAgainst, type Checked } from '../base/schema-problems.ts'

/** What environment/cluster.yaml asks for, with everything it leaves out filled in. */
export interface ClusterFile {
  kubernetes: string
  nodes: NodeSpec[]
  addons: AddonName[]
  images: string[]
  'absent-images': string[]
}

/** The Kubernetes minor of tasks that do not say. */
export const defaultKubernetes = '1.35'

/** Reads the document of a cluster.yaml. */
export function parseClusterFile(document: unknown): Checked<ClusterFile> {
  return checkAgainst(clusterFileSchema, document)
}

/** What a provider must make for a task. */
export function clusterSpecOf(file: ClusterFile, name: string, images: readonly string[]): ClusterSpec {
  return { name, kubernetes: file.kubernetes, nodes: file.nodes, addons: file.addons, images: [...images] }
}

const dnsName = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, {
  error: (issue) => `expected a lower-case DNS name, got ${JSON.stringify(issue.input)}`,
})

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const

const taint = z.string().transform((text, context): NodeSpec['taints'][number] => {
  const match = /^([^=:\s]+)(?:=([^:\s]*))?:(\w+)$/.exec(text)
  const effect = effects.find((word) => word === match?.[3])
  if (match?.[1] === undefined || effect === undefined) {
    const message = `expected KEY=VALUE:EFFECT with an effect of ${effects.join(', ')}, got ${JSON.stringify(text)}`
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  }
  return { key: match[1], ...(match[2] ? { value: match[2] } : {}), effect }
})

/** A quantity: YAML reads `cpu: 4` as a number, which is what people mean. */
const quantity = z
  .union([z.string(), z.number()], { error: 'expected a quantity such as 4, 500m or 16Gi' })
  .transform(String)
  .pipe(
    z.string().regex(/^\d+(\.\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/, {
      error: (issue) => `expected a quantity such as 4, 500m or 16Gi, got ${JSON.stringify(issue.input)}`,
    }),
  )

const node = z.strictObject({
  name: dnsName,
  labels: z.record(z.string(), z.string()).default({}),
  taints: z.array(taint).default([]).meta({ description: 'As kubectl writes them: dedicated=batch:NoSchedule' }),
  capacity: z
    .record(z.string(), quantity)
    .default({})
    .meta({ description: 'What the node says it has where that is not what the machine has: nvidia.com/gpu: 1' }),
})

const image = z.string().min(1)

export const clusterFileSchema: z.ZodType<ClusterFile> = z.strictObject({
  kubernetes: z
    .string({
      error: (issue) =>
        typeof issue.input === 'number'
          ? `expected a minor version in quotes, such as "${defaultKubernetes}", got the number ${issue.input}`
          : undefined,
    })
    .regex(/^1\.\d{1,2}$/, {
      error: (issue) => `expected a minor version such as "${defaultKubernetes}", got ${JSON.stringify(issue.input)}`,
    })
    .default(defaultKubernetes),
  nodes: z
    .array(node)
    .min(1)
    .default([{ name: 'node-1', labels: {}, taints: [], capacity: {} }])
    .superRefine((nodes, context) => {
      for (const [index, { name }] of nodes.entries()) {
        if (nodes.findIndex((other) => other.name === name) < index) {
          context.addIssue({
            code: 'custom',
            path: [index, 'name'],
            message: `expected a name of its own, got ${name} again`,
          })
        }
      }
    })
    .meta({ description: 'The first is the control plane, which also runs pods.' }),
  addons: z.array(z.enum(addonNames)).default([]),
  images: z
    .array(image)
    .default([])
    .meta({ description: 'Images that no manifest names but a repair may use; those of manifests are found.' }),
  'absent-images': z
    .array(image)
    .default([])
    .meta({ description: 'Images that are part of the fault: manifests name them, and they do not exist.' }),
})
