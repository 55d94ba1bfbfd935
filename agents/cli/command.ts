import { type CliDefinition, defineCli, json, mcpServers } from './define-cli.ts'

/**
 * Any program: the instruction on stdin and as a file, the gateway's address in the environment. It reaches a model only
 * through the address that `--base-url` names.
 */
export const command: CliDefinition = defineCli({
  name: 'command',
  maker: 'yours',
  install: { kind: 'program', program: '', how: 'name it: --agent command=./my-agent' },
  api: { provider: 'local', baseUrl: undefined, prefix: '', keys: ['KUBEMEND_MODEL_API_KEY'] },
  launch: ({ prompt, mcp, api, home }) => ({
    args: [],
    stdin: prompt,
    env: {
      KUBEMEND_MCP_URL: mcp.url,
      KUBEMEND_MCP_TOKEN: mcp.token,
      KUBEMEND_MCP_CONFIG: `${home}/mcp.json`,
      KUBEMEND_INSTRUCTION: `${home}/instruction.md`,
      KUBEMEND_MODEL_URL: api.url,
      KUBEMEND_MODEL_KEY: api.key,
    },
    files: {
      'instruction.md': prompt,
      'mcp.json': json(mcpServers(mcp, { type: 'http' })),
    },
  }),
})
