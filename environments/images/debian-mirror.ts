import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { mustRun, runCommand } from '../../harness/base/command.ts'
import { KubemendError, messageOf } from '../../harness/base/errors.ts'

/** The Debian release that images are made from: bookworm's busybox crashes on `wget -T`. */
export const debianSuite = 'trixie'

/** The line apt gets its packages by: the suite, from the mirror that this machine itself is set up to use. */
export async function aptSources(): Promise<string> {
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
  return `deb [signed-by=${keyring}] ${await debianMirror()} ${debianSuite} main\n`
}

/** What keeps Debian packages from being had here, or undefined when nothing does. */
export async function whyNoDebianPackages(): Promise<string | undefined> {
  try {
    await debianMirror()
    await mustRun(['apt-get', '--version'])
    await mustRun(['dpkg-deb', '--version'])
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}

/** Writes an apt configuration that knows nothing of the host but how it reaches mirrors (proxies, certificates). */
export async function aptConfiguration(dir: string, places: { lists: string; status: string }): Promise<string> {
  const sources = path.join(dir, 'sources.list')
  const file = path.join(dir, 'apt.conf')
  await mkdir(path.join(dir, 'cache'), { recursive: true })
  await writeFile(sources, await aptSources())
  const settings: Record<string, string> = {
    'Dir::Etc::Parts': '/dev/null',
    'Dir::Etc::Main': '/dev/null',
    'Dir::Etc::SourceList': sources,
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::Etc::PreferencesParts': '/dev/null',
    'Dir::State': dir,
    'Dir::State::Lists': places.lists,
    'Dir::State::status': places.status,
    'Dir::Cache': path.join(dir, 'cache'),
    'APT::Sandbox::User': 'root',
    'APT::Install-Recommends': 'false',
    'Acquire::GzipIndexes': 'true',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '3',
  }
  const own = Object.entries(settings).map(([key, value]) => `${key} "${value}";`)
  await writeFile(file, [...(await hostAcquireSettings()), ...own, ''].join('\n'))
  return file
}

async function debianMirror(): Promise<string> {
  const given = process.env['KUBEMEND_DEBIAN_MIRROR']
  if (given) return given
  const files = await sourceFiles()
  for (const text of files) {
    const uri = firstDebianUri(text)
    if (uri !== undefined) return uri
  }
  throw new KubemendError('no-debian-mirror', 'no Debian mirror in /etc/apt: images cannot be made from its packages', {
    hint: 'set KUBEMEND_DEBIAN_MIRROR to a mirror of Debian, or use a machine that reaches an image registry',
  })
}

async function sourceFiles(): Promise<string[]> {
  const dir = '/etc/apt/sources.list.d'
  const names = (await readdir(dir).catch(() => [])).filter((name) => /\.(sources|list)$/.test(name)).toSorted()
  const paths = ['/etc/apt/sources.list', ...names.map((name) => path.join(dir, name))]
  return Promise.all(paths.map((file) => readFile(file, 'utf8').catch(() => '')))
}

/** The mirror of Debian proper: not its security archive, not another vendor's packages. */
export function firstDebianUri(text: string): string | undefined {
  const lines = text.split('\n').filter((line) => !line.trimStart().startsWith('#'))
  const uris = lines.flatMap((line) =>
    line.startsWith('URIs:') ? line.slice(5).trim().split(/\s+/) : /^deb\s/.test(line) ? [oneLineUri(line)] : [],
  )
  return uris.find((uri) => /\/debian\/?$/.test(uri))
}

function oneLineUri(line: string): string {
  return line.replace(/^deb\s+(\[[^\]]*\]\s+)?/, '').split(/\s+/)[0] ?? ''
}

async function hostAcquireSettings(): Promise<string[]> {
  const dump = await runCommand(['apt-config', 'dump', 'Acquire'])
  return dump.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('Acquire::IndexTargets'))
}
