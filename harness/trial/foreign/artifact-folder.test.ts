import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HarborArtifact } from '../../task/harbor-task.ts'
import { wantedArtifacts } from '../../harbor/wanted-artifacts.ts'
import { ArtifactFolder } from './artifact-folder.ts'

let dir: string
let said: string[]
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'artifacts-'))
  said = []
  for (const [file, text] of Object.entries({
    'logs/app.log': 'l',
    'logs/old/app.log.1.gz': 'z',
    'logs/cache/x': 'x',
    'note.txt': 'n',
  })) {
    await mkdir(path.dirname(path.join(dir, 'from', file)), { recursive: true })
    await writeFile(path.join(dir, 'from', file), text)
  }
  await symlink('/etc', path.join(dir, 'from/link'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

/** Keeps each artifact that a folder of its name is there for. */
async function keep(
  ...artifacts: HarborArtifact[]
): Promise<{ folder: ArtifactFolder; kept: string[]; manifest: unknown }> {
  const folder = new ArtifactFolder(path.join(dir, 'kept'), (line) => said.push(line))
  for (const wanted of wantedArtifacts(artifacts)) await folder.keep(wanted, path.join(dir, 'from', wanted.source))
  await folder.close()
  const entries = await readdir(path.join(dir, 'kept'), { recursive: true, withFileTypes: true })
  const kept = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(path.join(dir, 'kept'), path.join(entry.parentPath, entry.name)))
  const manifest: unknown = JSON.parse(await readFile(path.join(dir, 'kept/manifest.json'), 'utf8'))
  return { folder, kept: kept.filter((file) => file !== 'manifest.json').toSorted(), manifest }
}

describe('artifacts', () => {
  it('are kept where they were, or where the task wants them, without what it leaves out', async () => {
    const { folder, kept } = await keep('/note.txt', {
      source: '/logs',
      destination: 'all/of-it',
      exclude: ['*.gz', './cache'],
    })
    expect(kept).toEqual(['all/of-it/app.log', 'note.txt'])
    expect(folder.files.map(({ place }) => place)).toEqual(['/note.txt', '/logs'])
    expect(said).toEqual([])
  })

  it('are told of in a manifest: what came, what was not there, and what lay where another lay', async () => {
    const { kept, manifest } = await keep('/note.txt', '/nowhere.txt', {
      source: '/logs/app.log',
      destination: 'note.txt',
      exclude: [],
    })
    expect(kept).toEqual(['note.txt'])
    expect(manifest).toEqual([
      {
        source: '/logs/artifacts',
        destination: 'artifacts/logs/artifacts',
        type: 'directory',
        status: 'empty',
        service: null,
        exclude: [],
      },
      {
        source: '/note.txt',
        destination: 'artifacts/note.txt',
        type: 'file',
        status: 'ok',
        service: null,
        exclude: [],
      },
      {
        source: '/nowhere.txt',
        destination: 'artifacts/nowhere.txt',
        type: 'file',
        status: 'failed',
        service: null,
        exclude: [],
      },
      {
        source: '/logs/app.log',
        destination: 'artifacts/note.txt',
        type: 'file',
        status: 'skipped',
        service: null,
        exclude: [],
      },
    ])
    expect(said).toEqual([
      'artifact /nowhere.txt: main has no such file',
      'artifact /logs/app.log: note.txt is where /note.txt is kept',
    ])
  })

  it('are never what a link leads to, nor in place of the manifest', async () => {
    const { kept, folder } = await keep('/link', { source: '/note.txt', destination: 'manifest.json', exclude: [] })
    expect([kept, folder.files]).toEqual([[], []])
  })
})
