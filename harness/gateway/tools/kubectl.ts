import { z } from 'zod'
import { defineTool, type Tool } from '../define-tool.ts'
import type { KubectlRunner } from '../kubectl-runner.ts'
import type { GatewayLimits } from '../limits.ts'
import { Refusal } from '../refusal.ts'
import { splitWords } from '../split-words.ts'

/** What every tool that runs kubectl gives back. */
export const kubectlOutput: z.ZodObject = z.object({
  exitCode: z.number().int().nullable().describe('null when kubectl did not end by itself'),
  stdout: z.string(),
  stderr: z.string(),
  endedBy: z.enum(['exit', 'deadline', 'cancellation', 'refusal']),
  stdoutBytesLeftOut: z.number().int().optional(),
  stderrBytesLeftOut: z.number().int().optional(),
})

/** The default surface: kubectl itself, one command a call. */
export function kubectlTool(kubectl: KubectlRunner, limits: GatewayLimits): Tool {
  return defineTool({
    name: 'kubectl',
    title: 'Run kubectl',
    description: [
      'Runs one kubectl command against the cluster, with your own identity and permissions.',
      'Quotes work as in a shell, but there is no shell: no pipes, no redirects, no $( ), one command per call.',
      'To apply a manifest, use `apply -f -` with the manifest in `stdin` (a heredoc in `args` works too).',
      'There is no terminal, no editor and no local files: use patch, set or apply instead of edit, and exec without -t.',
      `Watching commands (-w, logs -f) end after ${limits.followMs / 1000} s, waiting ones (wait, rollout status, exec, ...)`,
      `after ${limits.waitMs / 1000} s, with what they had by then. Long output is cut in the middle.`,
    ].join(' '),
    input: z.strictObject({
      args: z
        .union([z.string(), z.array(z.string())])
        .describe('What follows `kubectl`: "get pods -n shop -o wide", or the words as an array'),
      stdin: z.string().optional().describe('Text for commands that read standard input (-f -)'),
    }),
    output: kubectlOutput,
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
    async run({ args, stdin }, call) {
      const split = typeof args === 'string' ? splitWords(args) : { words: args }
      const input =
        split instanceof Refusal
          ? split
          : split.stdin !== undefined && stdin !== undefined
            ? new Refusal('bad-value', 'give the text either in `args` or in `stdin`, not both')
            : { words: split.words, stdin: split.stdin ?? stdin }
      return input instanceof Refusal ? kubectl.refuse(input) : kubectl.run(input, call)
    },
  })
}
