import { createHash, type Hash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { sleep } from '../../harness/base/clock.ts'
import { KubemendError, messageOf } from '../../harness/base/errors.ts'
import type { Checksum } from './release-checksums.ts'

export interface DownloadOptions {
  /** Called with what has arrived of this file so far and, once known, its size. */
  onBytes?: (received: number, total: number | undefined) => void
  signal?: AbortSignal
  /** Between the first failure and the second attempt; it doubles from there. */
  retryAfterMs?: number
  /** How long nothing may arrive. */
  stallMs?: number
}

/**
 * Writes the file at a URL to disk, checking its bytes as they pass; a transfer that breaks is begun again a few times.
 * When it throws, nothing is left at the target.
 */
export async function download(
  url: string,
  checksum: Checksum,
  target: string,
  options: DownloadOptions = {},
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await downloadOnce(url, checksum, target, options)
    } catch (error) {
      await rm(target, { force: true })
      options.signal?.throwIfAborted()
      if (error instanceof KubemendError) throw error
      if (!isTransient(error) || attempt === attempts) {
        throw new KubemendError('download-failed', `${addressOf(url)} could not be downloaded: ${reasonOf(error)}`, {
          hint: offlineHint,
          cause: error,
        })
      }
    }
    await sleep((options.retryAfterMs ?? 500) * 2 ** (attempt - 1), options.signal)
  }
}

/**
 * Whether a file can be had from here: asked once per address and process, answered within two seconds.
 * With KUBEMEND_OFFLINE=1 nothing is asked.
 */
export function isReachable(url: string): Promise<boolean> {
  if (process.env['KUBEMEND_OFFLINE'] === '1') return Promise.resolve(false)
  const address = addressOf(url)
  let known = reachable.get(address)
  if (!known) reachable.set(address, (known = answersSoon(address)))
  return known
}

const attempts = 4
const offlineHint =
  'KUBEMEND_RELEASE_MIRROR=http://HOST names a mirror with the path /<host>/<path>; KUBEMEND_OFFLINE=1 builds instead'
const reachable = new Map<string, Promise<boolean>>()

/** Redirects count as an answer: release sites hand downloads on to storage of their own. */
async function answersSoon(address: string): Promise<boolean> {
  try {
    const response = await fetch(address, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(1_800) })
    return response.status < 400
  } catch {
    return false
  }
}

/** Where a file really comes from: the mirror, when one is named, has it under its host and path. */
function addressOf(url: string): string {
  const mirror = process.env['KUBEMEND_RELEASE_MIRROR']
  if (!mirror) return url
  const { host, pathname } = new URL(url)
  return `${mirror.replace(/\/+$/, '')}/${host}${pathname}`
}

async function downloadOnce(url: string, checksum: Checksum, target: string, options: DownloadOptions): Promise<void> {
  using patience = new Patience(options.stallMs ?? 30_000)
  const signal = options.signal ? AbortSignal.any([options.signal, patience.signal]) : patience.signal
  const response = await fetch(addressOf(url), { signal })
  if (!response.ok || !response.body) {
    await response.body?.cancel()
    throw refusal(response)
  }
  const total = Number(response.headers.get('content-length')) || undefined
  let received = 0
  const [algorithm = '', expected] = checksum.split(':')
  const hash = createHash(algorithm)
  const count = (bytes: number): void => {
    patience.renew()
    options.onBytes?.((received += bytes), total)
  }
  const body = Readable.fromWeb(response.body as ReadableStream<Uint8Array>)
  await pipeline(body, passThrough(hash, count), createWriteStream(target), { signal })
  const got = hash.digest('hex')
  if (got === expected) return
  throw new KubemendError(
    'wrong-checksum',
    `${addressOf(url)} is not the file that is pinned: expected ${checksum}, got ${algorithm}:${got}`,
    { hint: 'a proxy or the mirror may have changed it; pins are in environments/node/release-checksums.ts' },
  )
}

function passThrough(hash: Hash, count: (bytes: number) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      count(chunk.length)
      done(null, chunk)
    },
  })
}

/** Aborts when it was not renewed for a while. */
class Patience implements Disposable {
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout

  constructor(ms: number) {
    this.#timer = setTimeout(
      () => this.#controller.abort(new TransientError(`nothing arrived for ${ms / 1000} s`)),
      ms,
    ).unref()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  renew(): void {
    this.#timer.refresh()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }
}

class TransientError extends Error {}

function refusal(response: Response): Error {
  const message = `${response.url} answered ${response.status} ${response.statusText}`.trimEnd()
  if (transientStatuses.has(response.status)) return new TransientError(message)
  return new KubemendError('download-refused', message, { hint: offlineHint })
}

function isTransient(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof TransientError || transientCodes.has(String((cause as NodeJS.ErrnoException).code)))
      return true
  }
  return false
}

/** `fetch` says only that it failed; why is in the cause. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error)
}

const transientStatuses = new Set([408, 425, 429, 500, 502, 503, 504])
const transientCodes = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
])
