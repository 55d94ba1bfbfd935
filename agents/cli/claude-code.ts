import { type CliDefinition, defineCli, json, mcpServers, serverName, toolTimeoutMs } from './define-cli.ts'

/**
 * Anthropic's Claude Code, in print mode. It would begin without servers that are not there yet: `alwaysLoad` and the
 * blocking connection make it wait. `--tools ""` takes its own tools away.
 */
export const claudeCode: CliDefinition = defineCli({
  name: 'claude-code',
  maker: 'Anthropic',
  install: { kind: 'npm', package: '@anthropic-ai/claude-code', version: '2.1.330', bin: 'claude' },
  api: { provider: 'anthropic', baseUrl: 'https://api.anthropic.com/v1', prefix: '/v1', keys: ['ANTHROPIC_API_KEY'] },
  defaultModel: 'claude-sonnet-5-5',
  launch: ({ model, effort, prompt, mcp, api, home }) => ({
    args: [
      '--print',
      '--output-format',
      'stream-json',
      '--verbose',
      '--model',
      model ?? '',
      ...(effort === undefined ? [] : ['--effort', effort]),
      '--tools',
      '',
      '--strict-mcp-config',
      '--mcp-config',
      `${home}/mcp.json`,
      '--allowedTools',
      `mcp__${serverName}`,
      '--setting-sources',
      '',
      '--no-session-persistence',
    ],
    stdin: prompt,
    env: {
      ANTHROPIC_BASE_URL: api.origin,
      ANTHROPIC_API_KEY: api.key,
      CLAUDE_CONFIG_DIR: `${home}/.claude`,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
      MCP_CONNECTION_NONBLOCKING: '0',
      MCP_TIMEOUT: '60000',
      MCP_TOOL_TIMEOUT: String(toolTimeoutMs),
      ENABLE_TOOL_SEARCH: 'false',
    },
    files: {
      'mcp.json': json(mcpServers(mcp, { type: 'http', alwaysLoad: true })),
    },
  }),
})
