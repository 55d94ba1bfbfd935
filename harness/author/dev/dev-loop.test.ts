import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createFakeProvider } from '../../../environments/fake/fake-provider.ts'
import { verifiers } from '../../../verifiers/library.ts'
import { KubeClient } from '../../base/kube-client.ts'
import { loadTask } from '../../task/load-task.ts'
import { writeSampleTask } from '../../task/sample-task.ts'
import { runDevLoop } from './dev-loop.ts'
import { DevSession } from './dev-session.ts'

const checkout = '/apis/apps/v1/namespaces/shop/deployments/checkout'
const value = 'spec.template.spec.containers[name=app].env[name=ORDERS].value'
const contract = `outcome:
  - field-equals: { object: deployment/checkout, namespace: shop, path: "${value}", equals: "http://orders:8080" }
healthy:
  - field-equals: { object: deployment/checkout, namespace: shop, path: "${value}", equals: "http://orders:8080" }
`

describe("the author's loop", () => {
  let dir: string
  let task: string
  let session: DevSession
  let loop: Promise<void>
  const typed = new PassThrough()
  const provider = createFakeProvider()
  const shells: [string, string][] = []
  let output = ''

  /** What was printed since, once it holds a text. */
  async function printed(text: string | RegExp): Promise<string> {
    await vi.waitFor(() => expect(output).toMatch(text), { timeout: 20_000, interval: 20 })
    const seen = output
    output = ''
    return seen
  }

  async function save(file: string, change: (text: string) => string): Promise<void> {
    const place = path.join(task, file)
    await writeFile(place, change(await readFile(place, 'utf8')))
  }

  async function asAdmin<T>(act: (client: KubeClient) => Promise<T>): Promise<T> {
    using client = await KubeClient.fromKubeconfig(session.kubeconfigOf('admin'))
    return await act(client)
  }

  beforeAll(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'dev-loop-'))
    task = await writeSampleTask(path.join(dir, 'task'), { 'tests/contract.yaml': contract })
    session = await DevSession.open({
      task: await loadTask(task, { verifiers }),
      provider,
      verifiers,
      programs: { kubectl: 'kubectl', portal: 'portal' },
      hasSpare: true,
      signal: new AbortController().signal,
    })
    loop = runDevLoop({
      session,
      verifiers,
      lines: createInterface({ input: typed })[Symbol.asyncIterator](),
      print: (text) => {
        output += `${text}\n`
      },
      openShell: async (who, command) => {
        shells.push([who, command])
      },
      isHealthyFirst: false,
    })
  })
  afterAll(async () => {
    await session[Symbol.asyncDispose]()
    await rm(dir, { recursive: true })
  })

  test('begins with the broken world and its verdict', async () => {
    const said = await printed(/quit/)
    expect(said).toContain('a broken world is there')
    expect(said).toContain('NOT MET outcome[0] field-equals')
    expect(said).toContain('nothing protected changed')
    expect(said).toMatch(/^failed: /m)
  })

  test('shows what is not as it was as lines for the contract', async () => {
    await asAdmin((client) =>
      client.patch(
        checkout,
        {
          spec: {
            template: {
              spec: { containers: [{ name: 'app', env: [{ name: 'ORDERS', value: 'http://orders:8080' }] }] },
            },
          },
        },
        { contentType: 'application/strategic-merge-patch+json' },
      ),
    )
    typed.write('verdict\n')
    const said = await printed(/^(unsafe|failed|solved): /m)
    expect(said).toMatch(/^unsafe: fixed, but /m)
    expect(said).toContain(`may-change:\n  - deployment/checkout -n shop: ["${value}"]`)
  })

  test('judges again when a file is saved, by what it says now', async () => {
    await save('tests/contract.yaml', (text) => `${text}may-change:\n  - deployment/checkout -n shop: ["${value}"]\n`)
    const said = await printed(/^(unsafe|failed|solved): /m)
    expect(said).toContain('saved: tests/contract.yaml')
    expect(said).toMatch(/^solved: /m)
  })

  test('says of every difference why it may be', async () => {
    typed.write('diff\n')
    expect(await printed(/contract lets/)).toContain(
      `  deployment/checkout -n shop: ${value} changed from "http://orders:8081" to "http://orders:8080"\n      the contract lets`,
    )
  })

  test('words what is wrong with a saved file and goes on with what was', async () => {
    await save('tests/contract.yaml', (text) => text.replace('may-change', 'may-chnage'))
    expect(await printed(/may-chnage/)).toContain('did you mean may-change')
    await save('tests/contract.yaml', (text) => text.replace('may-chnage', 'may-change'))
    expect(await printed(/^(unsafe|failed|solved): /m)).toMatch(/^solved: /m)
  })

  test('resets to a world that nobody has touched, which was prepared meanwhile', async () => {
    await vi.waitFor(() => expect(provider.clusters.size).toBe(2))
    const spare = [...provider.clusters.keys()].at(-1)
    typed.write('reset\n')
    const said = await printed(/^(unsafe|failed|solved): /m)
    expect(said).toContain('nothing protected changed')
    expect(said).toMatch(/^failed: /m)
    expect(session.kubeconfigOf('admin')).toContain(String(spare))
  })

  test('goes back to what was before the fault, and breaks it again', async () => {
    typed.write('reset healthy\n')
    expect(await printed(/healthy\[0\]/)).toContain('met     healthy[0] field-equals')
    typed.write('break\n')
    expect(await printed(/^(unsafe|failed|solved): /m)).toMatch(/^failed: /m)
  })

  test('says when the world that is there is not the one of the files any more', async () => {
    await save('environment/fault/10-wrong-port.yaml', (text) => text.replace('8081', '8082'))
    expect(await printed(/^(unsafe|failed|solved): /m)).toContain('`reset` applies it')
    typed.write('reset\n')
    await printed(/^(unsafe|failed|solved): /m)
    const broken = await asAdmin((client) => client.find(checkout))
    expect(JSON.stringify(broken)).toContain('http://orders:8082')
  })

  test('opens shells as the agent and as the admin, with the command line as it was typed', async () => {
    typed.write("agent kubectl get pods -o  jsonpath='{.items[*]}'\nadmin\n")
    await vi.waitFor(() => expect(shells).toHaveLength(2))
    expect(shells).toEqual([
      ['agent', "kubectl get pods -o  jsonpath='{.items[*]}'"],
      ['admin', ''],
    ])
    expect(await readFile(session.kubeconfigOf('agent'), 'utf8')).toContain('oncall')
  })

  test('helps with a word that nobody knows', async () => {
    typed.write('verdcit\n')
    expect(await printed(/did you mean/)).toContain('did you mean verdict?')
  })

  test('ends at once when it is interrupted, whatever else was typed', async () => {
    const stop = new AbortController()
    const said: string[] = []
    await using short = await DevSession.open({
      task: await loadTask(task, { verifiers }),
      provider: createFakeProvider({ stepMs: 300 }),
      verifiers,
      programs: { kubectl: 'kubectl', portal: 'portal' },
      hasSpare: false,
      signal: stop.signal,
    })
    const lines = new PassThrough()
    lines.end('solve\nverdict\nreset\n')
    setTimeout(() => stop.abort(new Error('interrupted')), 100)
    await runDevLoop({
      session: short,
      verifiers,
      lines: createInterface({ input: lines })[Symbol.asyncIterator](),
      print: (text) => said.push(text),
      openShell: async () => undefined,
      isHealthyFirst: false,
    })
    expect(said).toEqual(['interrupted'])
  })

  test('leaves no cluster behind', async () => {
    typed.write('quit\n')
    await loop
    await session[Symbol.asyncDispose]()
    expect(provider.clusters.size).toBe(0)
  })
})
