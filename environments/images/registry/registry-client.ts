import { setTimeout as sleep } from 'node:timers/promises'
import { KubemendError, messageOf } from '../../../harness/base/errors.ts'

/** An answer of a registry that is not what was asked for. */
export class RegistryError extends KubemendError {
  readonly status: number | undefined

  constructor(message: string, options: { status?: number; cause?: unknown } = {}) {
    super('registry', message, options.cause === undefined ? {} : { cause: options.cause })
    this.status = options.status
  }
}

/** Reads from one registry by the OCI distribution protocol, anonymously, with the tokens it asks for. */
export class RegistryClient {
  readonly #registry: string
  readonly #base: string
  readonly #tokens = new Map<string, Promise<string>>()

  constructor(registry: string) {
    this.#registry = registry
    this.#base = registryUrl(registry)
  }

  /** Whether anything that speaks HTTP answers, and soon. */
  async isReachable(timeoutMs = 2000): Promise<boolean> {
    try {
      const response = await fetch(`${this.#base}/v2/`, { signal: AbortSignal.timeout(timeoutMs) })
      await response.body?.cancel()
      return response.status < 500
    } catch {
      return false
    }
  }

  /** Whether the registry has the tag or digest; what it says otherwise is an error. */
  async hasManifest(repository: string, reference: string, signal?: AbortSignal): Promise<boolean> {
    const request = { method: 'HEAD', accept: manifestTypes, ...(signal ? { signal } : {}) }
    try {
      await (await this.#get(repository, `manifests/${reference}`, request)).body?.cancel()
      return true
    } catch (error) {
      if (error instanceof RegistryError && isAbsence(error.status)) return false
      throw error
    }
  }

  /** The bytes of a manifest or index, and what kind of document it is. */
  async manifest(
    repository: string,
    reference: string,
    signal?: AbortSignal,
  ): Promise<{ bytes: Buffer; mediaType: string }> {
    const path = `manifests/${reference}`
    const response = await this.#get(repository, path, { accept: manifestTypes, ...(signal ? { signal } : {}) })
    const mediaType = (response.headers.get('content-type') ?? '').split(';')[0] ?? ''
    return { bytes: Buffer.from(await response.arrayBuffer()), mediaType }
  }

  /** The bytes of a blob as they arrive; whoever reads them checks their digest. */
  async blob(repository: string, digest: string, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#get(repository, `blobs/${digest}`, signal ? { signal } : {})
    if (!response.body) throw new RegistryError(`${this.#registry}/${repository} sent ${digest} without content`)
    return response.body as ReadableStream<Uint8Array>
  }

  async #get(repository: string, path: string, request: RegistryRequest): Promise<Response> {
    const url = `${this.#base}/v2/${repository}/${path}${this.#query()}`
    const first = await this.#fetch(url, request, await this.#tokens.get(repository))
    if (first.status !== 401) return this.#checked(first, repository, path)
    await first.body?.cancel()
    const token = askForToken(first.headers.get('www-authenticate') ?? '', this.#registry, repository)
    token.catch(() => this.#tokens.delete(repository))
    this.#tokens.set(repository, token)
    return this.#checked(await this.#fetch(url, request, await token), repository, path)
  }

  async #fetch(url: string, request: RegistryRequest, token: string | undefined): Promise<Response> {
    const headers = {
      ...(request.accept === undefined ? {} : { accept: request.accept }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    }
    const { method = 'GET', signal } = request
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await fetch(url, { method, headers, ...(signal ? { signal } : {}) })
        if (response.status < 500 || attempt === attempts) return response
        await response.body?.cancel()
      } catch (error) {
        if (signal?.aborted || attempt === attempts) {
          throw new RegistryError(`${this.#registry} does not answer: ${causeOf(error)}`, { cause: error })
        }
      }
      await sleep(200 * attempt)
    }
  }

  async #checked(response: Response, repository: string, path: string): Promise<Response> {
    if (response.ok) return response
    await response.body?.cancel()
    throw new RegistryError(`${this.#registry}/${repository}: ${path} answered ${response.status}`, {
      status: response.status,
    })
  }

  /** Tells a mirror of many registries which one is meant, as containerd does. */
  #query(): string {
    return registryMirror() === undefined ? '' : `?ns=${this.#registry}`
  }
}

interface RegistryRequest {
  method?: string
  accept?: string
  signal?: AbortSignal
}

const attempts = 3

const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

/** A registry says 401 or 403 where others say 404, so as not to tell what it has. */
function isAbsence(status: number | undefined): boolean {
  return status === 404 || status === 401 || status === 403
}

function registryMirror(): string | undefined {
  return process.env['KUBEMEND_REGISTRY_MIRROR']?.replace(/\/+$/, '') || undefined
}

function registryUrl(registry: string): string {
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(registry)
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry
  return registryMirror() ?? `${isLocal ? 'http' : 'https'}://${host}`
}

/** Follows a challenge such as `Bearer realm="https://auth.example/token",service="example",scope="..."`. */
async function askForToken(challenge: string, registry: string, repository: string): Promise<string> {
  const fields = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
  )
  const { realm, service, scope = `repository:${repository}:pull` } = fields
  if (!/^bearer /i.test(challenge) || realm === undefined) {
    throw new RegistryError(`${registry} wants a login, which is not supported`, { status: 401 })
  }
  const url = new URL(realm)
  if (service !== undefined) url.searchParams.set('service', service)
  url.searchParams.set('scope', scope)
  const response = await fetch(url, { signal: AbortSignal.timeout(15_000) })
  if (!response.ok) throw new RegistryError(`${registry} gives no token for ${repository}`, { status: response.status })
  const answer = (await response.json()) as { token?: string; access_token?: string }
  const token = answer.token ?? answer.access_token
  if (token === undefined) throw new RegistryError(`${registry} answered without a token for ${repository}`)
  return token
}

function causeOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error)
}
