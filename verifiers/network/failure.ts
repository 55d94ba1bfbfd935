/** How an attempt to reach something over the network failed. */
export type FailureKind = 'dns' | 'refused' | 'unreachable' | 'timeout' | 'tls' | 'closed' | 'other'

export interface NetworkFailure {
  failed: FailureKind
  /** What the program that tried said. */
  text: string
}

/** Tells a failure from anything that was reached. */
export function isFailure(found: object): found is NetworkFailure {
  return 'failed' in found
}

/** A failure from what a program printed, for those that say it in words only. */
export function readFailure(text: string): NetworkFailure {
  const line = text.trim().split('\n').at(-1)?.slice(0, 300) ?? ''
  const kind = patterns.find(([, pattern]) => pattern.test(text))?.[0] ?? 'other'
  return { failed: kind, text: line }
}

/** A failure in words: the end of a sentence that begins with who asked whom. */
export function wordFailure({ failed, text }: NetworkFailure): string {
  return failed === 'other' ? `${words.other}: ${text}` : words[failed]
}

const patterns: [FailureKind, RegExp][] = [
  [
    'dns',
    /bad address|could not resolve|name or service not known|name resolution|ENOTFOUND|EAI_AGAIN|gaierror|name does not resolve|unable to resolve|no address associated|getaddrinfo/i,
  ],
  ['refused', /connection refused|ECONNREFUSED/i],
  ['unreachable', /no route to host|network is unreachable|host is unreachable|EHOSTUNREACH|ENETUNREACH/i],
  ['timeout', /timed? ?out|ETIMEDOUT|deadline/i],
  ['tls', /certificate|SSL|TLS/i],
  [
    'closed',
    /reset by peer|ECONNRESET|socket hang up|empty reply|no data received|closed|error getting response|RemoteDisconnected/i,
  ],
]

const words: Record<FailureKind, string> = {
  dns: 'the name does not resolve',
  refused: 'the connection is refused',
  unreachable: 'there is no route to it',
  timeout: 'there is no answer in time',
  tls: 'the TLS connection fails',
  closed: 'the connection is closed without an answer',
  other: 'the request fails',
}
