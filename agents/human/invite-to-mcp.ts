/** How a person gets their own MCP client into a trial. */
export function inviteToMcp({ url, token }: { url: string; token: string }): string {
  const headers = { Authorization: `Bearer ${token}` }
  const json = (document: unknown): string => JSON.stringify(document, undefined, 2).replaceAll('\n', '\n    ')
  return `The cluster is broken and yours, over MCP (streamable HTTP, from this machine only):

    URL    ${url}
    token  ${token}

Claude Code:

    claude mcp add --transport http cluster ${url} --header "Authorization: Bearer ${token}"

A client with a JSON file (mcpServers):

    ${json({ mcpServers: { cluster: { type: 'http', url, headers } } })}

VS Code (.vscode/mcp.json):

    ${json({ servers: { cluster: { type: 'http', url, headers } } })}

The MCP Inspector:

    npx @modelcontextprotocol/inspector --cli ${url} --header "Authorization: Bearer ${token}" --method tools/list

The trial ends when your client calls submit.
`
}
