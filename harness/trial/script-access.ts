import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { makeScratch } from '../base/scratch.ts'

/** A kubeconfig for a script, in a folder of its own that goes with it. */
export interface ScriptAccess extends AsyncDisposable {
  file: string
}

/** Copies a kubeconfig, or writes one, where a sandbox can mount it. */
export async function writeSandboxKubeconfig(source: string | { text: string }): Promise<ScriptAccess> {
  const dir = await makeScratch('script-access')
  const file = path.join(dir, 'config')
  const text = typeof source === 'string' ? await readFile(source, 'utf8') : source.text
  await writeFile(file, text, { mode: 0o600 })
  return { file, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) }
}

/** The loopback port that a kubeconfig's server is on. */
export async function readPort(kubeconfig: string): Promise<number> {
  const port = /server: https?:\/\/127\.0\.0\.1:(\d+)/.exec(await readFile(kubeconfig, 'utf8'))?.[1]
  if (port === undefined) throw new Error(`${kubeconfig}: expected a server on 127.0.0.1`)
  return Number(port)
}
