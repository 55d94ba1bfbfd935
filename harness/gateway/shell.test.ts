import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { expect, it, onTestFinished } from 'vitest'
import { runCommand } from '../base/command.ts'
import { createGateway } from './create-gateway.ts'
import type { GatewayEvent } from '../record/gateway-event.ts'

it('on a machine of its own, an agent gets a shell: its output, its exit code and its deadline', async () => {
  const events: GatewayEvent[] = []
  const gateway = await createGateway({
    tools: 'shell',
    callPrefix: 'call-2-',
    shell: (command, options) => runCommand(['bash', '-c', command], { ...options }),
    recorder: (event) => events.push(event),
  })
  onTestFinished(() => gateway.close())
  const { url, token } = await gateway.listen()
  const client = new Client({ name: 'test', version: '1' })
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }))
  onTestFinished(() => client.close())
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['bash', 'submit'])

  const bash = (args: Record<string, unknown>) => client.callTool({ name: 'bash', arguments: args })
  const said = await bash({ command: 'echo out; echo err >&2; exit 3' })
  expect(said.structuredContent).toEqual({ exitCode: 3, stdout: 'out\n', stderr: 'err\n' })
  const late = await bash({ command: 'echo early; sleep 60', timeoutSeconds: 1 })
  expect(late.structuredContent).toMatchObject({ exitCode: null, stdout: 'early\n' })
  expect(JSON.stringify(late.content)).toContain('ended after 1 s')

  const calls = events.filter((event) => event.type === 'tool-call-finished')
  expect(calls.map(({ call, outcome }) => [call, outcome])).toEqual([
    ['call-2-1', 'ran'],
    ['call-2-2', 'deadline'],
  ])
})
