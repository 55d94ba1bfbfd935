import { InputError } from '../base/errors.ts'
import type { Provider } from '../../environments/provider.ts'
import { say } from './output.ts'

export const providerNames = ['node', 'kind', 'existing'] as const
export type ProviderName = (typeof providerNames)[number]

/** What a command that takes `--cluster existing:CONTEXT` takes besides. */
export const existingFlags = {
  kubeconfig: { type: 'string', value: 'FILE', summary: 'where the context of --cluster existing:CONTEXT is' },
  'i-own-this-cluster': { type: 'boolean', summary: 'everything in that cluster may be lost' },
  'audit-log': { type: 'string', value: 'FILE', summary: "that cluster's audit log, where this machine has it" },
} as const

export interface ExistingFlagValues {
  kubeconfig?: string | undefined
  'i-own-this-cluster'?: boolean
  'audit-log'?: string | undefined
}

/**
 * The only place that names the concrete providers. `auto` is the first that can run here; `existing:CONTEXT` lends
 * the cluster of a kubeconfig, `existing:A,B` one of several.
 */
export async function loadProvider(name: string, flags: ExistingFlagValues = {}): Promise<Provider> {
  const [kind, context] = splitOnce(name, ':')
  switch (kind) {
    case 'node':
      return (await import('../../environments/node/node-provider.ts')).createNodeProvider()
    case 'kind':
      return (await import('../../environments/kind/kind-provider.ts')).createKindProvider()
    case 'existing':
      return loadExisting(context, flags)
    case 'auto':
      return firstThatRuns()
    default:
      throw new InputError([`--cluster ${name}: expected one of auto, node, kind, existing:CONTEXT`])
  }
}

/** Every provider that may have clusters on this machine. */
export function allProviders(): Promise<Provider[]> {
  return Promise.all(providerNames.map((name) => loadProvider(name)))
}

async function loadExisting(context: string | undefined, flags: ExistingFlagValues): Promise<Provider> {
  const { createExistingProvider } = await import('../../environments/existing/existing-provider.ts')
  const { kubeconfig, 'i-own-this-cluster': isOwned = false, 'audit-log': auditLog } = flags
  return createExistingProvider({
    isOwned,
    contexts: context?.split(',').filter(Boolean) ?? [],
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(auditLog === undefined ? {} : { auditLog }),
  })
}

/** The fastest that can run here; where that is not the first, says why. */
async function firstThatRuns(): Promise<Provider> {
  const refusals: string[] = []
  for (const name of ['node', 'kind']) {
    const provider = await loadProvider(name)
    const problems = await provider.problems()
    if (problems.length === 0) {
      if (refusals.length > 0) say(`--cluster auto: ${name}, because ${refusals.join('; ')}`)
      return provider
    }
    refusals.push(...problems.map((problem) => `${name}: ${problem.what}`))
  }
  throw new InputError(refusals, { hint: 'kubemend doctor says what to do about each' })
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}
