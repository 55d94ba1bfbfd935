import { idOf, type ObjectId } from '../cluster-state.ts'
import { isObject, objectAt, textAt } from '../json.ts'
import type { StateIndex } from '../state-index.ts'

/** A value that belongs in its Secret and nowhere else. */
export interface ProtectedValue {
  secret: ObjectId
  key: string
  bytes: Buffer
}

/** The values of all Secrets that are secret: not user names, hosts, certificates, flags or names of things in the first state. */
export function protectedValues(...states: StateIndex[]): ProtectedValue[] {
  const names = publicNames(states.slice(0, 1))
  const found = new Map<string, ProtectedValue>()
  for (const secret of states.flatMap((state) => state.ofKind('Secret', ''))) {
    const type = textAt(secret, 'type') ?? ''
    for (const [key, encoded] of Object.entries(objectAt(secret, 'data'))) {
      if (typeof encoded !== 'string' || publicKeys[type]?.has(key) || type === 'helm.sh/release.v1') continue
      for (const bytes of secretParts(key, Buffer.from(encoded, 'base64'))) {
        if (!isSecret(key, bytes, names)) continue
        const value = { secret: idOf(secret), key, bytes }
        found.set(`${secret.metadata.namespace}/${secret.metadata.name}/${key}/${bytes.toString('latin1')}`, value)
      }
    }
  }
  return [...found.values()]
}

/** What each type of Secret holds that is no secret. */
const publicKeys: Record<string, Set<string>> = {
  'kubernetes.io/service-account-token': new Set(['ca.crt', 'namespace', 'service-ca.crt']),
  'kubernetes.io/tls': new Set(['tls.crt', 'ca.crt']),
  'kubernetes.io/basic-auth': new Set(['username']),
}

/** The value itself, and the passwords inside of URLs and registry configurations. */
function secretParts(key: string, bytes: Buffer): Buffer[] {
  const text = bytes.toString('utf8').trim()
  const inUrl = /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:([^/\s@]+)@/i.exec(text)?.[1]
  if (inUrl !== undefined) return [Buffer.from(text), Buffer.from(safeDecode(inUrl))]
  if (key !== '.dockerconfigjson' && key !== '.dockercfg') return [bytes]
  const registries = parseRegistries(text)
  const passwords = registries.flatMap((entry) => [textAt(entry, 'password'), textAt(entry, 'auth')])
  return passwords.flatMap((password) => (password === undefined ? [] : [Buffer.from(password)]))
}

function parseRegistries(text: string): unknown[] {
  try {
    const config = JSON.parse(text) as unknown
    return isObject(config) ? Object.values(objectAt({ auths: config['auths'] ?? config }, 'auths')) : []
  } catch {
    return []
  }
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function isSecret(key: string, bytes: Buffer, names: ReadonlySet<string>): boolean {
  const text = bytes.toString('utf8').trim()
  if (text.length < 6 || new Set(text).size < 4) return false
  if (/^(?:true|false|null|\d{1,7}|[\d.]+\.[\d.]+)$/i.test(text) || /BEGIN CERTIFICATE-----/.test(text)) return false
  if (names.has(text.replace(/:\d+$/, '').replace(/\.svc(?:\.cluster\.local)?\.?$/, ''))) return false
  if (/^[a-z][a-z0-9+.-]*:\/\/[^@]*$/i.test(text) || /^\/(?:etc|var|usr|opt|home|tmp|data|mnt|srv|run)\//.test(text))
    return false
  if (/(?:pass|pwd|token|secret|cred|auth|private|api.?key|_key|^key$)/i.test(key)) return true
  if (
    /(?:^|[._-])(?:user|username|login|host|hostname|port|database|dbname|db|name|namespace|type|region|sslmode|scheme|engine|address|ca\.crt|tls\.crt)$/i.test(
      key,
    )
  ) {
    return false
  }
  return text.length >= 16 || (text.length >= 8 && /\d/.test(text) && /[a-z]/i.test(text))
}

/** Names of objects, alone and with their namespace: hosts and users are often called so. */
function publicNames(states: StateIndex[]): Set<string> {
  const names = new Set<string>()
  for (const { metadata, kind } of states.flatMap(({ state }) => state.objects)) {
    if (kind === 'Secret' || kind === 'ConfigMap') continue
    names.add(metadata.name)
    if (metadata.namespace !== undefined) names.add(`${metadata.name}.${metadata.namespace}`)
  }
  return names
}
