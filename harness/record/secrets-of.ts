import type { KubeObject } from '../base/kube-client.ts'
import { looksRandom, type KnownSecret } from './redact-needles.ts'

/** The values of all Secrets among some objects, and the credentials that stand inside longer values. */
export function secretsOf(objects: Iterable<KubeObject>): KnownSecret[] {
  const secrets: KnownSecret[] = []
  for (const object of objects) {
    if (object.kind !== 'Secret' || object.apiVersion !== 'v1') continue
    const where = `${object.metadata.namespace ?? ''}/${object.metadata.name}`
    for (const [key, value] of Object.entries((object['data'] as Record<string, string> | undefined) ?? {}))
      secrets.push(...valuesOf(`${where} ${key}`, Buffer.from(value, 'base64')))
    for (const [key, value] of Object.entries((object['stringData'] as Record<string, string> | undefined) ?? {}))
      secrets.push(...valuesOf(`${where} ${key}`, Buffer.from(value)))
  }
  return secrets
}

function valuesOf(name: string, bytes: Buffer): KnownSecret[] {
  const text = bytes.toString('utf8')
  const trimmed = text.trim()
  const whole = { name, value: trimmed === text ? bytes : Buffer.from(trimmed) }
  const inside = new Set([...credentialsIn(text), ...credentialsIn(decodedAuth(text))])
  inside.delete(trimmed)
  return [whole, ...[...inside].map((value) => ({ name: `${name} token`, value }))]
}

/** Words that look random, passwords of URLs, and what follows a password's name. */
function credentialsIn(text: string): string[] {
  const words = text.split(/[\s"'`=:,;@/{}()[\]<>&?|]+/).filter(looksRandom)
  const passwords = [...text.matchAll(/:\/\/[^\s:/@]*:([^\s@/]{6,})@/g)].map((m) => m[1] ?? '')
  const named = [...text.matchAll(/(?:pass(?:word|wd)?|secret|token)["']?\s*[:=]\s*["']?([^\s"',;}]{6,})/gi)].map(
    (m) => m[1] ?? '',
  )
  return [...words, ...passwords, ...named]
}

/** The user and password of a registry's `auth` field. */
function decodedAuth(text: string): string {
  const auths = [...text.matchAll(/"auth"\s*:\s*"([A-Za-z0-9+/=]+)"/g)]
  return auths
    .map(
      (m) =>
        `password=${Buffer.from(m[1] ?? '', 'base64')
          .toString('utf8')
          .split(':')
          .slice(1)
          .join(':')}`,
    )
    .join('\n')
}
