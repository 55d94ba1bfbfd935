import { InputError, messageOf } from '../base/errors.ts'
import { looksRandom, type Match } from './redact-needles.ts'

/** What a credential looks like. With a group, only the group is the credential. */
export interface CredentialPattern {
  name: string
  pattern: RegExp
  /** For shapes that words have, too. */
  mustLookRandom?: boolean
  /** Small letters of which every match has one of these in it: most texts need no closer look. */
  hints?: readonly string[]
}

/** Every place in a text that looks like a credential. */
export function matchPatterns(text: string, patterns: readonly CredentialPattern[]): Match[] {
  const small = text.toLowerCase()
  return patterns.flatMap(({ name, pattern, mustLookRandom, hints }) => {
    if (hints && !hints.some((hint) => small.includes(hint))) return []
    return [...text.matchAll(pattern)].flatMap((match) => {
      const [start, end] = match.indices?.[1] ?? [match.index, match.index + match[0].length]
      const value = text.slice(start, end)
      if (value === '' || placeholder.test(value) || (mustLookRandom && !looksRandom(value))) return []
      return [{ name, start, end }]
    })
  })
}

/** A user's own patterns; all that are no regular expressions, or match everything, at once. */
export function parsePatterns(sources: readonly string[]): CredentialPattern[] {
  const problems: string[] = []
  const patterns = sources.flatMap((source) => {
    try {
      const pattern = new RegExp(source, 'gdu')
      if (!pattern.test('')) return [{ name: 'own-pattern', pattern: new RegExp(source, 'gdu') }]
      problems.push(`redaction pattern ${source}: it matches the empty text`)
    } catch (error) {
      problems.push(`redaction pattern ${source}: ${messageOf(error)}`)
    }
    return []
  })
  if (problems.length > 0) throw new InputError(problems)
  return patterns
}

/** What was redacted already, and what stands for a value without being one: `$(TOKEN)`, `<token>`, `****`. */
const placeholder = /^(?:\[redacted|\[secret |\$[({]|<[^>]*>$|\*+$|x+$|\.+$)/i

const valueChars = String.raw`[^\s"'\\,;<>{}()\[\]]`

export const builtInPatterns: readonly CredentialPattern[] = [
  { name: 'jwt', hints: ['eyj'], pattern: /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/dg },
  { name: 'jwt', hints: ['eyj'], pattern: /\beyJhbGciOi[\w-]{8,}/dg },
  {
    name: 'private-key',
    hints: ['private key'],
    pattern:
      /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\w+/=\s:.,\\-]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|(?=[^\w+/=\s:.,\\-])|$)/dg,
  },
  { name: 'pem-in-base64', hints: ['ls0tls1crudjti'], pattern: /LS0tLS1CRUdJTi[\w+/-]{8,}={0,2}/dg },
  {
    name: 'kubeconfig',
    hints: ['-data', '-token'],
    pattern: new RegExp(
      String.raw`\b(?:client-key-data|client-certificate-data|certificate-authority-data|id-token|refresh-token|access-token)["']?\s*:\s*["']?(${valueChars}{8,})`,
      'dgi',
    ),
  },
  {
    name: 'authorization-header',
    hints: ['authorization'],
    pattern: new RegExp(
      String.raw`\b(?:proxy-)?authorization["']?\s*[:=]\s*["']?((?:bearer|basic|digest|token|negotiate|apikey)\s+${valueChars}+|${valueChars}{8,})`,
      'dgi',
    ),
  },
  { name: 'bearer-token', hints: ['bearer'], pattern: /\bbearer\s+([\w.~+/=-]{16,})/dgi },
  { name: 'cookie', hints: ['cookie'], pattern: /\b(?:set-)?cookie["']?\s*:\s*["']?([^\r\n"'\\[]{8,})/dgi },
  { name: 'url-password', hints: ['://'], pattern: /\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@"']*:([^\s/@"']+)@/dgi },
  {
    name: 'flag',
    hints: ['--token', '--password', '--api-key', '--client-secret'],
    pattern: /--(?:token|password|api-key|client-secret)[= ]["']?([^\s"'\\]{6,})/dgi,
  },
  {
    name: 'assignment',
    hints: ['pass', 'secret', 'token', 'key', 'credential'],
    pattern: new RegExp(
      String.raw`(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|account[_-]?key|credential)s?["']?\s*[:=]\s*["']?(${valueChars}{12,})`,
      'dgi',
    ),
    mustLookRandom: true,
  },
  { name: 'anthropic-key', hints: ['sk-ant-'], pattern: /\bsk-ant-[\w-]{16,}/dg },
  {
    name: 'openai-key',
    hints: ['sk-'],
    pattern: /\bsk-(?:proj-|svcacct-|or-v1-)?[A-Za-z0-9_-]{20,}/dg,
    mustLookRandom: true,
  },
  { name: 'aws-key-id', hints: ['akia', 'asia'], pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/dg },
  {
    name: 'github-token',
    hints: ['gh', 'github_pat_'],
    pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,})/dg,
  },
  { name: 'gitlab-token', pattern: /\bgl[a-z]{2,4}-[\w-]{20,}/dg },
  { name: 'slack-token', hints: ['xox'], pattern: /\bxox[a-z]-[\w-]{10,}/dg },
  { name: 'google-key', hints: ['aiza', 'ya29.'], pattern: /\b(?:AIza[\w-]{35}|ya29\.[\w-]{20,})/dg },
  { name: 'npm-token', hints: ['npm_'], pattern: /\bnpm_[A-Za-z0-9]{36}/dg },
  { name: 'pypi-token', hints: ['pypi-'], pattern: /\bpypi-[\w-]{50,}/dg },
  { name: 'huggingface-token', hints: ['hf_'], pattern: /\bhf_[A-Za-z0-9]{30,}/dg },
  { name: 'groq-key', hints: ['gsk_'], pattern: /\bgsk_[A-Za-z0-9]{30,}/dg },
  { name: 'xai-key', hints: ['xai-'], pattern: /\bxai-[A-Za-z0-9]{30,}/dg },
  { name: 'docker-token', hints: ['dckr_'], pattern: /\bdckr_(?:pat|oat)_[\w-]{20,}/dg },
  { name: 'age-key', hints: ['age-secret-key-1'], pattern: /\bAGE-SECRET-KEY-1[A-Z0-9]{50,}/dg },
]
