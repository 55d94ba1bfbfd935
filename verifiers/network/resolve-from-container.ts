import type { CommandResult } from '../../harness/base/command.ts'
import { lacksTools, type EnteredContainer } from '../containers/enter-container.ts'
import { isVerdict, type Verdict } from '../verifier.ts'
import { readFailure, type NetworkFailure } from './failure.ts'

/** The addresses of a name as programs in the container see them; none where a program tells only that it resolves. */
export async function resolveFromContainer(
  container: EnteredContainer,
  name: string,
): Promise<{ addresses: string[] } | NetworkFailure | Verdict> {
  const resolver = resolvers.find(({ tool }) => container.tools.has(tool))
  if (!resolver) return lacksTools(container, `resolve ${name}`, 'getent, python3, node, wget, nc, curl and bash')
  const result = await container.run(resolver.argv(name), { timeoutMs: 15_000 })
  return isVerdict(result) ? result : resolver.read(result)
}

interface Resolver {
  tool: string
  argv(name: string): string[]
  read(result: CommandResult): { addresses: string[] } | NetworkFailure
}

const getent: Resolver = {
  tool: 'getent',
  argv: (name) => ['getent', 'ahosts', name],
  read: ({ exitCode, stdout, stderr }) =>
    exitCode === 0 ? { addresses: addressesIn(stdout) } : { failed: 'dns', text: stderr.trim() },
}

const python: Resolver = {
  tool: 'python3',
  argv: (name) => [
    'python3',
    '-c',
    'import socket, sys\nfor a in socket.getaddrinfo(sys.argv[1], None): print(a[4][0])',
    name,
  ],
  read: readAddresses,
}

const node: Resolver = {
  tool: 'node',
  argv: (name) => [
    'node',
    '-e',
    'require("dns").lookup(process.argv[1], { all: true }, (e, l) => { if (e) throw e; for (const a of l) console.log(a.address) })',
    name,
  ],
  read: readAddresses,
}

/** busybox's nslookup knows no search domains; its programs that connect resolve as all others do, and tell the address. */
const wget: Resolver = {
  tool: 'wget',
  argv: (name) => ['wget', '-O', '/dev/null', '-T', '1', '-t', '1', `http://${name}:9/`],
  read: readConnecting,
}

const nc: Resolver = { tool: 'nc', argv: (name) => ['nc', '-w', '1', name, '9'], read: readConnecting }

const curl: Resolver = {
  tool: 'curl',
  argv: (name) => ['curl', '-sv', '--noproxy', '*', '--connect-timeout', '1', `telnet://${name}:9`],
  read: (result) =>
    result.exitCode === 6 ? { failed: 'dns', text: result.stderr.trim() } : { addresses: addressesIn(result.stderr) },
}

const bash: Resolver = {
  tool: 'bash',
  argv: (name) => ['bash', '-c', 'exec 3<>"/dev/tcp/$1/9"', 'bash', name],
  read: readConnecting,
}

/** Best first. */
const resolvers: Resolver[] = [getent, python, node, wget, nc, curl, bash]

function readAddresses({ exitCode, stdout, stderr }: CommandResult): { addresses: string[] } | NetworkFailure {
  return exitCode === 0 ? { addresses: addressesIn(stdout) } : { ...readFailure(stderr), failed: 'dns' }
}

function readConnecting({ stderr }: CommandResult): { addresses: string[] } | NetworkFailure {
  const failure = readFailure(stderr)
  return failure.failed === 'dns' ? failure : { addresses: addressesIn(stderr) }
}

function addressesIn(text: string): string[] {
  const found = text.matchAll(/\b\d{1,3}(?:\.\d{1,3}){3}\b|(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{1,4}(?![\w:])/gi)
  return [...new Set([...found].map(([address]) => address))]
}
