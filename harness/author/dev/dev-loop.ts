import type { Verifier } from '../../../verifiers/verifier.ts'
import { closest } from '../../base/closest.ts'
import { InputError, KubemendError } from '../../base/errors.ts'
import { tryLoadTask } from '../../task/load-task.ts'
import { formatProblem } from '../../task/problem.ts'
import type { Task } from '../../task/task.ts'
import type { DevSession } from './dev-session.ts'
import { renderChecks, renderDifferences, renderVerdict } from './render-verdict.ts'
import { watchFolder } from './watch-folder.ts'

export interface DevLoopOptions {
  session: DevSession
  verifiers: Readonly<Record<string, Verifier>>
  /** What the author types, line by line; its end is the end of the session. */
  lines: AsyncIterable<string>
  print: (text: string) => void
  /** Gives the terminal to a shell with somebody's kubectl, or runs one command line where there is one. */
  openShell: (who: 'agent' | 'admin', command: string) => Promise<void>
  /** Called whenever the next line is waited for. */
  onIdle?: () => void
  /** Stays with the healthy world at first. */
  isHealthyFirst: boolean
}

/** The author's loop: a broken world, and what each saved file or typed word makes of it. */
export async function runDevLoop(options: DevLoopOptions): Promise<void> {
  const { session, print, lines } = options
  // one thing after the other, whether it was typed or saved
  let last = Promise.resolve()
  const inTurn = (step: () => Promise<void>): Promise<void> => {
    last = last.then(session.isOver ? undefined : step).catch((error: unknown) => {
      print(session.isOver ? 'interrupted' : wordProblem(error))
    })
    return last
  }
  await inTurn(() => start(options))
  using _ = watchFolder(session.task.dir, (files) => {
    void inTurn(() => takeSaved(options, files)).then(options.onIdle)
  })
  options.onIdle?.()
  for await (const line of lines) {
    const [, word = '', rest = ''] = /^\s*(\S*)\s*(.*?)\s*$/.exec(line) ?? []
    const name = nameOf(word)
    if (name === 'quit' || session.isOver) break
    if (name === undefined) print(wordUnknown(word))
    else await inTurn(() => (commands[name] as DevCommand).run(options, rest))
    options.onIdle?.()
  }
  await last
}

interface DevCommand {
  short: string
  usage: string
  does: string
  /** With the rest of the line. */
  run: (options: DevLoopOptions, rest: string) => Promise<void>
}

const commands: Record<string, DevCommand> = {
  verdict: {
    short: 'v',
    usage: 'verdict',
    does: 'judge the cluster as it is now (an empty line does the same)',
    run: judge,
  },
  diff: {
    short: 'd',
    usage: 'diff',
    does: 'everything that differs from the baseline, and why it may',
    run: async ({ session, print }) => print(renderDifferences(await session.judge())),
  },
  reset: {
    short: 'r',
    usage: 'reset [healthy]',
    does: 'a fresh broken world; or the one before anything broke it',
    run: async (options, what) => {
      if (what !== '' && what !== 'healthy') throw new InputError([`reset ${what}: expected reset or reset healthy`])
      await (what === 'healthy' ? startHealthy(options) : startBroken(options))
    },
  },
  break: {
    short: 'b',
    usage: 'break',
    does: 'apply the fault to the healthy world',
    run: async (options) => {
      const complaint = await options.session.break()
      await afterBreaking(options, complaint)
    },
  },
  solve: {
    short: 's',
    usage: 'solve [SCRIPT]',
    does: 'run solution/solve.sh, or solution/SCRIPT, as the agent; then judge',
    run: solve,
  },
  agent: {
    short: 'g',
    usage: 'agent [COMMAND]',
    does: "a shell with the agent's kubectl, or one command",
    run: ({ openShell }, command) => openShell('agent', command),
  },
  admin: {
    short: 'a',
    usage: 'admin [COMMAND]',
    does: "a shell with the admin's kubectl, or one command",
    run: ({ openShell }, command) => openShell('admin', command),
  },
  help: { short: '?', usage: 'help', does: 'this', run: async ({ print }) => print(devHelp()) },
  quit: { short: 'q', usage: 'quit', does: 'take the cluster down and end', run: async () => undefined },
}

/** The command that a word or its first letter means; an empty line is a verdict. */
function nameOf(word: string): string | undefined {
  if (word === '') return 'verdict'
  return Object.entries(commands).find(([name, { short }]) => name === word || short === word)?.[0]
}

/** The commands of the loop, one a line. */
export function devHelp(): string {
  return Object.values(commands)
    .map(({ short, usage, does }) => `  ${short}  ${usage.padEnd(17)}${does}`)
    .join('\n')
}

async function start(options: DevLoopOptions): Promise<void> {
  const { task } = options.session
  if (task.fault.length === 0) {
    await startHealthy(options)
    options.print('nothing breaks this world yet: write environment/fault/, then `break`')
  } else await (options.isHealthyFirst ? startHealthy(options) : startBroken(options))
  options.print(devHelp())
}

async function startHealthy(options: DevLoopOptions): Promise<void> {
  const { session, print } = options
  const startedAt = Date.now()
  const complaint = await session.startHealthy()
  print(`${complaint ?? 'the world is healthy'} (${seconds(startedAt)})`)
  if (session.task.contract) print(renderChecks(await session.askHealthy()).join('\n'))
}

async function startBroken(options: DevLoopOptions): Promise<void> {
  const startedAt = Date.now()
  const complaint = await options.session.startBroken()
  options.print(`${complaint === undefined ? 'a broken world' : 'a world'} is there (${seconds(startedAt)})`)
  await afterBreaking(options, complaint)
}

async function afterBreaking(options: DevLoopOptions, complaint: string | undefined): Promise<void> {
  if (complaint !== undefined) options.print(complaint)
  await judge(options)
}

async function judge({ session, print }: DevLoopOptions): Promise<void> {
  if (session.isBroken) print(renderVerdict(await session.judge()))
  else print(renderChecks(await session.askHealthy()).join('\n'))
}

async function solve(options: DevLoopOptions, script: string): Promise<void> {
  const { session, print } = options
  const { solve: oracle, alternatives, unsafe } = session.task.solution
  const scripts = [...(oracle === undefined ? [] : [oracle]), ...alternatives, ...unsafe]
  const file = script === '' ? oracle : scripts.find((one) => isNamed(one, script))
  if (file === undefined) throw new InputError([`there is no such script; there are ${scripts.join(', ') || 'none'}`])
  const startedAt = Date.now()
  const { exitCode, stdout, stderr } = await session.runAsAgent(file)
  for (const text of [stdout.trimEnd(), stderr.trimEnd()]) if (text !== '') print(text)
  print(`${file} exited with ${exitCode} (${seconds(startedAt)})`)
  await judge(options)
}

/** A script by its path, or by as much of its name as people type. */
function isNamed(file: string, given: string): boolean {
  return file === given || file === `solution/${given}` || file.endsWith(`/${given}`) || file.endsWith(`/${given}.sh`)
}

/** Reads the task again, and judges by what it says now. */
async function takeSaved(options: DevLoopOptions, files: string[]): Promise<void> {
  const { session, print, verifiers } = options
  const { task, problems } = await tryLoadTask(session.task.dir, { verifiers })
  print(`\nsaved: ${files.join(', ')}`)
  if (!task) {
    print(problems.map((problem) => `  ${formatProblem(problem)}`).join('\n'))
    return
  }
  const isNewWorld = worldOf(task) !== worldOf(session.task)
  session.task = task
  if (isNewWorld) print('the world or the fault is another now: `reset` applies it')
  await judge(options)
}

function worldOf({ world, fault, cluster, permissions }: Task): string {
  return JSON.stringify([world.map(({ object }) => object), fault, cluster, permissions])
}

function wordUnknown(word: string): string {
  const meant = closest(word, Object.keys(commands))
  return `${word}: ${meant === undefined ? 'there is no such word; `help` lists them' : `did you mean ${meant}?`}`
}

/** What went wrong in one step ends that step and not the session. */
function wordProblem(error: unknown): string {
  if (error instanceof KubemendError)
    return error.hint === undefined ? error.message : `${error.message}\n${error.hint}`
  if (error instanceof Error) return error.message
  return String(error)
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`
}
