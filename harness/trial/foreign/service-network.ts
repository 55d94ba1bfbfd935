import { readFile, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { sleep } from '../../base/clock.ts'
import { startPiped } from '../../base/command.ts'
import { makeScratch } from '../../base/scratch.ts'
import type { SandboxPort } from '../sandbox.ts'

/** The network of a service that runs, which nothing else is in, seen from outside. */
export interface ServiceNetwork extends AsyncDisposable {
  /** What it listens on now, by port, as other sandboxes can have it. */
  ports(): Promise<Exclude<SandboxPort, number>[]>
}

/** Opens the network that a process is in. What is given to the service there is not the service's own. */
export async function openServiceNetwork(options: {
  pid: number
  portal: string
  given: readonly number[]
}): Promise<ServiceNetwork> {
  const { pid, portal, given } = options
  const dir = await makeScratch('network')
  const socket = path.join(dir, 'socket')
  const ready = path.join(dir, 'port')
  // it ends with us, however we end: then nobody holds its standard input
  const program = startPiped([
    'bash',
    '-c',
    '"$@" & read -r _; kill $!',
    'network',
    portal,
    `-netns=/proc/${pid}/ns/net`,
    // its loopback port is not used
    '-target=127.0.0.1:1',
    `-port-file=${ready}`,
    `-socket=${socket}`,
  ])
  const over = new AbortController()
  void program.ended.then(() => over.abort())
  while (!existsSync(ready) && !over.signal.aborted) await sleep(10)
  return {
    async ports() {
      const tables = await Promise.all(
        ['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8').catch(() => '')),
      )
      const listening = new Set(tables.flatMap(listeningPorts))
      return [...listening]
        .filter((port) => !given.includes(port))
        .toSorted((a, b) => a - b)
        .map((port) => ({ inside: port, outside: { socket, address: `127.0.0.1:${port}` } }))
    },
    async [Symbol.asyncDispose]() {
      await program.end()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** The ports that somebody listens on, of a table as the kernel prints it. */
function listeningPorts(table: string): number[] {
  return table.split('\n').flatMap((line) => {
    const [, local = '', , state] = line.trim().split(/\s+/)
    return state === '0A' ? [Number.parseInt(local.split(':')[1] ?? '', 16)] : []
  })
}
