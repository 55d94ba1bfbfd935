import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { runCommand, type CommandResult } from '../base/command.ts'
import type { ApiRelay } from './api-relay.ts'
import { checkKubectl } from './check-kubectl.ts'
import { paceOf, type CommandPace } from './command-pace.ts'
import type { ToolCall, ToolResult } from './define-tool.ts'
import type { GatewayLimits } from './limits.ts'
import { outputShapeOf } from './output-shapes.ts'
import { parseKubectl, toArgv, type KubectlCommand } from './parse-kubectl.ts'
import { Refusal } from './refusal.ts'
import { bufferFor, shortenOutput, type ShortOutput } from './shorten-output.ts'

export interface KubectlInput {
  words: readonly string[]
  stdin?: string | undefined
}

/** Runs kubectl for tool calls: checked, through the relay, in an environment of its own, within limits. */
export interface KubectlRunner {
  run(input: KubectlInput, call: ToolCall): Promise<ToolResult>
  /** The same kind of result for what was refused before it became a command. */
  refuse(refusal: Refusal): ToolResult
}

export interface KubectlRunnerOptions {
  binary: string
  relay: ApiRelay
  limits: GatewayLimits
  /** A private folder: kubectl's home, its discovery cache and the passes of running calls. */
  dir: string
  /** Reads the manifests that `-f PATH` names; without it, only `-f -` is allowed. */
  readManifests?: (file: string, isRecursive: boolean) => Promise<string | Refusal>
}

export async function createKubectlRunner(options: KubectlRunnerOptions): Promise<KubectlRunner> {
  const { binary, relay, limits, dir } = options
  const places = { home: path.join(dir, 'home'), passes: path.join(dir, 'passes'), empty: path.join(dir, 'empty') }
  await Promise.all(Object.values(places).map((place) => mkdir(place, { recursive: true, mode: 0o700 })))
  await chmod(places.empty, 0o500)

  return {
    refuse: refused,
    async run(input, call) {
      const prepared = await prepare(input, options)
      if (prepared instanceof Refusal) return refused(prepared)
      const { command, stdin } = prepared
      const argv = toArgv(command)
      const pass = relay.admit(call.id)
      const passFile = path.join(places.passes, call.id)
      await writeFile(passFile, pass.kubeconfig, { mode: 0o600 })
      const shape = outputShapeOf(command)
      const buffers = {
        stdout: bufferFor(shape, limits.stdoutBytes),
        stderr: bufferFor(stderrShape, limits.stderrBytes),
      }
      const pace = paceOf(command)
      const timeoutMs = deadlineOf(pace, limits)
      try {
        const result = await runCommand([binary, ...argv], {
          cwd: places.empty,
          inheritEnv: false,
          env: {
            // collecting garbage costs a short-lived program a tenth of its CPU time
            GOGC: '400',
            GOMEMLIMIT: '512MiB',
            HOME: places.home,
            KUBECONFIG: passFile,
            KUBECACHEDIR: path.join(dir, 'cache'),
            KUBERC: 'off',
            LANG: 'C.UTF-8',
            PATH: places.empty,
            TERM: 'dumb',
            TMPDIR: places.home,
          },
          ...(stdin === undefined ? {} : { stdin }),
          timeoutMs,
          killAfterMs: 2_000,
          signal: call.signal,
          onOutput: (chunk, stream) => buffers[stream].push(chunk),
        })
        const clean = (short: ShortOutput): ShortOutput => ({ ...short, text: relay.redactor.text(short.text) })
        return {
          argv: ['kubectl', ...argv],
          ...present({
            result,
            stdout: clean(shortenOutput(buffers.stdout, shape, limits.stdoutBytes)),
            stderr: clean(shortenOutput(buffers.stderr, stderrShape, limits.stderrBytes)),
            timeoutMs,
            pace,
            isCancelled: call.signal.aborted,
          }),
        }
      } finally {
        await Promise.all([pass.end(), rm(passFile, { force: true })])
      }
    },
  }
}

const stderrShape = { headShare: 0.5, advice: 'stderr was too long' }

async function prepare(
  input: KubectlInput,
  { limits, readManifests }: KubectlRunnerOptions,
): Promise<{ command: KubectlCommand; stdin: string | undefined } | Refusal> {
  if (Buffer.byteLength(input.stdin ?? '') > limits.stdinBytes) {
    return new Refusal('bad-value', `stdin is longer than ${limits.stdinBytes} bytes`)
  }
  const parsed = parseKubectl(input.words)
  if (parsed instanceof Refusal) return parsed
  const loaded = readManifests ? await loadManifests(parsed, input.stdin, readManifests) : undefined
  if (loaded instanceof Refusal) return loaded
  const command = loaded?.command ?? parsed
  return checkKubectl(command) ?? { command, stdin: loaded?.stdin ?? input.stdin }
}

/** Turns `-f PATH` of a workspace into `-f -`: we read the files, kubectl never does. */
async function loadManifests(
  command: KubectlCommand,
  stdin: string | undefined,
  read: NonNullable<KubectlRunnerOptions['readManifests']>,
): Promise<{ command: KubectlCommand; stdin: string } | Refusal | undefined> {
  const isFile = (flag: { name: string; value?: string }): boolean => flag.name === 'filename' && flag.value !== '-'
  const files = command.flags.filter((flag) => isFile(flag) && flag.value !== undefined)
  if (files.length === 0) return undefined
  if (stdin !== undefined) return new Refusal('bad-value', 'give either `stdin` or -f FILE, not both')
  const isRecursive = command.flags.some((flag) => flag.name === 'recursive' && flag.value !== 'false')
  const texts: string[] = []
  for (const { value = '' } of files) {
    const text = await read(value, isRecursive)
    if (text instanceof Refusal) return text
    texts.push(text)
  }
  const first = command.flags.findIndex(isFile)
  const flags = command.flags
    .map((flag, i) => (i === first ? { ...flag, value: '-' } : flag))
    .filter((flag) => !isFile(flag) && flag.name !== 'recursive')
  return { command: { ...command, flags }, stdin: texts.join('\n---\n') }
}

function deadlineOf(pace: CommandPace, limits: GatewayLimits): number {
  return { call: limits.callMs, follow: limits.followMs, wait: limits.waitMs }[pace]
}

function refused(refusal: Refusal): ToolResult {
  return {
    text: `refused: ${refusal.message}`,
    structured: { exitCode: null, stdout: '', stderr: `refused: ${refusal.message}`, endedBy: 'refusal' },
    isError: true,
    outcome: 'refused',
    refusedBy: refusal.rule,
  }
}

interface Ended {
  result: CommandResult
  stdout: ShortOutput
  stderr: ShortOutput
  timeoutMs: number
  pace: CommandPace
  isCancelled: boolean
}

function present({ result, stdout, stderr, timeoutMs, pace, isCancelled }: Ended): ToolResult {
  const endedBy = result.isTimedOut ? 'deadline' : isCancelled ? 'cancellation' : 'exit'
  const couldNotRun = result.exitCode === undefined && result.signal === undefined && endedBy === 'exit'
  if (couldNotRun) throw new Error(`kubectl could not be run: ${result.stderr}`)
  const deadline = `ended by the gateway after ${timeoutMs / 1000} s, with what it had by then`
  const isError = endedBy === 'cancellation' || (endedBy === 'exit' ? result.exitCode !== 0 : pace !== 'follow')
  const text = [
    stdout.text,
    stderr.text === '' ? '' : section('stderr', stderr.text),
    endedBy === 'deadline' ? `[${deadline}]\n` : '',
    endedBy === 'cancellation' ? '[cancelled]\n' : '',
    endedBy === 'exit' && result.exitCode !== 0 ? `[exit code ${result.exitCode ?? `none, ${result.signal}`}]\n` : '',
  ].reduce((all, part) => (part === '' ? all : all === '' || all.endsWith('\n') ? all + part : `${all}\n${part}`), '')
  return {
    text: text === '' ? '[no output, exit code 0]\n' : text,
    structured: {
      exitCode: endedBy === 'exit' ? (result.exitCode ?? null) : null,
      stdout: stdout.text,
      stderr: stderr.text,
      endedBy,
      ...(stdout.leftOutBytes > 0 ? { stdoutBytesLeftOut: stdout.leftOutBytes } : {}),
      ...(stderr.leftOutBytes > 0 ? { stderrBytesLeftOut: stderr.leftOutBytes } : {}),
    },
    isError,
    outcome: endedBy === 'deadline' ? 'deadline' : endedBy === 'cancellation' ? 'cancelled' : 'ran',
    ...(result.exitCode === undefined || endedBy !== 'exit' ? {} : { exitCode: result.exitCode }),
    stdoutBytes: stdout.totalBytes,
    stderrBytes: stderr.totalBytes,
  }
}

function section(name: string, text: string): string {
  return `${name}:\n${text}`
}
