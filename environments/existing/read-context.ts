import { readFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { parse, stringify } from 'yaml'
import { InputError } from '../../harness/base/errors.ts'
import { readAccess, type KubeAccess } from '../../harness/base/kube-client.ts'

export interface Context {
  access: KubeAccess
  /** A kubeconfig with this one context and nothing else, independent of where the user's files lie. */
  kubeconfig: string
}

/** Reads the context that the user named, out of the file that kubectl would read unless another is named. */
export async function readContext(options: { context: string; kubeconfig?: string }): Promise<Context> {
  const files = options.kubeconfig === undefined ? defaultFiles() : [path.resolve(options.kubeconfig)]
  const known: string[] = []
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => undefined)
    if (text === undefined) continue
    const config = parse(text) as Kubeconfig
    const context = config.contexts?.find((one) => one.name === options.context)
    known.push(...(config.contexts ?? []).map((one) => one.name))
    if (context) return { access: await readAccess(file, options.context), kubeconfig: extract(config, context, file) }
  }
  throw new InputError([`no context ${options.context} in ${files.join(', ')}`], {
    hint: known.length > 0 ? `there is ${known.join(', ')}` : 'kubectl config get-contexts lists them',
  })
}

interface Named {
  name: string
}
interface Kubeconfig {
  contexts?: (Named & { context: { cluster: string; user: string } })[]
  clusters?: (Named & { cluster: Record<string, unknown> })[]
  users?: (Named & { user: Record<string, unknown> })[]
}

function defaultFiles(): string[] {
  const given = process.env['KUBECONFIG']
  return given ? given.split(path.delimiter).filter(Boolean) : [path.join(os.homedir(), '.kube', 'config')]
}

function extract(config: Kubeconfig, context: NonNullable<Kubeconfig['contexts']>[number], file: string): string {
  const at = path.dirname(path.resolve(file))
  const absolute = (fields: Record<string, unknown>): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [
        key,
        fileFields.has(key) && typeof value === 'string' ? path.resolve(at, value) : value,
      ]),
    )
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': context.name,
    contexts: [context],
    clusters: (config.clusters ?? [])
      .filter((one) => one.name === context.context.cluster)
      .map((one) => ({ ...one, cluster: absolute(one.cluster) })),
    users: (config.users ?? [])
      .filter((one) => one.name === context.context.user)
      .map((one) => ({ ...one, user: absolute(one.user) })),
  })
}

/** Fields that name files, relative to the kubeconfig that they are in. */
const fileFields = new Set(['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'])
