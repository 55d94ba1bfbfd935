import { type CliDefinition, bearer, defineCli, json, serverName, toolTimeoutMs } from './define-cli.ts'

/**
 * Google's Gemini CLI. In a folder that it does not trust it refuses yolo and starts no MCP servers: it is told to trust
 * it. An empty `tools.core` takes its own tools away.
 */
export const geminiCli: CliDefinition = defineCli({
  name: 'gemini-cli',
  maker: 'Google',
  install: { kind: 'npm', package: '@google/gemini-cli', version: '0.61.0', bin: 'gemini' },
  api: {
    provider: 'google',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    prefix: '/v1beta',
    keys: ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY'],
  },
  defaultModel: 'gemini-2.5-pro',
  launch: ({ model, prompt, mcp, api }) => ({
    args: [
      '--skip-trust',
      '--approval-mode',
      'yolo',
      '--output-format',
      'stream-json',
      '--model',
      model ?? '',
      '--allowed-mcp-server-names',
      serverName,
      '--prompt',
      prompt,
    ],
    env: {
      GEMINI_API_KEY: api.key,
      GOOGLE_GEMINI_BASE_URL: api.origin,
      GEMINI_CLI_TRUST_WORKSPACE: 'true',
      GEMINI_CLI_NO_RELAUNCH: 'true',
    },
    files: {
      '.gemini/settings.json': json({
        security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: false } },
        general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
        privacy: { usageStatisticsEnabled: false },
        telemetry: { enabled: false },
        tools: { core: [] },
        mcpServers: {
          [serverName]: {
            httpUrl: mcp.url,
            headers: { Authorization: bearer(mcp.token) },
            trust: true,
            timeout: toolTimeoutMs,
          },
        },
      }),
    },
  }),
})
