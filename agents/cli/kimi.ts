import { defineCli, json, mcpServers, serverName, toolTimeoutMs, type CliDefinition } from './define-cli.ts'

/** Moonshot's Kimi Code, against its own API or another that speaks Chat Completions. */
export const kimi: CliDefinition = defineCli({
  name: 'kimi',
  maker: 'Moonshot AI',
  install: { kind: 'npm', package: '@moonshot-ai/kimi-code', version: '2.1.0', bin: 'kimi' },
  api: {
    provider: 'moonshot',
    baseUrl: 'https://api.moonshot.ai/v1',
    prefix: '/v1',
    keys: ['KIMI_API_KEY', 'MOONSHOT_API_KEY'],
  },
  defaultModel: 'kimi-k3',
  launch: ({ model = '', prompt, mcp, api, home }) => ({
    args: ['--prompt', prompt, '--output-format', 'stream-json'],
    env: { KIMI_CODE_HOME: `${home}/.kimi-code` },
    files: {
      '.kimi-code/config.toml': `default_model = "kubemend/model"
default_permission_mode = "auto"
telemetry = false

[providers.kubemend]
type = "openai"
base_url = ${JSON.stringify(api.url)}
api_key = ${JSON.stringify(api.key)}

[models."kubemend/model"]
provider = "kubemend"
model = ${JSON.stringify(model)}
max_context_size = 131072
capabilities = ["tool_use"]

[[permission.rules]]
decision = "allow"
pattern = "mcp__${serverName}__*"

[[permission.rules]]
decision = "deny"
pattern = "*"
`,
      '.kimi-code/mcp.json': json(mcpServers(mcp, { transport: 'http', startupTimeoutMs: 60_000, toolTimeoutMs })),
    },
  }),
})
