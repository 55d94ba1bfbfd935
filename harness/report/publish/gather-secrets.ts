import { readFileSync } from 'node:fs'
import type { KubeObject } from '../../base/kube-client.ts'
import type { KnownSecret } from '../../record/redact-needles.ts'
import { secretsOf } from '../../record/secrets-of.ts'
import type { TrialStore } from '../../store/trial-store.ts'

/** The values of all Secrets that were in the clusters of some trials, before the agent and after it, each once. */
export function gatherSecrets(stores: readonly TrialStore[]): KnownSecret[] {
  const found: KnownSecret[] = []
  for (const { baseline, endState } of stores)
    for (const file of [baseline, endState]) found.push(...secretsOf(readSecrets(file)))
  return uniqueSecrets(found)
}

export function uniqueSecrets(secrets: readonly KnownSecret[]): KnownSecret[] {
  const known = new Map<string, KnownSecret>()
  for (const secret of secrets) {
    const key = Buffer.from(secret.value as string).toString('latin1')
    if (!known.has(key)) known.set(key, secret)
  }
  return [...known.values()]
}

function readSecrets(file: string): KubeObject[] {
  const bytes = read(file)
  // most clusters have none, and reading all their objects would take most of the time
  if (bytes === undefined || !bytes.includes('"Secret"')) return []
  const { objects = [] } = JSON.parse(bytes.toString('utf8')) as { objects?: KubeObject[] }
  return objects.filter(({ kind }) => kind === 'Secret')
}

function read(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return undefined
  }
}
