import { readFile } from 'node:fs/promises'
import type { KubeObject } from '../../base/kube-client.ts'
import type { KnownSecret } from '../../record/redact-needles.ts'
import { secretsOf } from '../../record/secrets-of.ts'
import type { TrialStore } from '../../store/trial-store.ts'

/** The values of all Secrets that were in the clusters of some trials, before the agent and after it, each once. */
export async function gatherSecrets(stores: readonly TrialStore[]): Promise<KnownSecret[]> {
  const known = new Map<string, KnownSecret>()
  for (const store of stores)
    for (const file of [store.baseline, store.endState])
      for (const secret of secretsOf(await readSecrets(file))) {
        const key = Buffer.from(secret.value as string).toString('latin1')
        if (!known.has(key)) known.set(key, secret)
      }
  return [...known.values()]
}

async function readSecrets(file: string): Promise<KubeObject[]> {
  const bytes = await readFile(file).catch(() => undefined)
  // most clusters have none, and reading all their objects would take most of the time
  if (bytes === undefined || !bytes.includes('"Secret"')) return []
  const { objects = [] } = JSON.parse(bytes.toString('utf8')) as { objects?: KubeObject[] }
  return objects.filter(({ kind }) => kind === 'Secret')
}
