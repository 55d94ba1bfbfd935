import { RegistryClient } from './registry-client.ts'

/** The client of a registry that answers, or undefined; asked once per registry and process. */
export function reachableRegistry(registry: string): Promise<RegistryClient | undefined> {
  if (process.env['KUBEMEND_OFFLINE'] === '1') return Promise.resolve(undefined)
  const key = `${process.env['KUBEMEND_REGISTRY_MIRROR'] ?? ''} ${registry}`
  let known = clients.get(key)
  if (!known) clients.set(key, (known = connect(registry)))
  return known
}

const clients = new Map<string, Promise<RegistryClient | undefined>>()

async function connect(registry: string): Promise<RegistryClient | undefined> {
  const client = new RegistryClient(registry)
  return (await client.isReachable()) ? client : undefined
}
