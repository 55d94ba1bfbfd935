import { z } from 'zod'
import type { CommandResult } from '../../base/command.ts'
import { defineTool, type Tool } from '../define-tool.ts'
import type { GatewayLimits } from '../limits.ts'
import { bufferFor, shortenOutput, type OutputShape } from '../shorten-output.ts'

/** Runs a command line with bash where the task lies; ends it and what it started at the deadline. */
export type Shell = (
  command: string,
  options: {
    timeoutMs: number
    signal: AbortSignal
    onOutput: (chunk: Uint8Array, stream: 'stdout' | 'stderr') => void
  },
) => Promise<CommandResult>

/** The surface of tasks that lie in a machine of their own, and not in a cluster. */
export function shellTool(shell: Shell, limits: GatewayLimits): Tool {
  return defineTool({
    name: 'bash',
    title: 'Run a command line',
    description: [
      "Runs a command line with bash on the task's machine, in its working directory, without a terminal.",
      'Every call is a shell of its own; files and what runs in the background stay.',
      `A call ends after ${limits.waitMs / 1000} s, unless timeoutSeconds says otherwise. Long output is cut in the middle.`,
    ].join(' '),
    input: z.strictObject({
      command: z.string().min(1),
      timeoutSeconds: z.number().min(1).max(maxSeconds).optional(),
    }),
    output: z.object({
      exitCode: z.number().int().nullable().describe('null when the command did not end by itself'),
      stdout: z.string(),
      stderr: z.string(),
    }),
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
    async run({ command, timeoutSeconds }, { signal }) {
      const timeoutMs = timeoutSeconds === undefined ? limits.waitMs : timeoutSeconds * 1000
      const buffers = { stdout: bufferFor(shape, limits.stdoutBytes), stderr: bufferFor(shape, limits.stderrBytes) }
      const ran = await shell(command, {
        timeoutMs,
        signal,
        onOutput: (chunk, stream) => buffers[stream].push(chunk),
      })
      const stdout = shortenOutput(buffers.stdout, shape, limits.stdoutBytes)
      const stderr = shortenOutput(buffers.stderr, shape, limits.stderrBytes)
      const exitCode = ran.isTimedOut || signal.aborted ? null : (ran.exitCode ?? null)
      const end = ran.isTimedOut
        ? `[ended after ${timeoutMs / 1000} s, with what it had by then]`
        : signal.aborted
          ? '[cancelled]'
          : `[exit code ${exitCode ?? 'none'}]`
      const parts = [stdout.text, stderr.text === '' ? '' : `stderr:\n${stderr.text}`, exitCode === 0 ? '' : end]
      const text = parts.filter((part) => part !== '').join('\n')
      return {
        text: text === '' ? '[no output, exit code 0]\n' : text,
        structured: { exitCode, stdout: stdout.text, stderr: stderr.text },
        isError: exitCode !== 0,
        outcome: ran.isTimedOut ? 'deadline' : signal.aborted ? 'cancelled' : 'ran',
        ...(exitCode === null ? {} : { exitCode }),
        stdoutBytes: stdout.totalBytes,
        stderrBytes: stderr.totalBytes,
      }
    },
  })
}

/** Less than what MCP clients wait at the longest. */
const maxSeconds = 540
const shape: OutputShape = { headShare: 0.5, advice: 'write it to a file and read it in parts' }
