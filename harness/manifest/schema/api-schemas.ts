import { groupVersion, type ApiResource, type KubeClient } from '../../base/kube-client.ts'

/** The part of OpenAPI 3 that Kubernetes uses. */
export interface ApiSchema {
  $ref?: string
  allOf?: ApiSchema[]
  oneOf?: ApiSchema[]
  type?: string
  format?: string
  description?: string
  nullable?: boolean
  enum?: unknown[]
  pattern?: string
  minimum?: number
  maximum?: number
  required?: string[]
  properties?: Record<string, ApiSchema>
  additionalProperties?: boolean | ApiSchema
  items?: ApiSchema
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[]
  'x-kubernetes-int-or-string'?: boolean
  'x-kubernetes-preserve-unknown-fields'?: boolean
  'x-kubernetes-embedded-resource'?: boolean
}

/** The schema of a kind, and how to follow its references. */
export interface KindSchema {
  schema: ApiSchema
  resolve(ref: string): ApiSchema | undefined
}

/** What a cluster serves: which kinds there are, and the schema of each, custom ones included. */
export interface ApiSchemas {
  kinds(): Promise<ApiResource[]>
  find(apiVersion: string, kind: string): Promise<KindSchema | undefined>
}

/** A cluster's own OpenAPI v3, each group version fetched when it is first asked for. */
export function createApiSchemas(client: KubeClient): ApiSchemas {
  let index: Promise<Record<string, string>> | undefined
  const documents = new Map<string, Promise<Record<string, ApiSchema>>>()
  const readIndex = async (): Promise<Record<string, string>> => {
    const answer = await client.get<{ paths: Record<string, { serverRelativeURL: string }> }>('/openapi/v3')
    return Object.fromEntries(
      Object.entries(answer.paths).map(([path, { serverRelativeURL }]) => [path, serverRelativeURL]),
    )
  }
  const readDocument = async (path: string): Promise<Record<string, ApiSchema>> => {
    index ??= readIndex()
    const url = (await index)[path]
    if (url === undefined) return {}
    const [pathname = '', query = ''] = url.split('?')
    const answer = await client.get<{ components?: { schemas?: Record<string, ApiSchema> } }>(pathname, {
      query: Object.fromEntries(new URLSearchParams(query)),
    })
    return answer.components?.schemas ?? {}
  }
  return {
    kinds: () => client.resources(),
    async find(apiVersion, kind) {
      const path = apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`
      let document = documents.get(path)
      if (!document) documents.set(path, (document = readDocument(path)))
      return findKindSchema(await document, apiVersion, kind)
    },
  }
}

/** The schema that says it is of a kind. */
export function findKindSchema(
  schemas: Record<string, ApiSchema>,
  apiVersion: string,
  kind: string,
): KindSchema | undefined {
  const schema = Object.values(schemas).find((candidate) =>
    candidate['x-kubernetes-group-version-kind']?.some(
      (row) => row.kind === kind && groupVersion({ group: row.group, version: row.version }) === apiVersion,
    ),
  )
  if (!schema) return undefined
  return { schema, resolve: (ref) => schemas[ref.replace('#/components/schemas/', '')] }
}
