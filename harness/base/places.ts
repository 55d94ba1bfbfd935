import os from 'node:os'
import path from 'node:path'

/** Heavy things that can be made again, shared by all checkouts: binaries, images, snapshots. */
export const cacheDir: string =
  process.env['KUBEMEND_CACHE'] ??
  path.join(process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache'), 'kubemend')

/** What is alive now: one folder per running cluster. */
export const stateDir: string =
  process.env['KUBEMEND_STATE'] ??
  path.join(process.env['XDG_STATE_HOME'] ?? path.join(os.homedir(), '.local', 'state'), 'kubemend')
