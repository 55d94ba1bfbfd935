import { type CliDefinition, defineCli, json, mcpServers, serverName, toolTimeoutMs } from './define-cli.ts'

/**
 * Google's Gemini CLI. In a folder that it does not trust it refuses yolo and starts no MCP servers: it is told to trust
 * it. A policy takes its own tools away: an empty `tools.core` would take those of MCP servers, too, and `tools.exclude`
 * those of the same name.
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
  defaultModel: 'gemini-3.8-flash',
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
      '.gemini/policies/only-the-gateway.toml': policy,
      '.gemini/settings.json': json({
        security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: false } },
        general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
        privacy: { usageStatisticsEnabled: false },
        telemetry: { enabled: false },
        skills: { enabled: false },
        experimental: { enableAgents: false, plan: false },
        ...mcpServers(mcp, { trust: true, timeout: toolTimeoutMs }, 'httpUrl'),
      }),
    },
  }),
})

/** What is denied is not even offered to the model. */
const policy = `[[rule]]
toolName = "*"
decision = "deny"
priority = 100

[[rule]]
mcpName = "${serverName}"
toolName = "*"
decision = "allow"
priority = 200
`
