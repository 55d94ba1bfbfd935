import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { mustRun } from '../../harness/base/command.ts'
import { KubemendError } from '../../harness/base/errors.ts'
import type { Checksum } from './release-checksums.ts'
import type { NodeVersions } from './versions.ts'

const scratch = await mkdtemp(path.join(os.tmpdir(), 'kubemend-releases-test-'))
process.env['KUBEMEND_CACHE'] = path.join(scratch, 'cache')
const { cached, keyOf } = await import('../../harness/base/cache.ts')
const { download, isReachable } = await import('./download.ts')
const { findGo } = await import('./find-go.ts')
const { downloadReleases, kubernetesPrograms, releasesOf, releasesReachable, unpinnedReleases } =
  await import('./releases.ts')
const { nodeVersions } = await import('./versions.ts')

const versions: NodeVersions = {
  kubernetes: '1.99.1',
  etcd: '9.1.0',
  containerd: '9.2.0',
  runc: '9.3.0',
  cni: '9.4.0',
  canBeBuilt: false,
  pauseImage: '',
  corednsImage: '',
}
const arch = 'amd64'
const fast = { arch, retryAfterMs: 5 }
/** What the mirror has, by the original address. */
const files = new Map<string, Buffer>()
const pins: Record<string, Checksum> = {}
const goUrl = 'https://go.dev/dl/go1.99.linux-amd64.tar.gz'
const etcdUrl = releasesOf(versions, arch).find(({ programs }) => programs.includes('etcd'))!.url

let mirror: Mirror
let dir: string

beforeAll(async () => {
  for (const release of releasesOf(versions, arch)) {
    files.set(release.url, await fakeRelease(release.archiveDir, release.programs))
  }
  files.set(goUrl, await fakeRelease('go/bin/', ['go']))
  for (const [url, bytes] of files) pins[url] = `sha256:${digest('sha256', bytes)}`
})

beforeEach(async () => {
  mirror = await Mirror.start()
  dir = await mkdtemp(path.join(scratch, 'programs-'))
  vi.stubEnv('KUBEMEND_RELEASE_MIRROR', mirror.url)
  vi.stubEnv('KUBEMEND_OFFLINE', '')
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await mirror[Symbol.asyncDispose]()
})

afterAll(() => rm(scratch, { recursive: true, force: true }))

describe('official releases', () => {
  it('end up as executable programs by their names, with the CNI plugins below', async () => {
    const lines: string[] = []
    await downloadReleases(versions, dir, (line) => lines.push(line), { ...fast, pins, progressEveryMs: 1 })
    const plugins = releasesOf(versions, arch).find(({ into }) => into === 'cni')!.programs
    const programs = [...kubernetesPrograms, 'etcd', 'containerd', 'containerd-shim-runc-v2', 'ctr', 'runc']
    expect((await readdir(dir)).toSorted()).toEqual([...programs, 'cni', 'source'].toSorted())
    expect((await readdir(path.join(dir, 'cni'))).toSorted()).toEqual([...plugins].toSorted())
    for (const program of [...programs, ...plugins.map((name) => `cni/${name}`)]) {
      const file = path.join(dir, program)
      expect((await stat(file)).mode & 0o777, program).toBe(0o755)
      expect((await readFile(file, 'utf8')).split('\n')[0]).toBe(`this is ${path.basename(program)}`)
    }
    expect(lines[0]).toBe('downloading Kubernetes 1.99.1 and what runs it')
    for (const line of lines.slice(1))
      expect(line).toMatch(/^downloading Kubernetes 1\.99\.1: \d+ (of \d+ MB|MB, unpacking)$/)
  })

  it('are asked for all at once', async () => {
    mirror.holdUntil = files.size - 1
    await downloadReleases(versions, dir, () => undefined, { ...fast, pins })
    expect(mirror.requests).toHaveLength(files.size - 1)
  })

  it('are checked by the algorithm that the pin names', async () => {
    const sha512 = { ...pins, [etcdUrl]: `sha512:${digest('sha512', files.get(etcdUrl)!)}` as const }
    await downloadReleases(versions, dir, () => undefined, { ...fast, pins: sha512 })
    expect(await readdir(dir)).toContain('etcd')
  })

  it('with the wrong checksum are refused with the file, what was expected and what came', async () => {
    const expected = `sha256:${'0'.repeat(64)}` as const
    const error = await errorOf(
      downloadReleases(versions, dir, () => undefined, { ...fast, pins: { ...pins, [etcdUrl]: expected } }),
    )
    expect(error.code).toBe('wrong-checksum')
    expect(error.message).toContain('etcd-v9.1.0-linux-amd64.tar.gz')
    expect(error.message).toContain(`expected ${expected}, got ${pins[etcdUrl]}`)
    expect(mirror.requests.filter((url) => url === etcdUrl)).toHaveLength(1)
    expect(await readdir(dir)).not.toContain('etcd')
  })

  it('that are not there are refused at once, with the address and the status', async () => {
    mirror.missing.add(etcdUrl)
    const error = await errorOf(downloadReleases(versions, dir, () => undefined, { ...fast, pins }))
    expect(error.code).toBe('download-refused')
    expect(error.message).toBe(`${mirror.url}/${etcdUrl.slice('https://'.length)} answered 404 Not Found`)
    expect(error.hint).toContain('KUBEMEND_OFFLINE=1')
    expect(mirror.requests.filter((url) => url === etcdUrl)).toHaveLength(1)
  })

  it('whose transfer is cut in the middle are begun again', async () => {
    mirror.cut.set(etcdUrl, 2)
    await downloadReleases(versions, dir, () => undefined, { ...fast, pins })
    expect(mirror.requests.filter((url) => url === etcdUrl)).toHaveLength(3)
    expect(await readFile(path.join(dir, 'etcd'), 'utf8')).toMatch(/^this is etcd\n/)
  })

  it('without a checksum are not asked for', async () => {
    const { [etcdUrl]: _, ...rest } = pins
    expect(unpinnedReleases(versions, { arch, pins: rest })).toEqual([etcdUrl])
    const error = await errorOf(downloadReleases(versions, dir, () => undefined, { ...fast, pins: rest }))
    expect(error.code).toBe('unpinned')
    expect(error.message).toContain(etcdUrl)
    expect(mirror.requests).toEqual([])
  })

  it('leave nothing of a failed download in the cache, and the next one starts afresh', async () => {
    const make = (draft: string): Promise<void> => downloadReleases(versions, draft, () => undefined, { ...fast, pins })
    mirror.missing.add(etcdUrl)
    await expect(cached('binaries', keyOf('failing'), make)).rejects.toThrow('404')
    expect((await readdir(path.join(scratch, 'cache/binaries'))).filter((n) => n.includes(keyOf('failing')))).toEqual(
      [],
    )
    mirror.missing.clear()
    expect(await readdir(await cached('binaries', keyOf('failing'), make))).toContain('kubelet')
  })

  it('asked for by two at once give both the same whole folder', async () => {
    const make = (draft: string): Promise<void> => downloadReleases(versions, draft, () => undefined, { ...fast, pins })
    const [one, two] = await Promise.all([
      cached('binaries', keyOf('both'), make),
      cached('binaries', keyOf('both'), make),
    ])
    expect(one).toBe(two)
    expect(await readdir(one)).toHaveLength(kubernetesPrograms.length + 7)
    expect((await readdir(path.dirname(one))).filter((name) => name.startsWith('.'))).toEqual([])
  })
})

describe('a download', () => {
  it('that goes on failing ends with the reason and leaves nothing', async () => {
    mirror.cut.set(etcdUrl, 99)
    const target = path.join(dir, 'file')
    const error = await errorOf(download(etcdUrl, pins[etcdUrl]!, target, { retryAfterMs: 1 }))
    expect(error.code).toBe('download-failed')
    expect(error.message).toContain('etcd-v9.1.0-linux-amd64.tar.gz could not be downloaded')
    expect(mirror.requests).toHaveLength(4)
    expect(await readdir(dir)).toEqual([])
  })

  it('of which nothing arrives any more is begun again', async () => {
    mirror.stall.set(etcdUrl, 1)
    const target = path.join(dir, 'file')
    await download(etcdUrl, pins[etcdUrl]!, target, { retryAfterMs: 1, stallMs: 100 })
    expect(mirror.requests).toHaveLength(2)
    expect(digest('sha256', await readFile(target))).toBe(pins[etcdUrl]!.slice('sha256:'.length))
  })

  it('is tried again when the mirror says it is overloaded', async () => {
    mirror.busy.set(etcdUrl, 1)
    await download(etcdUrl, pins[etcdUrl]!, path.join(dir, 'file'), { retryAfterMs: 1 })
    expect(mirror.requests).toHaveLength(2)
  })
})

describe('whether releases can be reached', () => {
  it('is known after asking each host once', async () => {
    const before = mirror.probes.length
    expect(await releasesReachable(versions)).toBe(true)
    expect(await releasesReachable(versions)).toBe(true)
    expect(
      mirror.probes
        .slice(before)
        .map((url) => new URL(url).host)
        .toSorted(),
    ).toEqual(['dl.k8s.io', 'github.com'])
  })

  it('is no where the mirror lacks them, and where nothing listens', async () => {
    mirror.missing.add(etcdUrl)
    expect(await isReachable(etcdUrl)).toBe(false)
    vi.stubEnv('KUBEMEND_RELEASE_MIRROR', 'http://127.0.0.1:1')
    expect(await releasesReachable(versions)).toBe(false)
  })

  it('is no within two seconds where nobody answers', async () => {
    const sockets: net.Socket[] = []
    const silent = net.createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    vi.stubEnv('KUBEMEND_RELEASE_MIRROR', `http://127.0.0.1:${(silent.address() as AddressInfo).port}`)
    const startedAt = performance.now()
    expect(await releasesReachable(versions)).toBe(false)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
    for (const socket of sockets) socket.destroy()
    silent.close()
  })

  it('is no without asking when KUBEMEND_OFFLINE is 1', async () => {
    vi.stubEnv('KUBEMEND_OFFLINE', '1')
    expect(await releasesReachable(versions)).toBe(false)
    expect(mirror.probes).toEqual([])
  })
})

describe('Go', () => {
  it('is the installed one where that is new enough', async () => {
    expect(await findGo({ path: await folderWithGo('go version go1.26.8 linux/amd64') })).toBe('go')
    expect(mirror.requests).toEqual([])
  })

  it('is downloaded once where the installed one is too old', async () => {
    const old = { path: await folderWithGo('go version go1.19.8 linux/amd64'), url: goUrl, pins }
    const program = await findGo(old)
    expect((await stat(program)).mode & 0o111).toBe(0o111)
    expect(await findGo(old)).toBe(program)
    expect(mirror.requests).toEqual([goUrl])
  })

  it('is asked for, with the cure, where none is installed or can be had', async () => {
    const url = 'https://go.dev/dl/go1.98.linux-amd64.tar.gz'
    const error = await errorOf(findGo({ path: dir, url, pins: { [url]: `sha256:${'0'.repeat(64)}` } }))
    expect(error.message).toBe('Go 1.26 or newer is needed, none is installed')
    expect(error.hint).toContain('https://go.dev/dl/')
  })
})

describe('the pins', () => {
  it.each(Object.keys(nodeVersions))('name every file of Kubernetes %s on amd64', (minor) => {
    expect(unpinnedReleases(nodeVersions[minor]!, { arch: 'amd64' })).toEqual([])
  })
})

/** Serves `/<host>/<path>` from `files`, and misbehaves as a test says. */
class Mirror implements AsyncDisposable {
  readonly #server: http.Server
  readonly #held: (() => void)[] = []
  readonly requests: string[] = []
  readonly probes: string[] = []
  readonly missing: Set<string> = new Set()
  /** How many times: ends the connection halfway, sends half and then nothing, answers 503. */
  readonly cut: Map<string, number> = new Map()
  readonly stall: Map<string, number> = new Map()
  readonly busy: Map<string, number> = new Map()
  /** Answers nobody before this many have asked. */
  holdUntil = 0

  private constructor(server: http.Server) {
    this.#server = server
  }

  static async start(): Promise<Mirror> {
    const server = http.createServer((request, response) => started.#answer(request, response))
    const started = new Mirror(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return started
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  #answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    const url = `https:/${request.url}`
    const isProbe = request.method === 'HEAD'
    ;(isProbe ? this.probes : this.requests).push(url)
    const bytes = files.get(url)
    if (!bytes || this.missing.has(url)) return void response.writeHead(404).end()
    if (isProbe) return void response.writeHead(200).end()
    if (takeOne(this.busy, url)) return void response.writeHead(503).end()
    response.writeHead(200, { 'content-length': bytes.length })
    const half = bytes.subarray(0, bytes.length / 2)
    if (takeOne(this.stall, url)) return void response.write(half)
    if (takeOne(this.cut, url)) return void response.write(half, () => setTimeout(() => response.destroy(), 10))
    this.#held.push(() => response.end(bytes))
    if (this.#held.length >= this.holdUntil) for (const send of this.#held.splice(0)) send()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

function takeOne(counts: Map<string, number>, url: string): boolean {
  const left = counts.get(url) ?? 0
  counts.set(url, left - 1)
  return left > 0
}

/** An archive as a project would publish it, with more in it than is wanted; or the program itself. */
async function fakeRelease(archiveDir: string | undefined, programs: readonly string[]): Promise<Buffer> {
  const work = await mkdtemp(path.join(scratch, 'release-'))
  const inside = path.join(work, 'tree', archiveDir ?? '')
  await mkdir(inside, { recursive: true })
  for (const program of archiveDir === undefined ? programs : [...programs, 'README.md', 'image.tar']) {
    await writeFile(path.join(inside, program), `this is ${program}\n${randomBytes(60_000).toString('hex')}`)
    await chmod(path.join(inside, program), 0o644)
  }
  if (archiveDir === undefined) return readFile(path.join(inside, programs[0]!))
  if (archiveDir === 'go/bin/') await chmod(path.join(inside, 'go'), 0o755)
  const top = archiveDir.split('/')[0]!
  await mustRun(['tar', '--create', '--gzip', '--file', path.join(work, 'a.tgz'), '-C', path.join(work, 'tree'), top])
  return readFile(path.join(work, 'a.tgz'))
}

async function folderWithGo(says: string): Promise<string> {
  const folder = await mkdtemp(path.join(scratch, 'path-'))
  await writeFile(path.join(folder, 'go'), `#!/bin/sh\necho "${says}"\n`, { mode: 0o755 })
  return folder
}

async function errorOf(promise: Promise<unknown>): Promise<KubemendError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(KubemendError)
  return error as KubemendError
}

function digest(algorithm: string, bytes: Buffer): string {
  return createHash(algorithm).update(bytes).digest('hex')
}
