import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { mustRun } from '../../../harness/base/command.ts'
import type { Blob } from '../../images/oci-archive.ts'

/** Packs a folder as an image layer into another: hard links stay hard links, and no times or user names get in. */
export async function packTree(root: string, dir: string): Promise<Blob> {
  const file = path.join(dir, layerName)
  await mustRun([
    'tar',
    '--create',
    '--sort=name',
    '--mtime=@0',
    '--numeric-owner',
    '--format=posix',
    '--pax-option=delete=atime,delete=ctime',
    '--xattrs',
    '--xattrs-include=security.capability',
    '--directory',
    root,
    '--file',
    file,
    '.',
  ])
  const facts = { digest: await digestOf(file), size: (await stat(file)).size }
  await writeFile(path.join(dir, factsName), JSON.stringify(facts))
  return readLayer(dir)
}

/** The layer that `packTree` left in a folder. */
export async function readLayer(dir: string): Promise<Blob> {
  const facts = JSON.parse(await readFile(path.join(dir, factsName), 'utf8')) as { digest: string; size: number }
  return { ...facts, mediaType: layerType, source: { file: path.join(dir, layerName) } }
}

export const layerType = 'application/vnd.oci.image.layer.v1.tar'

const layerName = 'layer.tar'
const factsName = 'layer.json'

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return `sha256:${hash.digest('hex')}`
}
