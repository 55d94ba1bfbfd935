import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { runCommand } from '../../harness/base/command.ts'
import { startCli } from '../../harness/job/cli-process.ts'
import { readTrajectory } from '../../harness/record/atif-reader.ts'
import { sampleTask, writeSampleTask } from '../../harness/task/sample-task.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'human-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

it('a person repairs with an MCP client of their own, and is recorded and judged like any agent', async () => {
  const task = await writeWorkspaceTask(path.join(dir, 'task'))
  const cli = startCli(['run', task, '--agent', 'human=mcp', '--out', dir, '--json'], {})
  onTestFinished(() => cli.kill('SIGKILL'))
  const [, url = ''] = await cli.until(/URL +(http:\S+)/)
  const [, token = ''] = await cli.until(/token +(\S+)/)
  expect(cli.said).toContain('Customers cannot check out')

  const client = new Client({ name: 'their-editor', version: '1' })
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }))
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name)).toContain('submit')
  await client.callTool({ name: 'read_file', arguments: { path: 'web.yaml' } })
  await client.callTool({ name: 'write_file', arguments: { path: 'web.yaml', content: manifest(2) } })
  await client.callTool({ name: 'submit', arguments: { summary: 'there were no replicas' } })
  await client.close()

  const { exitCode } = await cli.ended
  const { trials } = JSON.parse(cli.stdout) as { trials: { outcome: string; dir: string; because: string }[] }
  expect(trials, cli.said).toMatchObject([{ outcome: 'solved' }])
  expect(exitCode).toBe(0)
  const { steps } = await readTrajectory(path.join(trials[0]?.dir ?? '', 'agent/trajectory.json'))
  expect(steps.flatMap((step) => step.tool_calls ?? []).map((call) => call.function_name)).toEqual([
    'read_file',
    'write_file',
    'submit',
  ])
  expect(JSON.stringify(steps)).not.toContain(token)
})

it("a person's shell has kubectl and submit, which are calls of the gateway, and nothing of this machine", async () => {
  const calls = path.join(dir, 'calls.jsonl')
  await writeFile(calls, '')
  const program = path.join(dir, 'person.ts')
  const openShell = path.join(import.meta.dirname, 'open-shell.ts')
  await writeFile(
    program,
    `import { appendFileSync } from 'node:fs'
import { openShell } from ${JSON.stringify(openShell)}
const client = {
  callTool: async (name, args) => {
    appendFileSync(${JSON.stringify(calls)}, JSON.stringify({ name, args }) + '\\n')
    if (name === 'submit') return { content: [{ type: 'text', text: 'Submitted.' }] }
    return { content: [], structuredContent: { stdout: 'web 0/0\\n', stderr: '', exitCode: args.args[0] === 'get' ? 0 : 7 } }
  },
}
const end = await openShell({ client, instruction: 'Repair it.', signal: AbortSignal.timeout(60_000) })
console.log('END ' + JSON.stringify(end))
`,
  )
  const typed = [
    'kubectl get deployments',
    'echo "kind: ConfigMap" >/tmp/a.yaml; kubectl apply -f /tmp/a.yaml; echo "it said $?"',
    `ls ${dir} /work; env | grep -c SECRET`,
    'submit there were no replicas',
    'echo still here',
    'exit',
  ]
  // a terminal for it: what is typed comes after the prompt
  const line = `${process.execPath} --disable-warning=ExperimentalWarning ${program}`
  const { stdout } = await runCommand(['script', '--quiet', '--return', '--command', line, '/dev/null'], {
    stdin: `${typed.join('\n')}\n`,
    env: { SECRET: 'of the machine', SHELL: '/bin/sh' },
    timeoutMs: 60_000,
  })
  expect(stdout).toContain('Repair it.')
  expect(stdout).toContain('web 0/0')
  expect(stdout).toContain('it said 7')
  expect(stdout).toMatch(/ls: cannot access '\/work'/)
  expect(stdout).toMatch(/^0\s*$/m)
  expect(stdout).toContain('END {"reason":"submitted"}')
  const made = (await readFile(calls, 'utf8')).trim().split('\n')
  expect(made.map((text) => JSON.parse(text) as unknown)).toEqual([
    { name: 'kubectl', args: { args: ['get', 'deployments'] } },
    { name: 'kubectl', args: { args: ['apply', '-f', '-'], stdin: 'kind: ConfigMap\n' } },
    { name: 'submit', args: { summary: 'there were no replicas' } },
  ])
})

function manifest(replicas: number): string {
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web, namespace: shop }\nspec:\n  replicas: ${replicas}\n`
}

function writeWorkspaceTask(target: string): Promise<string> {
  const none = Object.keys(sampleTask).filter((file) => /^environment\/(world|fault|cluster)/.test(file))
  return writeSampleTask(target, {
    ...Object.fromEntries(none.map((file) => [file, undefined])),
    'task.toml': sampleTask['task.toml']?.replace('kind = "repair"', 'kind = "workspace"'),
    'environment/workspace/web.yaml': manifest(0),
    'solution/solve.sh': '#!/bin/bash\nsed -i "s/replicas: 0/replicas: 2/" web.yaml\n',
    'tests/contract.yaml':
      'outcome:\n  - file-equals: { path: web.yaml, contains: "replicas: 2" }\nmay-change:\n  - file/web.yaml: [spec.replicas]\n',
  })
}
