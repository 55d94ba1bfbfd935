import type { CommandResult } from '../../harness/base/command.ts'
import { lacksTools, type EnteredContainer } from '../containers/enter-container.ts'
import { isVerdict, type Verdict } from '../verifier.ts'
import { readCurlFailure } from './curl-failure.ts'
import { readFailure, type NetworkFailure } from './failure.ts'

/** A TCP address. */
export interface TcpTarget {
  host: string
  port: number
}

/** Opens a TCP connection from a container and closes it again; nothing is sent where the program allows that. */
export async function connectFromContainer(
  container: EnteredContainer,
  target: TcpTarget,
  seconds: number,
): Promise<{ connected: true } | NetworkFailure | Verdict> {
  const connector = connectors.find(({ needs }) => needs.every((tool) => container.tools.has(tool)))
  if (!connector) return lacksTools(container, `connect to ${target.host}`, 'python3, node, bash, curl, nc and wget')
  const result = await container.run(connector.argv(target, seconds), { timeoutMs: seconds * 1000 + 10_000 })
  return isVerdict(result) ? result : connector.read(result)
}

interface Connector {
  needs: string[]
  argv(target: TcpTarget, seconds: number): string[]
  read(result: CommandResult): { connected: true } | NetworkFailure
}

const python: Connector = {
  needs: ['python3'],
  argv: ({ host, port }, seconds) => [
    'python3',
    '-c',
    'import socket, sys\nsocket.create_connection((sys.argv[1], int(sys.argv[2])), float(sys.argv[3]))',
    host,
    String(port),
    String(seconds),
  ],
  read: readExitCode,
}

const node: Connector = {
  needs: ['node'],
  argv: ({ host, port }, seconds) => [
    'node',
    '-e',
    'const [, h, p, s] = process.argv; setTimeout(() => { throw new Error("timed out") }, s * 1000); require("net").connect(p, h, () => process.exit(0))',
    host,
    String(port),
    String(seconds),
  ],
  read: readExitCode,
}

const bash: Connector = {
  needs: ['bash', 'timeout'],
  argv: ({ host, port }, seconds) => [
    'timeout',
    String(seconds),
    'bash',
    '-c',
    'exec 3<>"/dev/tcp/$1/$2"',
    'bash',
    host,
    String(port),
  ],
  read: readExitCode,
}

/** Any protocol will do: what counts is whether curl ever had a connection. */
const curl: Connector = {
  needs: ['curl'],
  argv: ({ host, port }, seconds) => [
    ...'curl -sS -o /dev/null --noproxy * -w %{time_connect} --max-time'.split(' '),
    String(seconds),
    `http://${host}:${port}/`,
  ],
  read: (result) => (Number(result.stdout) > 0 ? { connected: true } : readCurlFailure(result)),
}

const nc: Connector = {
  needs: ['nc', 'sh', 'timeout'],
  argv: ({ host, port }, seconds) => [
    'sh',
    '-c',
    'timeout "$1" nc -w "$1" "$2" "$3" </dev/null',
    'sh',
    String(seconds),
    host,
    String(port),
  ],
  read: readExitCode,
}

const wget: Connector = {
  needs: ['wget'],
  argv: ({ host, port }, seconds) => [
    ...'wget -q -O /dev/null -T'.split(' '),
    String(seconds),
    `http://${host}:${port}/`,
  ],
  read: (result) => {
    const isConnected = /error getting response|server returned error|bad header/.test(result.stderr)
    return isConnected ? { connected: true } : readExitCode(result)
  },
}

/** Best first. */
const connectors: Connector[] = [python, node, bash, curl, nc, wget]

/** `timeout` ends what it started with 124 (or 143, when its child tells). */
function readExitCode({ exitCode, stderr }: CommandResult): { connected: true } | NetworkFailure {
  if (exitCode === 0) return { connected: true }
  if (exitCode === 124 || exitCode === 143) return { failed: 'timeout', text: 'timed out' }
  return readFailure(stderr)
}
