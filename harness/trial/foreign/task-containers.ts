import { randomBytes } from 'node:crypto'
import { lstat, mkdir, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { CommandOptions, CommandResult, PipedCommand } from '../../base/command.ts'
import { thisProcess } from '../../base/daemon.ts'
import { isOfDead, makeScratch } from '../../base/scratch.ts'
import type { ContainerPlan } from '../../harbor/container-plan.ts'
import { idleCommand } from '../../harbor/foreign-plan.ts'
import type { SeparateVerifier } from '../../harbor/stages.ts'
import type { ArtifactFile } from './artifact-folder.ts'
import { readComposeProject } from './compose-project.ts'
import type { Docker } from './docker.ts'
import { removeContainersOf } from './container-leftovers.ts'
import { TrialFault } from '../trial-fault.ts'

/** Where a command of a trial runs, and as whom. */
export interface ExecOptions extends Pick<
  CommandOptions,
  'stdin' | 'timeoutMs' | 'signal' | 'maxBytes' | 'onOutput' | 'onLine'
> {
  env?: Record<string, string>
  user?: string | number | undefined
  cwd?: string | undefined
}

/** The containers of an ordinary task: main and whatever its compose file has beside it. */
export interface TaskContainers extends AsyncDisposable {
  /** Runs a program in main. What its time ends is ended with everything it started. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<CommandResult>
  /** Copies a folder's content into a folder of main, which is made. */
  copyIn(from: string, to: string): Promise<void>
  /** Copies a file or folder of a service, or what a link there leads to; false where it is not there. */
  copyOut(service: string, from: string, to: string): Promise<boolean>
  /** Starts main again where whoever worked in it ended it; false where that cannot be done. */
  revive(): Promise<boolean>
  /** Whether a place of main is a folder, and no link to one; what is not there could be one. */
  isFolder(place: string): Promise<boolean>
  /** Files that main has beside its image, or changed, each with A, C or D before it. */
  changes(): Promise<string[]>
  /**
   * A container that has main's files as they are now, and none of its processes; services that main left running
   * answer there as on main's own ports. Its /tests and /logs are folders of this machine.
   */
  copyMain(folders: { tests: string; logs: string }): Promise<VerifierContainer>
  /** A container of the verifier's own, which has nothing of main. */
  openVerifier(
    verifier: SeparateVerifier,
    folders: { tests: string; logs: string; files: ArtifactFile[] },
  ): Promise<VerifierContainer>
  /** Runs a program in a service of the compose file. */
  execIn(service: string, argv: readonly string[], options?: ExecOptions): Promise<CommandResult>
  /** Starts a program in main, to be talked to; it is ended with all it started. */
  talkTo(argv: readonly string[], options?: Pick<ExecOptions, 'user'>): PipedCommand
  /** Ends main and all that the agent left running there. */
  stopMain(): Promise<void>
}

export interface VerifierContainer extends AsyncDisposable {
  exec(argv: readonly string[], options?: ExecOptions): Promise<CommandResult>
}

export interface StartOptions {
  docker: Docker
  plan: ContainerPlan
  timeoutMs: number
  signal: AbortSignal
  log: (line: string) => void
}

/** Builds and starts a task's containers; everything of them goes when it is disposed of. */
export async function startContainers(options: StartOptions): Promise<TaskContainers> {
  const { pid, startedAt } = thisProcess()
  // who made them stands in the name, so that what a killed process left is found
  const project = `kubemend-task-${pid}-${startedAt}-${randomBytes(4).toString('hex')}`
  const dir = await makeScratch('containers')
  for (const name of await removeContainersOf(options.docker, isOfDead))
    options.log(`removed ${name}: its process ended`)
  const containers = new Containers(options, project, dir)
  try {
    await containers.start()
    return containers
  } catch (error) {
    await containers[Symbol.asyncDispose]()
    throw error
  }
}

class Containers implements TaskContainers {
  readonly #options: StartOptions
  readonly #project: string
  readonly #dir: string
  #main = ''
  #copies = 0

  constructor(options: StartOptions, project: string, dir: string) {
    this.#options = options
    this.#project = project
    this.#dir = dir
  }

  async start(): Promise<void> {
    const { plan, log } = this.#options
    const startedAt = Date.now()
    await (plan.hasCompose ? this.#startProject() : this.#startMain())
    await this.exec(['sh', '-c', `mkdir -p ${logFolders} && chmod 777 ${logFolders}`], { user: 0 })
    log(`the containers took ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
  }

  async #startMain(): Promise<void> {
    const { docker, plan } = this.#options
    const { main, environmentDir, limits } = plan
    const tag = 'image' in main ? main.image : `${this.#project}-main`
    if (!('image' in main)) await this.#must('build', ['build', `--tag=${tag}`, environmentDir])
    const ran = await this.#must('start', [
      'run',
      '--detach',
      '--init',
      `--name=${this.#project}-main-1`,
      '--pids-limit=4096',
      ...(plan.network.agent ? [] : ['--network=none']),
      ...(limits.cpus === undefined ? [] : [`--cpus=${limits.cpus}`]),
      ...(limits.memoryMb === undefined ? [] : [`--memory=${limits.memoryMb}m`]),
      ...(await this.#environmentFlags(plan.environment)),
      // the image's entrypoint may set up what its tasks need, as in Harbor
      tag,
      ...idleCommand,
    ])
    this.#main = ran.stdout.trim()
    // an entrypoint that is no wrapper, or fails, ends main before anybody can use it
    const state = await docker.run(['inspect', '--format={{.State.Running}}', this.#main])
    if (state.stdout.trim() !== 'true') {
      const said = await docker.run(['logs', '--tail=5', this.#main])
      throw new TrialFault('task', 'main-ended', `main ended at once: ${lastWords(said)}`)
    }
  }

  async #startProject(): Promise<void> {
    const { docker, plan } = this.#options
    const read = await readComposeProject(docker, plan, this.#dir)
    if (!read.model) throw new TrialFault('task', 'not-mapped', read.problems.join('; '))
    const file = path.join(this.#dir, 'project.json')
    await writeFile(file, JSON.stringify(read.model), { mode: 0o600 })
    const compose = ['compose', `--project-name=${this.#project}`, `--file=${file}`]
    await this.#must('build', [...compose, 'build', '--quiet'])
    try {
      await this.#must('start', [...compose, 'up', '--detach', '--wait', '--quiet-pull'])
    } finally {
      const { stdout } = await docker.run([...compose, 'logs', '--no-color'], { maxBytes: 2 ** 20 })
      this.#options.log(`what its services said:\n${stdout.slice(-20_000)}`)
    }
    this.#main = (await docker.must([...compose, 'ps', '--quiet', 'main'])).stdout.trim()
  }

  exec(argv: readonly string[], options: ExecOptions = {}): Promise<CommandResult> {
    return this.#execIn(this.#main, argv, options)
  }

  async #execIn(container: string, argv: readonly string[], options: ExecOptions): Promise<CommandResult> {
    const { docker, plan } = this.#options
    const { env = {}, user, cwd: _, ...rest } = options
    const cwd = 'cwd' in options ? options.cwd : plan.workdir
    const mark = `KUBEMEND_CALL=${randomBytes(8).toString('hex')}`
    const ran = await docker.run(
      [
        'exec',
        ...(rest.stdin === undefined ? [] : ['--interactive']),
        ...(user === undefined ? [] : [`--user=${user}`]),
        ...(cwd === undefined ? [] : [`--workdir=${cwd}`]),
        ...(await this.#environmentFlags(env)),
        `--env=${mark}`,
        container,
        ...argv,
      ],
      rest,
    )
    // the end of Docker's client is not the end of what it started
    if (ran.isTimedOut || rest.signal?.aborted) {
      await docker.run(['exec', '--user=0', container, 'sh', '-c', endMarked, 'sh', mark], { timeoutMs: 20_000 })
    }
    return ran
  }

  talkTo(argv: readonly string[], { user }: Pick<ExecOptions, 'user'> = {}): PipedCommand {
    const { docker, plan } = this.#options
    const mark = `KUBEMEND_CALL=${randomBytes(8).toString('hex')}`
    const program = docker.start([
      'exec',
      '--interactive',
      ...(user === undefined ? [] : [`--user=${user}`]),
      ...(plan.workdir === undefined ? [] : [`--workdir=${plan.workdir}`]),
      `--env=${mark}`,
      this.#main,
      ...argv,
    ])
    return {
      ...program,
      end: async (killAfterMs) => {
        await program.end(killAfterMs)
        await docker.run(['exec', '--user=0', this.#main, 'sh', '-c', endMarked, 'sh', mark], { timeoutMs: 20_000 })
      },
    }
  }

  async copyIn(from: string, to: string): Promise<void> {
    const { docker } = this.#options
    await this.exec(['mkdir', '-p', to], { user: 0 })
    await docker.must(['cp', `${from}/.`, `${this.#main}:${to}`])
  }

  async copyOut(service: string, from: string, to: string): Promise<boolean> {
    await mkdir(path.dirname(to), { recursive: true })
    const container = await this.#containerOf(service)
    if (container === undefined) return false
    return (await this.#options.docker.run(['cp', '--follow-link', `${container}:${from}`, to])).exitCode === 0
  }

  async execIn(service: string, argv: readonly string[], options: ExecOptions = {}): Promise<CommandResult> {
    const container = await this.#containerOf(service)
    if (container === undefined) throw new TrialFault('task', 'no-service', `there is no service ${service}`)
    // where main works says nothing of others
    return this.#execIn(container, argv, service === 'main' ? options : { cwd: undefined, ...options })
  }

  async stopMain(): Promise<void> {
    await this.#options.docker.run(['stop', '--time=1', this.#main])
  }

  /** Compose names containers after their services. */
  async #containerOf(service: string): Promise<string | undefined> {
    if (service === 'main') return this.#main
    const name = `${this.#project}-${service}-1`
    const { stdout } = await this.#options.docker.run(['ps', '--all', '--quiet', `--filter=name=^${name}$`])
    return stdout.trim() === '' ? undefined : stdout.trim()
  }

  async revive(): Promise<boolean> {
    return (await this.#options.docker.run(['start', this.#main])).exitCode === 0
  }

  async isFolder(place: string): Promise<boolean> {
    const { docker } = this.#options
    const read = await docker.run(['cp', `${this.#main}:${place}`, '-'], { maxBytes: 512 })
    // the type of the first entry of a tar archive; main's own programs are not asked
    return read.stdout === '' || read.stdout[156] === '5'
  }

  async changes(): Promise<string[]> {
    const { stdout } = await this.#options.docker.must(['diff', this.#main])
    return stdout.split('\n').filter((line) => line !== '')
  }

  async copyMain({ tests, logs }: { tests: string; logs: string }): Promise<VerifierContainer> {
    const { docker, plan } = this.#options
    const tag = `${this.#project}-copy-${++this.#copies}`
    await docker.must(['commit', this.#main, tag])
    const isSame = plan.network.agent === plan.network.verifier
    const network = isSame ? `container:${this.#main}` : plan.network.verifier ? 'bridge' : 'none'
    const { stdout } = await docker.must([
      'run',
      '--detach',
      `--name=${tag}-1`,
      `--network=${network}`,
      `--volumes-from=${this.#main}`,
      `--volume=${tests}:/tests`,
      `--volume=${logs}:/logs`,
      // its first process is this one, and no other is there before the script
      '--entrypoint=sleep',
      tag,
      'infinity',
    ])
    return this.#verifierIn(stdout.trim(), tag)
  }

  async openVerifier(
    { image, isBundled, environment }: SeparateVerifier,
    { tests, logs, files }: { tests: string; logs: string; files: ArtifactFile[] },
  ): Promise<VerifierContainer> {
    const { docker } = this.#options
    const own = `${this.#project}-verifier-${++this.#copies}`
    if ('context' in image) await this.#must('build', ['build', '--quiet', `--tag=${own}`, image.context])
    const network = (environment?.network_mode ?? 'public') === 'public' ? 'bridge' : 'none'
    const { stdout } = await this.#must('start', [
      'run',
      '--detach',
      `--name=${own}-1`,
      `--network=${network}`,
      '--pids-limit=4096',
      ...(environment?.cpus === undefined ? [] : [`--cpus=${environment.cpus}`]),
      ...(environment?.memory_mb === undefined ? [] : [`--memory=${environment.memory_mb}m`]),
      ...(isBundled ? [] : [`--volume=${tests}:/tests`]),
      `--volume=${logs}:/logs`,
      '--entrypoint=sleep',
      'context' in image ? own : image.name,
      'infinity',
    ])
    const container = stdout.trim()
    for (const { file, place } of files) {
      await docker.run(['exec', '--user=0', container, 'mkdir', '-p', path.posix.dirname(place)])
      // a folder's content, not the folder into the folder
      const isFolder = (await lstat(file)).isDirectory()
      if (isFolder) await docker.run(['exec', '--user=0', container, 'mkdir', '-p', place])
      await docker.must(['cp', isFolder ? `${file}/.` : file, `${container}:${place}`])
    }
    if (isBundled) await docker.run(['exec', '--user=0', container, 'chmod', '+x', '/tests/test.sh'])
    return this.#verifierIn(container, own)
  }

  #verifierIn(container: string, tag: string): VerifierContainer {
    const { docker } = this.#options
    return {
      exec: (argv, options = {}) => this.#execIn(container, argv, options),
      [Symbol.asyncDispose]: async () => {
        // what the container's root wrote is to be ours to read and to remove
        const { uid, gid } = os.userInfo()
        await docker.run(['exec', '--user=0', container, 'chown', '-R', `${uid}:${gid}`, '/tests', '/logs'])
        await docker.run(['rm', '--force', container])
        await docker.run(['rmi', '--force', tag])
      },
    }
  }

  async #must(what: 'build' | 'start', words: readonly string[]): Promise<CommandResult> {
    const { docker, timeoutMs, signal } = this.#options
    const ran = await docker.run(words, { timeoutMs, signal, maxBytes: 4 * 2 ** 20 })
    if (ran.exitCode === 0) return ran
    signal.throwIfAborted()
    const how = ran.isTimedOut ? `took more than ${timeoutMs / 1000} s` : `failed: ${lastWords(ran)}`
    throw new TrialFault('task', `${what}-failed`, `to ${what} its containers ${how}`)
  }

  /** Values stand in a file and not among the arguments of a process. */
  async #environmentFlags(environment: Readonly<Record<string, string>>): Promise<string[]> {
    const entries = Object.entries(environment)
    if (entries.length === 0) return []
    const long = entries.filter(([, value]) => value.includes('\n')).map(([name]) => name)
    if (long.length > 0)
      throw new TrialFault('task', 'long-variable', `${long.join(', ')}: expected values of one line`)
    const file = path.join(this.#dir, `environment-${randomBytes(4).toString('hex')}`)
    await writeFile(file, entries.map(([name, value]) => `${name}=${value}\n`).join(''), { mode: 0o600 })
    return [`--env-file=${file}`]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeContainersOf(this.#options.docker, (project) => project === this.#project)
    await rm(this.#dir, { recursive: true, force: true })
  }
}

const logFolders = '/logs/agent /logs/verifier /logs/artifacts'

/** Kills every process that has the mark in its environment. */
const endMarked = `for file in /proc/[0-9]*/environ; do
  if grep -q "$1" "$file" 2>/dev/null; then pid=\${file#/proc/}; kill -9 "\${pid%/environ}"; fi
done`

function lastWords({ stderr, stdout }: CommandResult): string {
  return (stderr.trim() || stdout.trim()).split('\n').slice(-3).join('; ')
}
