import { parse as parseToml } from 'toml'
import { describe, expect, it } from 'vitest'
import { cliNames } from './cli-names.ts'
import type { CliLaunch } from './define-cli.ts'
import { cliDefinitions } from './definitions.ts'

const mcp = { url: 'http://127.0.0.1:4001/mcp', token: 'gateway-token' }
const api = { url: 'http://127.0.0.1:4002/v1', origin: 'http://127.0.0.1:4002', key: 'placeholder' }
const launchOf = (name: keyof typeof cliDefinitions): CliLaunch =>
  cliDefinitions[name].launch({
    model: 'a-model',
    effort: undefined,
    prompt: 'Repair it.',
    mcp,
    api,
    home: '/home/agent',
    program: undefined,
  })
const fileOf = (name: keyof typeof cliDefinitions, file: string): unknown => {
  const text = launchOf(name).files?.[file] ?? ''
  return file.endsWith('.toml') ? (parseToml(text) as unknown) : (JSON.parse(text) as unknown)
}
const headers = { Authorization: 'Bearer gateway-token' }

describe.each(cliNames)('%s', (name) => {
  const launch = launchOf(name)
  const everything = JSON.stringify(launch)

  it('is given the instruction, the gateway with its token, and the model behind the relay', () => {
    expect(everything).toContain('Repair it.')
    expect(everything).toContain(mcp.url)
    expect(everything).toContain(mcp.token)
    expect(everything).toContain(api.origin)
    expect(everything).toContain(api.key)
    if (name !== 'command') expect(everything).toContain('a-model')
  })

  it('has no credential among its arguments, which everybody on a machine can read', () => {
    expect(launch.args.join(' ')).not.toContain(mcp.token)
    expect(launch.args.join(' ')).not.toContain(api.key)
  })

  it('is pinned to one version where it comes from npm', () => {
    const { install } = cliDefinitions[name]
    if (install.kind === 'npm') expect(install.version).toMatch(/^\d+\.\d+\.\d+$/)
    else expect(install.how).not.toBe('')
  })
})

it('claude-code waits for the gateway, takes no other server, and has no tools of its own', () => {
  const { args } = launchOf('claude-code')
  expect(args.slice(args.indexOf('--tools'), args.indexOf('--tools') + 2)).toEqual(['--tools', ''])
  expect(args).toContain('--strict-mcp-config')
  expect(fileOf('claude-code', 'mcp.json')).toEqual({
    mcpServers: { cluster: { type: 'http', url: mcp.url, headers, alwaysLoad: true } },
  })
})

it('codex approves the gateway’s calls, which it would cancel otherwise, and has its own tools off', () => {
  expect(fileOf('codex', '.codex/config.toml')).toMatchObject({
    approval_policy: 'never',
    features: { shell_tool: false, unified_exec: false },
    mcp_servers: {
      cluster: {
        url: mcp.url,
        bearer_token_env_var: 'KUBEMEND_MCP_TOKEN',
        required: true,
        default_tools_approval_mode: 'approve',
      },
    },
    model_providers: { kubemend: { base_url: api.url, env_key: 'KUBEMEND_API_KEY', wire_api: 'responses' } },
  })
  expect(launchOf('codex').env).toEqual({ KUBEMEND_API_KEY: api.key, KUBEMEND_MCP_TOKEN: mcp.token })
})

it('gemini-cli trusts its folder, without which it would refuse yolo, and may use the gateway only', () => {
  const { args, env } = launchOf('gemini-cli')
  expect(args).toEqual(expect.arrayContaining(['--skip-trust', '--approval-mode', 'yolo']))
  expect(env).toMatchObject({ GEMINI_CLI_TRUST_WORKSPACE: 'true', GOOGLE_GEMINI_BASE_URL: api.origin })
  expect(fileOf('gemini-cli', '.gemini/settings.json')).toMatchObject({
    mcpServers: { cluster: { httpUrl: mcp.url, headers, trust: true } },
  })
  const policy = fileOf('gemini-cli', '.gemini/policies/only-the-gateway.toml')
  expect(policy).toMatchObject({
    rule: [
      { toolName: '*', decision: 'deny' },
      { mcpName: 'cluster', decision: 'allow' },
    ],
  })
})

it('opencode denies everything but the gateway', () => {
  expect(fileOf('opencode', 'opencode.json')).toMatchObject({
    permission: { '*': 'deny', 'cluster_*': 'allow' },
    mcp: { cluster: { type: 'remote', url: mcp.url, headers, enabled: true } },
    enabled_providers: ['kubemend'],
  })
})

it('qwen-code is told not to hide tools behind a search', () => {
  expect(fileOf('qwen-code', '.qwen/settings.json')).toMatchObject({
    tools: { toolSearch: { enabled: false } },
    mcpServers: { cluster: { httpUrl: mcp.url, headers } },
  })
})

it('goose has our extension and not its own', () => {
  expect(fileOf('goose', '.config/goose/config.yaml')).toMatchObject({
    extensions: {
      developer: { enabled: false },
      cluster: { type: 'streamable_http', uri: mcp.url, headers, enabled: true },
    },
  })
})

it('kimi is allowed the gateway and denied the rest', () => {
  expect(fileOf('kimi', '.kimi-code/config.toml')).toMatchObject({
    providers: { kubemend: { base_url: api.url, api_key: api.key } },
    permission: {
      rules: [
        { decision: 'allow', pattern: 'mcp__cluster__*' },
        { decision: 'deny', pattern: '*' },
      ],
    },
  })
  expect(fileOf('kimi', '.kimi-code/mcp.json')).toMatchObject({ mcpServers: { cluster: { url: mcp.url, headers } } })
})

it('copilot has a provider of the user’s own and none of its own tools', () => {
  const { args, env } = launchOf('copilot')
  expect(args).toContain('--disable-builtin-mcps')
  expect(args.find((arg) => arg.startsWith('--excluded-tools='))).toMatch(/[=,]bash,/)
  expect(env).toMatchObject({ COPILOT_PROVIDER_BASE_URL: api.url, COPILOT_OFFLINE: 'true' })
})

it('cursor is denied its shell and files', () => {
  expect(fileOf('cursor', '.cursor/cli-config.json')).toMatchObject({
    permissions: { allow: ['Mcp(cluster:*)'], deny: expect.arrayContaining(['Shell(*)', 'Write(**)']) },
  })
  expect(fileOf('cursor', '.cursor/mcp.json')).toEqual({ mcpServers: { cluster: { url: mcp.url, headers } } })
})

it('reads what cursor prints as messages with calls and tokens', () => {
  const lines = [
    { type: 'system', subtype: 'init', model: 'auto' },
    { type: 'assistant', message: { role: 'assistant', content: [{ type: 'text', text: 'I look' }] } },
    { type: 'assistant', message: { role: 'assistant', content: [{ type: 'text', text: ' first.' }] } },
    {
      type: 'tool_call',
      subtype: 'started',
      call_id: 'c1',
      tool_call: {
        mcpToolCall: { args: { name: 'cluster-kubectl', toolName: 'kubectl', args: { args: 'get pods' } } },
      },
    },
    { type: 'tool_call', subtype: 'completed', call_id: 'c1', tool_call: {} },
    { type: 'assistant', message: { role: 'assistant', content: [{ type: 'text', text: 'Done.' }] } },
    { type: 'result', subtype: 'success', usage: { inputTokens: 900, outputTokens: 30, cacheReadTokens: 100 } },
  ]
  const stdout = `${lines.map((line) => JSON.stringify(line)).join('\n')}\nnot json\n`
  expect(cliDefinitions.cursor.readTranscript?.(stdout)).toEqual([
    {
      type: 'agent-message',
      text: 'I look first.',
      toolCalls: [{ id: 'c1', tool: 'kubectl', arguments: { args: 'get pods' } }],
    },
    {
      type: 'agent-message',
      text: 'Done.',
      usage: { inputTokens: 900, outputTokens: 30, cachedTokens: 100 },
    },
  ])
})
