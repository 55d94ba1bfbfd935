import { defineCli, json, mcpServers, serverName, type CliDefinition } from './define-cli.ts'
import { readCursorTranscript } from './read-cursor-transcript.ts'

/**
 * Cursor's agent. Its model answers through Cursor's own service, which speaks none of the protocols that we read along:
 * what it said is taken from its own output. Its own tools are denied by its permissions.
 */
export const cursor: CliDefinition = defineCli({
  name: 'cursor',
  maker: 'Cursor',
  install: {
    kind: 'program',
    program: 'cursor-agent',
    how: 'install the Cursor CLI and have cursor-agent on the PATH',
  },
  api: { provider: 'cursor', baseUrl: 'https://api2.cursor.sh', prefix: '', keys: ['CURSOR_API_KEY'] },
  defaultModel: 'auto',
  readTranscript: readCursorTranscript,
  launch: ({ model = '', prompt, mcp, api }) => ({
    args: [
      '--print',
      '--output-format',
      'stream-json',
      '--approve-mcps',
      '--force',
      '--trust',
      '--model',
      model,
      '--endpoint',
      api.origin,
      prompt,
    ],
    env: { CURSOR_API_KEY: api.key },
    files: {
      '.cursor/mcp.json': json(mcpServers(mcp)),
      '.cursor/cli-config.json': json({
        version: 1,
        editor: { vimMode: false },
        network: { useHttp1ForAgent: true },
        permissions: {
          allow: [`Mcp(${serverName}:*)`],
          deny: ['Shell(*)', 'Read(**)', 'Write(**)', 'WebFetch(*)'],
        },
      }),
    },
  }),
})
