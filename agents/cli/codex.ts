import { type CliDefinition, defineCli, serverName, toolTimeoutMs } from './define-cli.ts'

/**
 * OpenAI's Codex. `CODEX_HOME/config.toml` holds everything: MCP calls without readOnlyHint would be cancelled for want of
 * somebody to approve them, and its own tools are features that are switched off.
 */
export const codex: CliDefinition = defineCli({
  name: 'codex',
  maker: 'OpenAI',
  install: { kind: 'npm', package: '@openai/codex', version: '0.169.0', bin: 'codex' },
  api: { provider: 'openai', baseUrl: 'https://api.openai.com/v1', prefix: '/v1', keys: ['OPENAI_API_KEY'] },
  defaultModel: 'gpt-6-sol',
  launch: ({ model, effort, prompt, mcp, api }) => ({
    args: ['exec', '--json', '--skip-git-repo-check', '--ephemeral', '--color', 'never', '-'],
    stdin: prompt,
    env: { KUBEMEND_API_KEY: api.key, KUBEMEND_MCP_TOKEN: mcp.token },
    files: {
      '.codex/config.toml': `model = ${quoted(model ?? '')}
model_provider = "kubemend"
${effort === undefined ? '' : `model_reasoning_effort = ${quoted(effort)}\n`}approval_policy = "never"
sandbox_mode = "read-only"
web_search = "disabled"
check_for_update_on_startup = false

[analytics]
enabled = false

[agents]
enabled = false

[history]
persistence = "none"

[features]
${switchedOff.map((feature) => `${feature} = false`).join('\n')}

[model_providers.kubemend]
name = "kubemend"
base_url = ${quoted(api.url)}
env_key = "KUBEMEND_API_KEY"
wire_api = "responses"

[mcp_servers.${serverName}]
url = ${quoted(mcp.url)}
bearer_token_env_var = "KUBEMEND_MCP_TOKEN"
required = true
startup_timeout_sec = 60
tool_timeout_sec = ${toolTimeoutMs / 1000}
default_tools_approval_mode = "approve"
`,
    },
  }),
})

const switchedOff = [
  'shell_tool',
  'unified_exec',
  'apps',
  'multi_agent',
  'goals',
  'hooks',
  'plugins',
  'image_generation',
]

function quoted(text: string): string {
  return JSON.stringify(text)
}
