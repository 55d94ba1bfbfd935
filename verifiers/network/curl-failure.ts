import type { CommandResult } from '../../harness/base/command.ts'
import { readFailure, type FailureKind, type NetworkFailure } from './failure.ts'

/** curl tells by its exit code what went wrong: https://curl.se/docs/manpage.html#EXIT */
export function readCurlFailure({ exitCode, stderr }: CommandResult): NetworkFailure {
  const kind = kinds[exitCode ?? -1]
  const said = readFailure(stderr)
  // 7 is any connection that failed
  if (kind === undefined || (exitCode === 7 && said.failed === 'unreachable')) return said
  return { failed: kind, text: said.text }
}

const kinds: Partial<Record<number, FailureKind>> = {
  6: 'dns',
  7: 'refused',
  28: 'timeout',
  35: 'tls',
  51: 'tls',
  52: 'closed',
  56: 'closed',
  58: 'tls',
  60: 'tls',
  77: 'tls',
}
