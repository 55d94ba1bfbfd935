import { InputError } from '../../base/errors.ts'
import { pluralOf } from '../object-selector.ts'
import type { Broader } from './broader-permissions.ts'
import { implies, type Permission } from './permission.ts'

/** New power that a contract expects a repair to give: for each subject, `get,list pods -n shop`. */
export type MayGrant = Record<string, readonly string[]>

/** Understands may-grant; everything wrong with it is one `InputError`. */
export function parseGrants(mayGrant: MayGrant): ReadonlyMap<string, Permission[]> {
  const problems: string[] = []
  const grants = Object.entries(mayGrant).map(([subject, sentences]): [string, Permission[]] => [
    subject,
    sentences.flatMap((sentence) => {
      const permissions = parseGrant(sentence)
      if (permissions.length === 0) {
        problems.push(
          `may-grant: ${subject}: ${JSON.stringify(sentence)}: expected "get,list pods -n shop" or "get /metrics"`,
        )
      }
      return permissions
    }),
  ])
  if (problems.length > 0) throw new InputError(problems)
  return new Map(grants)
}

/** Whether a contract expects this new power. */
export function isGranted({ subject, permission }: Broader, grants: ReadonlyMap<string, Permission[]>): boolean {
  const { via: _, ...wanted } = permission
  return [subject, subject.replace(/^group:/, '')].some((name) =>
    grants.get(name)?.some((held) => implies(held, wanted)),
  )
}

/** `VERB[,VERB] RESOURCE[.GROUP][/SUBRESOURCE][/NAME] [-n NAMESPACE]`; without a group, any group will do. */
function parseGrant(sentence: string): Permission[] {
  const found = /^([a-z*]+(?:,[a-z*]+)*)\s+([^\s,]+)(?:\s+(?:-n|--namespace)[\s=]\s*(\S+))?$/.exec(sentence.trim())
  const [, verbs, target, namespace] = found ?? []
  if (verbs === undefined || target === undefined) return []
  const inNamespace = namespace === undefined ? {} : { namespace }
  return verbs.split(',').flatMap((verb): Permission[] => {
    if (target.startsWith('/')) return [{ verb, url: target, group: '', resource: '' }]
    const [kind = '', ...rest] = target.split('/')
    const [word = '', ...groupParts] = kind.split('.')
    const group = groupParts.length === 0 ? '*' : groupParts.join('.')
    const plurals = new Set([word, word.endsWith('s') || word === '*' ? word : pluralOf(word)])
    return [...plurals].flatMap((resource): Permission[] => {
      const base = { verb, group, ...inNamespace }
      const [second, third] = rest
      if (second === undefined) return [{ ...base, resource }]
      const asSubresource: Permission = {
        ...base,
        resource: `${resource}/${second}`,
        ...(third === undefined ? {} : { name: third }),
      }
      return third === undefined && !subresources.has(second) ? [{ ...base, resource, name: second }] : [asSubresource]
    })
  })
}

const subresources = new Set([
  'approval',
  'attach',
  'binding',
  'ephemeralcontainers',
  'eviction',
  'exec',
  'finalize',
  'finalizers',
  'log',
  'portforward',
  'proxy',
  'resize',
  'scale',
  'status',
  'token',
  '*',
])
