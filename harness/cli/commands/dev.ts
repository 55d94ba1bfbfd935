import path from 'node:path'
import { createInterface } from 'node:readline'
import { verifiers } from '../../../verifiers/library.ts'
import { runDevLoop } from '../../author/dev/dev-loop.ts'
import { DevSession } from '../../author/dev/dev-session.ts'
import { runCommand, runInteractively } from '../../base/command.ts'
import { InputError } from '../../base/errors.ts'
import { removeDeadScratch } from '../../base/scratch.ts'
import { selectTasks } from '../../task/find-tasks.ts'
import { defineCommand, type Command } from '../define-command.ts'
import { print, say } from '../output.ts'
import { existingFlags, loadProvider } from '../providers.ts'
import { ensureTrialPrograms } from '../trial-programs.ts'

export const dev: Command = defineCommand({
  summary: "The author's loop: a broken world in seconds, and the verdict again on every save.",
  positionals: 'TASK',
  flags: {
    cluster: { type: 'string', value: 'PROVIDER', default: 'auto', summary: 'what makes the cluster' },
    ...existingFlags,
    healthy: { type: 'boolean', summary: 'stay with the healthy world at first' },
    'no-spare': {
      type: 'boolean',
      summary: 'keep no second world ready for the next reset: less memory, slower resets',
    },
  },
  details: `Words are typed line by line; \`help\` lists them. They may come from a pipe as well. Example:

  kubemend dev tasks/core/checkout-lost-its-orders`,
  async run({ flags, positionals }) {
    const tasks = await selectTasks({ paths: positionals }, { verifiers })
    const [task] = tasks
    if (!task || tasks.length > 1)
      throw new InputError([`${positionals.join(' ')}: expected one task, got ${tasks.length}`])
    if (task.kind !== 'repair')
      throw new InputError([`${task.id}: expected a task with a world, got one of kind ${task.kind}`])
    const provider = await loadProvider(flags.cluster, flags)
    await provider.removeLeftovers()
    await removeDeadScratch()
    const programs = await ensureTrialPrograms()
    const stop = new AbortController()
    // while a shell has the terminal, Ctrl-C is meant for what runs there
    let isAway = false
    const onEnd = (): void => {
      if (!isAway) stop.abort(new InputError(['interrupted']))
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onEnd)
    await using session = await DevSession.open({
      task,
      provider,
      verifiers,
      programs,
      hasSpare: !flags['no-spare'] && provider.capabilities.snapshots,
      signal: stop.signal,
      onProgress: say,
    })
    const isTerminal = process.stdin.isTTY
    const reader = createInterface({
      input: process.stdin,
      ...(isTerminal ? { output: process.stdout, prompt: `${path.basename(task.dir)}> ` } : {}),
    })
    stop.signal.addEventListener('abort', () => reader.close(), { once: true })
    // in a terminal it is the reader who sees Ctrl-C
    reader.once('SIGINT', onEnd)
    // an input that nobody closes would keep this process, which has nothing more to read
    using _ = { [Symbol.dispose]: () => void process.stdin.destroy() }
    await runDevLoop({
      session,
      verifiers,
      // made now: what is typed or piped while the world comes up is kept
      lines: reader[Symbol.asyncIterator](),
      print,
      isHealthyFirst: flags.healthy,
      ...(isTerminal ? { onIdle: () => reader.prompt() } : {}),
      openShell: async (who, command) => {
        const env = {
          KUBECONFIG: session.kubeconfigOf(who),
          PATH: `${path.dirname(programs.kubectl)}:${process.env['PATH'] ?? ''}`,
        }
        if (!isTerminal) return runPlainly(command, env)
        if (command === '') print(`a shell whose kubectl is the ${who}'s; exit ends it`)
        reader.pause()
        isAway = true
        try {
          await runInteractively(command === '' ? [process.env['SHELL'] ?? 'bash'] : ['bash', '-c', command], { env })
        } finally {
          isAway = false
          reader.resume()
        }
      },
    })
  },
})

/** Without a terminal there is no shell to sit in: one command, and what it said. */
async function runPlainly(command: string, env: Record<string, string>): Promise<void> {
  if (command === '') throw new InputError(['a shell needs a terminal; say a command after the word'])
  const { stdout, stderr } = await runCommand(['bash', '-c', command], { env })
  for (const text of [stdout.trimEnd(), stderr.trimEnd()]) if (text !== '') print(text)
}
