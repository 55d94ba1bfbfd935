import path from 'node:path'
import { writeAtomically } from '../../harness/base/write-atomically.ts'
import type { Agent } from '../agent.ts'
import { openDoor } from './door.ts'

export interface OutsideOptions {
  /** Where it says how it is reached: `door.json`, and the socket `door.sock`. */
  dir: string
  listen: { host: string; port: number }
  keyHash?: string | undefined
}

/** What `door.json` says. */
export interface DoorFile {
  pid: number
  /** The port of /mcp. */
  port: number
  socket: string
  instruction: string
}

/** An agent that somebody else runs, elsewhere: it is led to the gateway, and is done when it submits or they say so. */
export function createOutside({ dir, listen, keyHash }: OutsideOptions): Agent {
  return {
    name: 'outside',
    version: '1',
    usesModel: false,
    async run({ mcp, instruction }, { signal, extras }) {
      const socket = path.join(dir, 'door.sock')
      await using door = await openDoor({
        mcp,
        listen,
        socket,
        keyHash,
        runScript: (script) => extras.runScript(script),
      })
      const file: DoorFile = { pid: process.pid, port: door.port, socket, instruction }
      await writeAtomically(path.join(dir, 'door.json'), `${JSON.stringify(file, undefined, 2)}\n`)
      const ended = Promise.withResolvers<void>()
      signal.addEventListener('abort', () => ended.resolve(), { once: true })
      if (signal.aborted) ended.resolve()
      await Promise.race([door.over, ended.promise])
      return { reason: 'finished' }
    },
  }
}
