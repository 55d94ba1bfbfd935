import { createHash } from 'node:crypto'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { cached, cachedDir, isCached, keyOf } from '../../harness/base/cache.ts'
import { mustRun, runCommand } from '../../harness/base/command.ts'
import { KubemendError, messageOf } from '../../harness/base/errors.ts'
import { packageRoot } from '../../harness/base/package-root.ts'

/** The kind that node images were chosen for. */
export const kindVersion = '0.33.0'

/**
 * The kind program: the one on the PATH where it is new enough, else a release with a checksum known beforehand,
 * else built from its Go module.
 */
export async function ensureKind(onProgress: (line: string) => void = () => undefined): Promise<string> {
  const installed = await installedVersion()
  if (installed !== undefined && compareVersions(installed, kindVersion) >= 0) return 'kind'
  const key = keyOf(['kind', kindVersion, process.platform, process.arch, await readFile(goSum, 'utf8')])
  const dir = (await isCached('kind', key))
    ? cachedDir('kind', key)
    : await cached('kind', key, async (draft) => {
        const file = path.join(draft, 'kind')
        const refusal = await download(file, onProgress).then(() => undefined, messageOf)
        if (refusal !== undefined) await build(file, refusal, onProgress)
        await chmod(file, 0o755)
      })
  return path.join(dir, 'kind')
}

/** From the release page of kind 0.33.0. */
const checksums: Record<string, string | undefined> = {
  'linux-amd64': 'aee6151561422756b764a4ae28e7f44cda5af5a9eead3cc9985112b1de8d8e0d',
  'linux-arm64': '20022bee6cfcd5086cb7234d218e3454e6090022f2a8f55d1fa7fcf42c3867a2',
  'darwin-amd64': '5a99f26f57246dc9319dd294803313197a0f34d33c525b3ea8b655db5916ece0',
  'darwin-arm64': '0c8c7dbe5e23594a198b786c4bc13dacc101fa6196b0cb0b23a1ca44e61f4b4f',
}

const module = path.join(packageRoot, 'environments/kind/kind-binary')
const goSum = path.join(module, 'go.sum')

async function installedVersion(): Promise<string | undefined> {
  const answer = await runCommand(['kind', 'version', '--quiet'])
  return answer.exitCode === 0 ? /\d+\.\d+\.\d+/.exec(answer.stdout)?.[0] : undefined
}

async function download(file: string, onProgress: (line: string) => void): Promise<void> {
  if (process.env['KUBEMEND_OFFLINE'] === '1') throw new Error('downloads are off')
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
  const expected = checksums[platform]
  if (expected === undefined) throw new Error(`kind has no release for ${platform}`)
  const url = `https://github.com/kubernetes-sigs/kind/releases/download/v${kindVersion}/kind-${platform}`
  const answer = await fetch(url, { signal: AbortSignal.timeout(120_000) })
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`)
  onProgress(`downloading kind ${kindVersion}`)
  const bytes = Buffer.from(await answer.arrayBuffer())
  const digest = createHash('sha256').update(bytes).digest('hex')
  if (digest !== expected) {
    throw new KubemendError('bad-checksum', `${url} has the checksum ${digest}, expected ${expected}`)
  }
  await writeFile(file, bytes)
}

async function build(file: string, refusal: string, onProgress: (line: string) => void): Promise<void> {
  onProgress(`building kind ${kindVersion} from its Go module (no release: ${refusal})`)
  try {
    await mustRun(['nice', 'go', 'build', '-trimpath', '-ldflags', '-s -w', '-o', file, 'sigs.k8s.io/kind'], {
      cwd: module,
      env: { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly' },
      timeoutMs: 900_000,
    })
  } catch (error) {
    throw new KubemendError('no-kind', 'kind is neither installed nor to be downloaded nor to be built here', {
      hint: 'https://kind.sigs.k8s.io/docs/user/quick-start/#installation',
      cause: error,
    })
  }
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number))
  for (let i = 0; i < 3; i++) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
