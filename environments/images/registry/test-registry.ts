import { createHash } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

/** A registry in this process that serves what a test gives it, and misbehaves as the test says. */
export class TestRegistry implements AsyncDisposable {
  readonly #server: http.Server
  readonly #manifests = new Map<string, { bytes: Buffer; mediaType: string }>()
  readonly #blobs = new Map<string, Buffer>()
  readonly requests: string[] = []
  /** Wants a bearer token, and counts how often it was asked for one. */
  wantsToken = false
  tokensGiven = 0
  /** Ends the transfer of these blobs halfway, this many times. */
  readonly truncate: Map<string, number> = new Map()
  /** Sends other bytes of the same length for these blobs. */
  readonly corrupt: Set<string> = new Set()

  private constructor(server: http.Server) {
    this.#server = server
  }

  static async start(): Promise<TestRegistry> {
    const server = http.createServer((request, response) => registry.#answer(request, response))
    const registry = new TestRegistry(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return registry
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get url(): string {
    return `http://${this.host}`
  }

  addBlob(content: string | Buffer): { digest: string; size: number } {
    const bytes = Buffer.from(content)
    const digest = digestOf(bytes)
    this.#blobs.set(digest, bytes)
    return { digest, size: bytes.length }
  }

  /** Adds a manifest or index under a tag and under its digest. */
  addManifest(repository: string, tag: string, mediaType: string, content: object): { digest: string; size: number } {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...content }))
    const digest = digestOf(bytes)
    for (const reference of [tag, digest]) this.#manifests.set(`${repository}/${reference}`, { bytes, mediaType })
    return { digest, size: bytes.length }
  }

  /** Answers one reference with other bytes than its digest says. */
  replaceManifest(repository: string, reference: string, content: object): void {
    const known = this.#manifests.get(`${repository}/${reference}`)!
    this.#manifests.set(`${repository}/${reference}`, { ...known, bytes: Buffer.from(JSON.stringify(content)) })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    const url = new URL(request.url ?? '/', this.url)
    this.requests.push(`${request.method} ${url.pathname}${url.search}`)
    if (url.pathname === '/token') return this.#giveToken(url, response)
    if (this.wantsToken && request.headers.authorization !== 'Bearer good-token') {
      const challenge = `Bearer realm="${this.url}/token",service="test",scope="repository:app:pull"`
      return end(response.writeHead(401, { 'www-authenticate': challenge }))
    }
    if (url.pathname === '/v2/') return end(response.writeHead(200))
    const [, repository, kind, reference = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/(.+)$/.exec(url.pathname) ?? []
    const manifest = this.#manifests.get(`${repository}/${reference}`)
    if (kind === 'manifests' && manifest) {
      return end(response.writeHead(200, { 'content-type': manifest.mediaType }), manifest.bytes)
    }
    const blob = this.#blobs.get(reference)
    if (kind !== 'blobs' || !blob) return end(response.writeHead(404))
    this.#sendBlob(reference, blob, response)
  }

  #giveToken(url: URL, response: http.ServerResponse): void {
    const isRight =
      url.searchParams.get('service') === 'test' && url.searchParams.get('scope') === 'repository:app:pull'
    this.tokensGiven++
    end(response.writeHead(isRight ? 200 : 403), Buffer.from(JSON.stringify({ token: 'good-token' })))
  }

  #sendBlob(digest: string, blob: Buffer, response: http.ServerResponse): void {
    const truncations = this.truncate.get(digest) ?? 0
    this.truncate.set(digest, truncations - 1)
    response.writeHead(200, { 'content-length': blob.length })
    if (truncations > 0) {
      response.write(blob.subarray(0, blob.length >> 1), () => response.destroy())
    } else end(response, this.corrupt.has(digest) ? Buffer.alloc(blob.length, 'x') : blob)
  }
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function end(response: http.ServerResponse, body?: Buffer): void {
  response.end(body)
}
