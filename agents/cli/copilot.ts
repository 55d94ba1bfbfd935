import { defineCli, json, mcpServers, toolTimeoutMs, type CliDefinition } from './define-cli.ts'

/**
 * GitHub's Copilot CLI with a provider of one's own, so that no GitHub account takes part. Its own tools
 * are excluded by name: `--available-tools` knows no patterns, and which tools the gateway has is not known here.
 */
export const copilot: CliDefinition = defineCli({
  name: 'copilot',
  maker: 'GitHub',
  install: { kind: 'npm', package: '@github/copilot', version: '1.0.102', bin: 'copilot' },
  api: { provider: 'openai', baseUrl: 'https://api.openai.com/v1', prefix: '/v1', keys: ['OPENAI_API_KEY'] },
  defaultModel: 'gpt-6-sol',
  launch: ({ model = '', effort, prompt, mcp, api, home }) => ({
    args: [
      '--prompt',
      prompt,
      '--output-format',
      'json',
      '--no-color',
      '--no-auto-update',
      '--no-ask-user',
      '--disable-builtin-mcps',
      '--no-custom-instructions',
      '--additional-mcp-config',
      `@${home}/mcp.json`,
      `--excluded-tools=${ownTools.join(',')}`,
      '--allow-all-tools',
      '--model',
      model,
      ...(effort === undefined ? [] : ['--reasoning-effort', effort]),
    ],
    env: {
      COPILOT_HOME: `${home}/.copilot`,
      COPILOT_OFFLINE: 'true',
      COPILOT_PROVIDER_TYPE: 'openai',
      COPILOT_PROVIDER_BASE_URL: api.url,
      COPILOT_PROVIDER_API_KEY: api.key,
      COPILOT_MODEL: model,
    },
    files: {
      'mcp.json': json(mcpServers(mcp, { type: 'http', tools: ['*'], timeout: toolTimeoutMs })),
    },
  }),
})

const ownTools = [
  'apply_patch',
  'ask_user',
  'bash',
  'create',
  'edit',
  'fetch_copilot_cli_documentation',
  'glob',
  'grep',
  'list_agents',
  'list_bash',
  'read_agent',
  'read_bash',
  'report_intent',
  'rg',
  'session_store_sql',
  'skill',
  'sql',
  'stop_bash',
  'task',
  'view',
  'web_fetch',
  'web_search',
  'write_agent',
  'write_bash',
]
