import { type CliDefinition, defineCli, headersOf, json, serverName, toolTimeoutMs } from './define-cli.ts'

/** opencode, against any OpenAI-compatible API. A wildcard permission takes its own tools away and leaves the gateway's. */
export const opencode: CliDefinition = defineCli({
  name: 'opencode',
  maker: 'Anomaly',
  install: { kind: 'npm', package: 'opencode-ai', version: '1.18.33', bin: 'opencode' },
  api: { provider: 'openai', baseUrl: 'https://api.openai.com/v1', prefix: '/v1', keys: ['OPENAI_API_KEY'] },
  defaultModel: 'gpt-6-sol',
  launch: ({ model = '', prompt, mcp, api, home }) => ({
    args: [
      'run',
      '--pure',
      '--print-logs',
      '--log-level',
      'WARN',
      '--format',
      'json',
      '--model',
      `kubemend/${model}`,
      prompt,
    ],
    env: {
      OPENCODE_CONFIG: `${home}/opencode.json`,
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
      OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
    },
    files: {
      'opencode.json': json({
        $schema: 'https://opencode.ai/config.json',
        autoupdate: false,
        share: 'disabled',
        model: `kubemend/${model}`,
        small_model: `kubemend/${model}`,
        enabled_providers: ['kubemend'],
        provider: {
          kubemend: {
            npm: '@ai-sdk/openai-compatible',
            name: 'kubemend',
            options: { baseURL: api.url, apiKey: api.key },
            models: { [model]: { name: model, tool_call: true } },
          },
        },
        permission: { '*': 'deny', [`${serverName}_*`]: 'allow' },
        mcp: {
          [serverName]: {
            type: 'remote',
            url: mcp.url,
            headers: headersOf(mcp),
            oauth: false,
            enabled: true,
            timeout: toolTimeoutMs,
          },
        },
      }),
    },
  }),
})
