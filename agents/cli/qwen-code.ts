import { type CliDefinition, defineCli, json, mcpServers, serverName, toolTimeoutMs } from './define-cli.ts'

/**
 * Alibaba's Qwen Code, against any OpenAI-compatible API. `--core-tools` with a name of no tool leaves it few of its own,
 * and those are denied by name. Tools would be found by searching for them only: that is switched off.
 */
export const qwenCode: CliDefinition = defineCli({
  name: 'qwen-code',
  maker: 'Alibaba',
  install: { kind: 'npm', package: '@qwen-code/qwen-code', version: '0.24.4', bin: 'qwen' },
  api: {
    provider: 'qwen',
    baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
    prefix: '/v1',
    keys: ['DASHSCOPE_API_KEY', 'OPENAI_API_KEY'],
  },
  defaultModel: 'qwen3-coder-plus',
  launch: ({ model, prompt, mcp, api }) => ({
    args: [
      '--auth-type',
      'openai',
      '--model',
      model ?? '',
      '--approval-mode',
      'yolo',
      '--output-format',
      'stream-json',
      '--chat-recording=false',
      '--allowed-mcp-server-names',
      serverName,
      '--core-tools',
      'none',
      '--prompt',
      prompt,
    ],
    env: { OPENAI_API_KEY: api.key, OPENAI_BASE_URL: api.url, OPENAI_MODEL: model ?? '' },
    files: {
      '.qwen/settings.json': json({
        security: { auth: { selectedType: 'openai' }, folderTrust: { enabled: false } },
        general: { enableAutoUpdate: false },
        privacy: { usageStatisticsEnabled: false },
        telemetry: { enabled: false },
        tools: { toolSearch: { enabled: false } },
        permissions: { deny: ownTools },
        ...mcpServers(mcp, { trust: true, timeout: toolTimeoutMs }, 'httpUrl'),
      }),
    },
  }),
})

const ownTools = [
  'agent',
  'ask_user_question',
  'enter_worktree',
  'exit_worktree',
  'get_goal',
  'list_agents',
  'record_artifact',
  'report_findings',
  'send_message',
  'skill',
  'task_stop',
  'update_goal',
]
