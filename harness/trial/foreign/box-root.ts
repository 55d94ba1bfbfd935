import { chmod, cp, lstat, mkdir, readdir, readlink, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { ServiceBox } from '../../harbor/service-box.ts'
import { mustRun } from '../../base/command.ts'
import { TrialFault } from '../trial-fault.ts'
import type { SandboxOptions } from '../sandbox.ts'

/** Lays a box's files out in a folder, as they lie below the sandbox's root. */
export async function layOutBox(box: ServiceBox, root: string): Promise<void> {
  const inside = (place: string): string => path.join(root, path.posix.normalize(place))
  // where Dockerfiles put kubectl, and what finds it there
  await mkdir(inside('/usr/local/bin'), { recursive: true })
  await symlink('/opt/bin/kubectl', inside('/usr/local/bin/kubectl'))
  for (const { from, to, mode } of box.files) {
    await mkdir(path.dirname(inside(to)), { recursive: true })
    await cp(from, inside(to), { recursive: true, force: true, verbatimSymlinks: true })
    if (mode !== undefined) await mustRun(['chmod', mode, inside(to)])
  }
  for (const folder of box.folders) if (isOurs(folder)) await mkdir(inside(folder), { recursive: true })
  for (const { path: place, target } of box.links) {
    await mkdir(path.dirname(inside(place)), { recursive: true })
    await symlink(target, inside(place)).catch(() => undefined)
  }
  for (const { mode, paths } of box.modes) {
    for (const place of paths) await changeMode(root, inside(place), mode)
  }
}

/** Writes a text into a folder that holds a box's files. */
export async function writeInBox(root: string, place: string, text: string, mode = 0o644): Promise<void> {
  const file = path.join(root, path.posix.normalize(place))
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, text, { mode })
  await chmod(file, mode)
}

/** The mounts that make a folder's files the sandbox's, beside the system's programs. */
export async function mountsOfRoot(root: string): Promise<SandboxOptions['mounts']> {
  const mounts: SandboxOptions['mounts'] = []
  for (const top of (await readdir(root)).toSorted()) {
    const place = path.join(root, top)
    const isShared = top === 'etc' || top === 'opt' || top === 'usr' || top === 'run'
    const names = isShared && (await lstat(place)).isDirectory() ? await readdir(place) : ['']
    for (const name of names) {
      const from = path.join(place, name)
      const isLink = (await lstat(from)).isSymbolicLink()
      mounts.push({ from, to: `/${path.posix.join(top, name)}`, isWritable: true, isLink })
    }
  }
  return mounts
}

/** Where a place of a sandbox lies on this machine; links on the way lead to where they would inside. */
export async function resolveInRoot(root: string, place: string): Promise<string> {
  let found = '/'
  const rest = path.posix.normalize(place).split('/').filter(Boolean)
  for (let followed = 0; rest.length > 0;) {
    const next = path.posix.join(found, rest.shift() ?? '')
    const target = await readlink(path.join(root, next)).catch(() => undefined)
    if (target === undefined) found = next
    else {
      if (++followed > 40) throw new TrialFault('task', 'too-many-links', `${place} is behind too many links`)
      rest.unshift(...target.split('/').filter(Boolean))
      if (target.startsWith('/')) found = '/'
    }
  }
  return path.join(root, found)
}

/** Copies what an agent may have made: files, folders and links as they are; a pipe or a socket stays behind. */
export async function copyPlain(from: string, to: string): Promise<void> {
  const isPlain = async (place: string): Promise<boolean> => {
    const info = await lstat(place)
    return info.isFile() || info.isDirectory() || info.isSymbolicLink()
  }
  await cp(from, to, { recursive: true, verbatimSymlinks: true, filter: isPlain })
}

/** Files of a box change their mode; what a glob or another program names is looked for, and what is not there stays away. */
async function changeMode(root: string, place: string, mode: string): Promise<void> {
  if (!place.startsWith(root)) return
  if (place.includes('*'))
    await mustRun([
      'bash',
      '-c',
      `shopt -s nullglob; for f in ${quoteGlob(place)}; do chmod "$1" "$f"; done`,
      'chmod',
      mode,
    ])
  else if (
    await lstat(place).then(
      (info) => !info.isSymbolicLink(),
      () => false,
    )
  )
    await mustRun(['chmod', mode, place])
}

/** Quoted for bash, but for the stars. */
function quoteGlob(place: string): string {
  return place
    .split('*')
    .map((part) => `'${part.replaceAll("'", `'\\''`)}'`)
    .join('*')
}

function isOurs(folder: string): boolean {
  return folder !== '/' && !/^\/(usr(?!\/local)|bin|sbin|lib|proc|dev|sys)(\/|$)/.test(folder)
}
