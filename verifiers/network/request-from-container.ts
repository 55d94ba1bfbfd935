import type { CommandResult } from '../../harness/base/command.ts'
import { lacksTools, type EnteredContainer } from '../containers/enter-container.ts'
import { isVerdict, type Verdict } from '../verifier.ts'
import { readCurlFailure } from './curl-failure.ts'
import { readFailure, type NetworkFailure } from './failure.ts'
import { parseHttp, type HttpAnswer } from './parse-http.ts'

export interface HttpRequest {
  url: string
  method: string
  headers: Readonly<Record<string, string>>
  body?: string | undefined
  timeoutMs: number
  /** Whether the server's certificate must be good; with `caFile`, in the eyes of the authorities in that file. */
  isVerified: boolean
  caFile?: string | undefined
}

/** Makes an HTTP request with the best program that the container has. Redirects are answers and not followed. */
export async function requestFromContainer(
  container: EnteredContainer,
  request: HttpRequest,
): Promise<HttpAnswer | NetworkFailure | Verdict> {
  const client = clients.find((one) => one.canDo(container.tools, request))
  if (!client) return lacksTools(container, `request ${request.url}`, 'curl, python3, node, wget, bash and nc')
  const seconds = Math.max(1, Math.ceil(request.timeoutMs / 1000))
  const result = await container.run(client.argv(request, seconds), { timeoutMs: request.timeoutMs + 10_000 })
  return isVerdict(result) ? result : client.read(result)
}

/** One program that can make requests. */
interface Client {
  canDo(tools: ReadonlySet<string>, request: HttpRequest): boolean
  argv(request: HttpRequest, seconds: number): string[]
  read(result: CommandResult): HttpAnswer | NetworkFailure
}

const curl: Client = {
  canDo: (tools) => tools.has('curl'),
  argv: (request, seconds) => [
    ...words('curl -sS -i --http1.1 --noproxy * --max-time'),
    String(seconds),
    ...(request.method === 'HEAD' ? ['--head'] : ['-X', request.method]),
    ...headerLines(request).flatMap((line) => ['-H', line]),
    ...(request.body === undefined ? [] : ['--data-binary', request.body]),
    ...(request.isVerified ? [] : ['--insecure']),
    ...(request.caFile === undefined ? [] : ['--cacert', request.caFile]),
    request.url,
  ],
  read: (result) => parseHttp(result.stdout) ?? readCurlFailure(result),
}

const python: Client = {
  canDo: (tools) => tools.has('python3'),
  argv: (request, seconds) => ['python3', '-c', pythonScript, JSON.stringify({ ...request, seconds })],
  read: readRaw,
}

const node: Client = {
  canDo: (tools) => tools.has('node'),
  argv: (request, seconds) => ['node', '-e', nodeScript, JSON.stringify({ ...request, seconds })],
  read: readRaw,
}

const gnuWget: Client = {
  canDo: (tools) => tools.has('gnu-wget'),
  argv: (request, seconds) => [
    ...words('wget -nv -S -O - -t 1 --max-redirect=0 --content-on-error --no-proxy --save-headers -T'),
    String(seconds),
    `--method=${request.method}`,
    ...headerLines(request).map((line) => `--header=${line}`),
    ...(request.body === undefined ? [] : [`--body-data=${request.body}`]),
    ...(request.isVerified ? [] : ['--no-check-certificate']),
    ...(request.caFile === undefined ? [] : [`--ca-certificate=${request.caFile}`]),
    request.url,
  ],
  read: ({ exitCode, stdout, stderr }) =>
    parseHttp(stdout) ?? readIndented(stderr, stdout) ?? readRaw({ exitCode, stdout, stderr }),
}

/** bash writes the request itself. */
const bash: Client = {
  canDo: (tools, { url }) => tools.has('bash') && tools.has('timeout') && tools.has('cat') && isPlain(url),
  argv: (request, seconds) => {
    const { host, port, text } = toWire(request)
    const script = 'exec 3<>"/dev/tcp/$1/$2" && printf %s "$3" >&3 && cat <&3'
    return ['timeout', String(seconds), 'bash', '-c', script, 'bash', host, port, text]
  },
  read: readTimed,
}

/** busybox's nc sends what we write, and shows answers whole that its wget would not. */
const nc: Client = {
  canDo: (tools, { url }) => tools.has('nc') && tools.has('sh') && tools.has('timeout') && isPlain(url),
  argv: (request, seconds) => {
    const { host, port, text } = toWire(request)
    // not through a pipe: at its end nc closes its side, which servers take for a client that has gone
    const script = `timeout "$1" nc -w "$1" "$2" "$3" -e sh -c 'printf %s "$0"; exec cat >&2' "$4" 2>&1`
    return ['sh', '-c', script, 'sh', String(seconds), host, port, text]
  },
  read: (result) => readTimed({ ...result, stderr: result.stdout + result.stderr }),
}

/** busybox's wget shows no body beside a status of 2xx, follows redirects, and cannot check certificates. */
const wget: Client = {
  canDo: (tools, { method, isVerified, caFile }) =>
    tools.has('wget') && ['GET', 'POST'].includes(method) && !isVerified && caFile === undefined,
  argv: (request, seconds) => [
    ...words('wget -q -S -O - -Y off -T'),
    String(seconds),
    ...headerLines(request).flatMap((line) => ['--header', line]),
    ...(request.body === undefined ? [] : ['--post-data', request.body]),
    '--no-check-certificate',
    request.url,
  ],
  read: ({ stdout, stderr }) => readIndented(stderr, stdout) ?? readFailure(stderr),
}

/** Best first. */
const clients: Client[] = [curl, python, node, gnuWget, bash, nc, wget]

function readRaw({
  stdout,
  stderr,
}: Pick<CommandResult, 'exitCode' | 'stdout' | 'stderr'>): HttpAnswer | NetworkFailure {
  return parseHttp(stdout) ?? readFailure(stderr.trim() || 'closed without an answer')
}

/** `timeout` ends what it started with 124 (or 143, when its child tells). */
function readTimed(result: CommandResult): HttpAnswer | NetworkFailure {
  const answer = parseHttp(result.stdout)
  if (answer) return answer
  if (result.exitCode === 124 || result.exitCode === 143) return { failed: 'timeout', text: 'timed out' }
  return readRaw(result)
}

/** The response as wget shows it on stderr, each line indented, with the body on stdout; of redirects, the first. */
function readIndented(stderr: string, body: string): HttpAnswer | undefined {
  const lines = stderr.split('\n').flatMap((line) => (line.startsWith('  ') ? [line.slice(2).trimEnd()] : []))
  const next = lines.findIndex((line, i) => i > 0 && line.startsWith('HTTP/'))
  const answer = parseHttp(`${lines.slice(0, next < 0 ? undefined : next).join('\n')}\n\n`)
  if (!answer) return undefined
  return { ...answer, body: answer.status >= 200 && answer.status < 300 ? body : body || undefined }
}

function toWire(request: HttpRequest): { host: string; port: string; text: string } {
  const url = new URL(request.url)
  const lines = [
    `${request.method} ${url.pathname}${url.search} HTTP/1.0`,
    ...(hasHost(request) ? [] : [`Host: ${url.host}`]),
    ...headerLines(request),
    'Connection: close',
    ...(request.body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(request.body)}`]),
  ]
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port || '80',
    text: `${lines.join('\r\n')}\r\n\r\n${request.body ?? ''}`,
  }
}

function hasHost({ headers }: HttpRequest): boolean {
  return Object.keys(headers).some((name) => name.toLowerCase() === 'host')
}

function headerLines({ headers }: HttpRequest): string[] {
  return Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
}

function isPlain(url: string): boolean {
  return url.startsWith('http:')
}

function words(line: string): string[] {
  return line.split(' ')
}

const pythonScript = `
import http.client, json, ssl, sys, urllib.parse
q = json.loads(sys.argv[1])
u = urllib.parse.urlsplit(q["url"])
s = {}
if u.scheme == "https":
    c = ssl.create_default_context(cafile=q.get("caFile"))
    if not q["isVerified"]:
        c.check_hostname = False
        c.verify_mode = ssl.CERT_NONE
    s["context"] = c
k = http.client.HTTPSConnection if u.scheme == "https" else http.client.HTTPConnection
try:
    h = k(u.hostname, u.port, timeout=q["seconds"], **s)
    b = q.get("body")
    h.request(q["method"], (u.path or "/") + ("?" + u.query if u.query else ""), b and b.encode(), q["headers"])
    r = h.getresponse()
    d = r.read()
    print("HTTP/1.1", r.status, r.reason)
    for n, v in r.getheaders():
        if n.lower() != "transfer-encoding": print(n + ": " + v)
    print()
    sys.stdout.flush()
    sys.stdout.buffer.write(d)
except Exception as e:
    sys.stderr.write(type(e).__name__ + ": " + str(e))
    sys.exit(3)
`

const nodeScript = `
const q = JSON.parse(process.argv[1]), fs = require("fs")
const h = require(q.url.startsWith("https:") ? "https" : "http")
const fail = (e) => { process.stderr.write((e.code || "") + " " + e.message); process.exit(3) }
const r = h.request(q.url, { method: q.method, headers: q.headers, timeout: q.seconds * 1000,
  rejectUnauthorized: q.isVerified, ...(q.caFile ? { ca: fs.readFileSync(q.caFile) } : {}) }, (a) => {
  const d = []
  a.on("data", (c) => d.push(c)).on("error", fail).on("end", () => {
    const l = Object.entries(a.headers).filter(([n]) => n !== "transfer-encoding").map(([n, v]) => n + ": " + v)
    process.stdout.write(["HTTP/1.1 " + a.statusCode, ...l, "", ""].join("\\n") + Buffer.concat(d), () => process.exit(0))
  })
})
r.on("error", fail).on("timeout", () => fail({ message: "timed out" }))
r.end(q.body)
`
