import type { Cluster, Provider } from '../../../environments/provider.ts'

/** A provider that counts what the clusters cost that come from it. */
export interface MeteredProvider {
  provider: Provider
  /** Processor time of all clusters that have ended, and of this process, since the meter began. */
  cpuMs(): number
}

export function meterProvider(provider: Provider): MeteredProvider {
  let clustersMs = 0
  const startedAt = process.cpuUsage()
  const count = async (cluster: Cluster): Promise<void> => {
    // a cluster that cannot say any more what it cost has cost nothing that could be told
    const usage = await cluster.usage().catch(() => undefined)
    clustersMs += usage?.cpuMs ?? 0
  }
  const meter = async (made: Promise<Cluster>): Promise<Cluster> => {
    const cluster = await made
    let isCounted = false
    const counting =
      <Args extends unknown[]>(end: (...args: Args) => Promise<unknown>) =>
      async (...args: Args): Promise<void> => {
        if (!isCounted) {
          isCounted = true
          await count(cluster)
        }
        await end(...args)
      }
    return withMethods(cluster, {
      snapshot: counting((key: string) => cluster.snapshot(key)),
      destroy: counting(() => cluster.destroy()),
      [Symbol.asyncDispose]: counting(async () => cluster[Symbol.asyncDispose]()),
    })
  }
  return {
    provider: withMethods(provider, {
      create: (...args: Parameters<Provider['create']>) => meter(provider.create(...args)),
      restore: (...args: Parameters<Provider['restore']>) => meter(provider.restore(...args)),
    }),
    cpuMs: () => {
      const { user, system } = process.cpuUsage(startedAt)
      return Math.round(clustersMs + (user + system) / 1000)
    },
  }
}

/** The same object with other methods; its own ones still see itself. */
function withMethods<T extends object>(object: T, methods: Partial<T>): T {
  return new Proxy(object, {
    get(target, name) {
      // `await using` takes no bound functions
      if (Object.hasOwn(methods, name)) return Reflect.get(methods, name)
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (value as () => unknown).bind(target) : value
    },
  })
}
