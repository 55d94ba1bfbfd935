import { z } from 'zod'
import { defineTool, type Tool, type ToolResult } from '../define-tool.ts'
import { EndsBuffer } from '../ends-buffer.ts'
import type { GatewayLimits } from '../limits.ts'
import { Refusal } from '../refusal.ts'
import { shortenOutput, type OutputShape } from '../shorten-output.ts'
import type { Workspace } from '../workspace.ts'

const file = z.string().min(1).describe('A path inside the workspace: manifests/web.yaml')

/** The file tools of tasks that hold a workspace. */
export function workspaceTools(workspace: Workspace, limits: GatewayLimits): Tool[] {
  return [
    defineTool({
      name: 'list_files',
      title: 'List files',
      description: 'Lists every file of the workspace, or of one of its folders.',
      input: z.strictObject({ folder: z.string().optional().describe('default: the whole workspace') }),
      annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
      async run({ folder }) {
        const files = await workspace.list(folder ?? '.')
        return files instanceof Refusal ? refused(files) : { text: shorten(`${files.join('\n')}\n`, limits) }
      },
    }),
    defineTool({
      name: 'read_file',
      title: 'Read a file',
      description: 'Gives a file of the workspace back as text. Long files are cut in the middle: ask for lines.',
      input: z.strictObject({
        path: file,
        firstLine: z.number().int().min(1).optional(),
        lastLine: z.number().int().min(1).optional(),
      }),
      annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
      async run({ path, firstLine, lastLine }) {
        const content = await workspace.read(path)
        if (content instanceof Refusal) return refused(content)
        if (firstLine === undefined && lastLine === undefined) return { text: shorten(content, limits) }
        const lines = content
          .toString('utf8')
          .split('\n')
          .slice((firstLine ?? 1) - 1, lastLine)
        return { text: shorten(`${lines.join('\n')}\n`, limits) }
      },
    }),
    defineTool({
      name: 'write_file',
      title: 'Write a file',
      description: 'Writes a whole file of the workspace, new or in place of what was there.',
      input: z.strictObject({ path: file, content: z.string() }),
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
      async run({ path, content }) {
        const refusal = await workspace.write(path, content)
        return refusal ? refused(refusal) : { text: `${path} written, ${Buffer.byteLength(content)} bytes` }
      },
    }),
    defineTool({
      name: 'edit_file',
      title: 'Edit a file',
      description: 'Replaces a piece of text in a file of the workspace. The text must be there exactly once.',
      input: z.strictObject({
        path: file,
        oldText: z.string().min(1),
        newText: z.string(),
        everywhere: z.boolean().optional().describe('Replace every occurrence'),
      }),
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
      async run({ path, oldText, newText, everywhere }) {
        const content = await workspace.read(path)
        if (content instanceof Refusal) return refused(content)
        const parts = content.toString('utf8').split(oldText)
        const found = parts.length - 1
        if (found === 0) return refused(new Refusal('bad-value', `${path} does not hold that text`))
        if (found > 1 && !everywhere) {
          return refused(new Refusal('bad-value', `${path} holds that text ${found} times: give more of it`))
        }
        const refusal = await workspace.write(path, parts.join(newText))
        return refusal ? refused(refusal) : { text: `${path} changed in ${found} place${found === 1 ? '' : 's'}` }
      },
    }),
  ]
}

const shape: OutputShape = { headShare: 0.6, advice: 'read it in parts' }

function shorten(content: string | Buffer, limits: GatewayLimits): string {
  const bytes = Buffer.from(content)
  const head = Math.round(limits.stdoutBytes * shape.headShare)
  const buffer = new EndsBuffer(head, limits.stdoutBytes - head)
  buffer.push(bytes)
  return shortenOutput(buffer, shape, limits.stdoutBytes).text
}

function refused(refusal: Refusal): ToolResult {
  const outcome = refusal.rule === 'bad-value' ? 'invalid' : 'refused'
  return { text: refusal.message, isError: true, outcome, refusedBy: refusal.rule }
}
