import { defineCli, headersOf, json, serverName, toolTimeoutMs, type CliDefinition } from './define-cli.ts'

/**
 * Block's goose, against any OpenAI-compatible API. Its extensions are its tools: the configuration names ours and switches
 * the built-in one off. Its key storage is a keyring that no sandbox has.
 */
export const goose: CliDefinition = defineCli({
  name: 'goose',
  maker: 'Block',
  install: { kind: 'program', program: 'goose', how: 'install goose and have it on the PATH' },
  api: { provider: 'openai', baseUrl: 'https://api.openai.com/v1', prefix: '/v1', keys: ['OPENAI_API_KEY'] },
  defaultModel: 'gpt-6-sol',
  launch: ({ model = '', prompt, mcp, api }) => ({
    args: ['run', '--no-session', '--quiet', '--output-format', 'stream-json', '--instructions', '-'],
    stdin: prompt,
    env: {
      OPENAI_API_KEY: api.key,
      OPENAI_HOST: api.origin,
      OPENAI_BASE_PATH: 'v1/chat/completions',
      GOOSE_PROVIDER: 'openai',
      GOOSE_MODEL: model,
      GOOSE_MODE: 'auto',
      GOOSE_DISABLE_KEYRING: '1',
      GOOSE_TELEMETRY_ENABLED: 'false',
    },
    files: {
      // every JSON document is a YAML document
      '.config/goose/config.yaml': json({
        GOOSE_PROVIDER: 'openai',
        GOOSE_MODEL: model,
        GOOSE_MODE: 'auto',
        extensions: {
          developer: { type: 'builtin', name: 'developer', enabled: false },
          [serverName]: {
            type: 'streamable_http',
            name: serverName,
            description: 'The cluster',
            enabled: true,
            uri: mcp.url,
            headers: headersOf(mcp),
            timeout: toolTimeoutMs / 1000,
          },
        },
      }),
    },
  }),
})
