import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { runCommand } from '../../harness/base/command.ts'
import type { Problem } from '../provider.ts'
import { findOwnDocker, type OwnDocker } from './own-docker.ts'

/** What runs kind's nodes: Docker, Podman or nerdctl, whichever kind itself would choose. */
export interface ContainerEngine {
  name: EngineName
  program: string
  /** For every call of kind and of the program. */
  env: Record<string, string>
  /** The dockerd of our own that this is, if it is one. */
  own?: OwnDocker
}

export const engineNames = ['docker', 'podman', 'nerdctl'] as const
export type EngineName = (typeof engineNames)[number]

/** The engine to use, or what keeps every one of them from being used. */
export async function findEngine(): Promise<{ engine: ContainerEngine } | { problems: Problem[] }> {
  // who started a dockerd of our own did it because the others do not do here
  const own = await findOwnDocker()
  if (own) return { engine: { name: 'docker', program: 'docker', env: { ...own.env, ...networkEnv }, own } }
  const asked = engineNames.find((name) => name === process.env['KIND_EXPERIMENTAL_PROVIDER'])
  const problems: Problem[] = []
  for (const name of asked ? [asked] : engineNames) {
    const problem = await whyNot(name)
    if (problem === undefined) {
      return { engine: { name, program: name, env: { KIND_EXPERIMENTAL_PROVIDER: name, ...networkEnv } } }
    }
    if (problem !== 'absent') problems.push(problem)
  }
  return { problems: problems.length > 0 ? problems : [noEngine(asked)] }
}

/** Our clusters' containers are in a network of their own, which is removed with the last of them. */
export const networkName = 'kubemend'

const networkEnv = { KIND_EXPERIMENTAL_DOCKER_NETWORK: networkName, KIND_EXPERIMENTAL_PODMAN_NETWORK: networkName }

async function whyNot(name: EngineName): Promise<'absent' | Problem | undefined> {
  const answer = await runCommand([name, 'info'], { timeoutMs: 20_000 })
  if (answer.exitCode === 0) return undefined
  if (answer.exitCode === undefined && !answer.isTimedOut) return 'absent'
  if (name !== 'docker') {
    return { what: `${name} does not answer`, cure: `make "${name} info" work for this user` }
  }
  if (await isForbidden(dockerSocket())) {
    return {
      what: `Docker runs, but this user may not use it (${dockerSocket()})`,
      cure: `add the user to the group docker (sudo usermod --append --groups docker ${os.userInfo().username}) and log in again`,
    }
  }
  return { what: 'Docker is installed, but no daemon answers', cure: startCure }
}

const startCure = 'start Docker (systemctl start docker), or kubemend doctor --fix docker for a daemon of our own'

function noEngine(asked: EngineName | undefined): Problem {
  if (asked) return { what: `${asked}, which KIND_EXPERIMENTAL_PROVIDER names, is not installed`, cure: 'install it' }
  return {
    what: 'neither Docker nor Podman nor nerdctl is installed',
    cure: 'install Docker, or kubemend doctor --fix docker for a daemon of our own (on Debian, as root)',
  }
}

function dockerSocket(): string {
  const host = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock'
  return host.startsWith('unix://') ? path.resolve(host.slice('unix://'.length)) : host
}

async function isForbidden(socket: string): Promise<boolean> {
  return access(socket, constants.R_OK | constants.W_OK).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'EACCES',
  )
}
