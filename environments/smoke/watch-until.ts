import { KubemendError } from '../../harness/base/errors.ts'
import { isConnectionError, KubeError, type KubeClient, type KubeObject } from '../../harness/base/kube-client.ts'

/** Lists a collection and watches it from there, until `isDone` answers something; says what was last seen otherwise. */
export async function watchUntil<T extends KubeObject, R>(
  client: KubeClient,
  path: string,
  options: {
    what: string
    isDone: (items: T[]) => R | undefined | false
    describe: (object: T) => string
    timeoutMs: number
    labelSelector?: string
    fieldSelector?: string
    signal?: AbortSignal
  },
): Promise<R> {
  const query = { labelSelector: options.labelSelector, fieldSelector: options.fieldSelector }
  const timeout = AbortSignal.timeout(options.timeoutMs)
  const signal = options.signal ? AbortSignal.any([timeout, options.signal]) : timeout
  let items = new Map<string, T>()
  while (!signal.aborted) {
    try {
      const list = await client.get<KubeObject & { items: T[] }>(path, { query, signal })
      items = new Map(list.items.map((item) => [keyOf(item), item]))
      const now = options.isDone([...items.values()])
      if (now !== undefined && now !== false) return now
      const from = { ...query, resourceVersion: list.metadata.resourceVersion }
      for await (const event of client.watch(path, { query: from, signal })) {
        if (event.type === 'ERROR') break
        if (event.type === 'DELETED') items.delete(keyOf(event.object))
        else items.set(keyOf(event.object), event.object as T)
        const then = options.isDone([...items.values()])
        if (then !== undefined && then !== false) return then
      }
    } catch (error) {
      if (!signal.aborted && !isConnectionError(error) && !(error instanceof KubeError && error.status >= 500))
        throw error
    }
  }
  options.signal?.throwIfAborted()
  const seen = [...items.values()].map(options.describe).join('; ') || 'there is none'
  throw new KubemendError('timed-out', `waited ${options.timeoutMs / 1000} s for ${options.what}: ${seen}`)
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`
}
