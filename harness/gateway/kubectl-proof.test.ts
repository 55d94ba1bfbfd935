import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import net, { type AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runCommand, type CommandResult } from '../base/command.ts'
import { startApiRelay, type ApiRelay, type Pass } from './api-relay.ts'
import { checkKubectl } from './check-kubectl.ts'
import { startFakeApiServer, type FakeApiServer } from './fake-api-server.ts'
import { testKubectl } from './find-test-kubectl.ts'
import table from './kubectl-flags.json' with { type: 'json' }
import { hostileSpellings } from './kubectl-spellings.ts'
import { parseKubectl, toArgv, type KubectlCommand } from './parse-kubectl.ts'
import { Refusal } from './refusal.ts'
import { splitWords } from './split-words.ts'

/**
 * What the scanner lets through is given to the real kubectl, in the agent's own spelling and in ours, amid traps: a server
 * that nobody may call, files nobody may read, programs nobody may start.
 */
describe.skipIf(testKubectl === undefined)('what the scanner accepts, the real kubectl reads the same way', () => {
  let dir: string
  let evil: net.Server
  let contacts = 0
  let evilUrl: string
  let fake: FakeApiServer
  let relay: ApiRelay
  let pass: Pass

  beforeAll(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'proof-'))
    evil = net.createServer((socket) => {
      contacts++
      socket.destroy()
    })
    await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve))
    evilUrl = `http://127.0.0.1:${(evil.address() as AddressInfo).port}`
    fake = await startFakeApiServer()
    relay = await startApiRelay(() => undefined)
    relay.connect(fake.access)
    pass = relay.admit('proof')
    await setTraps()
  })

  afterAll(async () => {
    await relay[Symbol.asyncDispose]()
    await fake[Symbol.asyncDispose]()
    await new Promise((resolve) => evil.close(resolve))
    await rm(dir, { recursive: true, force: true })
  })

  beforeEach(async () => {
    await clearMarks()
    contacts = 0
  })

  test('the traps work: unscanned, kubectl walks into each of them', async () => {
    await run(['get', 'pods', `-As${evilUrl}`])
    expect(contacts).toBeGreaterThan(0)
    await run(['get', 'pods', `--kubeconfig=${at('evil-kubeconfig')}`])
    expect(contacts).toBeGreaterThan(1)
    await run(['apply', '-f', `${evilUrl}/x.yaml`])
    const read = await run(['create', 'configmap', 'x', '--dry-run=client', '-oyaml', `--from_file=${at('canary')}`])
    expect(read.stdout).toContain('CANARY')
    await run(['evil', 'x'], 30_000)
    expect(await readdir(at('marks'))).toContain('plugin')
    await run(['edit', 'pod', 'web'], 30_000)
    expect(await readdir(at('marks'))).toContain('editor')
  })

  test('hostile spellings with a real target are refused', () => {
    for (const spelling of Object.values(hostileSpellings).flat()) {
      if (typeof spelling !== 'string' || !spelling.includes('https://10.0.0.1')) continue
      const split = splitWords(spelling.replaceAll('https://10.0.0.1', evilUrl))
      expect(split instanceof Refusal ? split : judge(split.words), spelling).toBeInstanceOf(Refusal)
    }
  })

  test('random command lines', { timeout: 1_200_000 }, async () => {
    const runs = Number(process.env['KUBEMEND_PROOF_RUNS'] ?? 20)
    let accepted = 0
    const property = fc.asyncProperty(commandLine(evilUrl, at('canary'), at('evil-kubeconfig')), async (words) => {
      const command = judge(words)
      fc.pre(!(command instanceof Refusal))
      accepted++
      const ours = await observe(toArgv(command))
      const theirs = await observe(words)
      expect(contacts, 'the evil server was called').toBe(0)
      expect(await readdir(at('marks')), 'a program was started').toEqual([])
      expect(await readdir(at('cwd')), 'a file was written').toEqual([])
      for (const seen of [ours, theirs]) expect(seen.output).not.toContain('CANARY')
      expect(ours.requests).toEqual(theirs.requests)
      expect(ours.exitCode).toBe(theirs.exitCode)
    })
    await fc.assert(property, { numRuns: runs, maxSkipsPerRun: 1000, endOnFailure: true })
    expect(accepted).toBeGreaterThanOrEqual(runs)
  })

  function at(name: string): string {
    return path.join(dir, name)
  }

  async function observe(argv: readonly string[]): Promise<{ requests: string[]; output: string; exitCode: unknown }> {
    fake.requests.length = 0
    const result = await run(argv)
    const requests = fake.requests
      .map(
        ({ method, path: asked, body }) =>
          `${method} ${sortedQuery(asked)} ${body.replace(/\d{4}-\d\d-\d\dT[\d:]+/g, 'now')}`,
      )
      .filter((asked) => !/^GET \/(api|apis|openapi)(\/v[13]|\/apps\/v1)?\?/.test(asked))
    return { requests: requests.toSorted(), output: result.stdout + result.stderr, exitCode: result.exitCode }
  }

  /** What waits for input or events is ended; what is only slow, on a loaded machine, is not. */
  async function run(argv: readonly string[], timeoutMs = 5_000): Promise<CommandResult> {
    return runCommand([testKubectl!, ...argv], {
      cwd: at('cwd'),
      inheritEnv: false,
      env: {
        HOME: at('home'),
        KUBECONFIG: at('pass'),
        KUBECACHEDIR: at('cache'),
        KUBERC: 'off',
        PATH: `${at('plugins')}:/usr/bin:/bin`,
        EDITOR: at('plugins/editor'),
        KUBE_EDITOR: at('plugins/editor'),
        KUBECTL_EXTERNAL_DIFF: at('plugins/differ'),
        MARKS: at('marks'),
        TMPDIR: at('home'),
        CANARY: 'CANARY in the environment',
      },
      stdin: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n',
      timeoutMs,
      killAfterMs: 100,
    })
  }

  async function setTraps(): Promise<void> {
    for (const name of ['home/.kube', 'marks', 'plugins', 'cwd']) await mkdir(at(name), { recursive: true })
    const kubeconfig = pass.plainKubeconfig.replace(/"server":"[^"]*"/, `"server":"${evilUrl}"`)
    await writeFile(at('pass'), pass.plainKubeconfig)
    await writeFile(at('evil-kubeconfig'), kubeconfig)
    await writeFile(at('home/.kube/config'), kubeconfig)
    await writeFile(at('canary'), 'CANARY: in a file\n')
    const script = (mark: string): string => `#!/bin/sh\ntouch "$MARKS/${mark}"\n`
    for (const name of ['kubectl-evil', 'kubectl-create-evil', 'kubectl-shop', 'kubectl-json']) {
      await writeFile(at(`plugins/${name}`), script('plugin'), { mode: 0o755 })
    }
    for (const name of ['editor', 'differ']) await writeFile(at(`plugins/${name}`), script(name), { mode: 0o755 })
  }

  async function clearMarks(): Promise<void> {
    await rm(at('marks'), { recursive: true })
    await mkdir(at('marks'))
  }
})

if (testKubectl === undefined) {
  test('the scanner is proven', (ctx) => ctx.skip('no kubectl in PATH, and KUBEMEND_TEST_KUBECTL names none'))
}

function judge(words: readonly string[]): Refusal | KubectlCommand {
  const command = parseKubectl(words)
  return command instanceof Refusal ? command : (checkKubectl(command) ?? command)
}

/** kubectl writes selectors in the random order of Go's maps. */
function sortedQuery(asked: string): string {
  const [place = '', query = ''] = asked.split('?')
  return `${place}?${decodeURIComponent(query).split(/[&,=]/).toSorted().join('&')}`
}

/** A real command with up to four flags of any command and odd words, spelled in any way, put anywhere. */
function commandLine(evilUrl: string, file: string, kubeconfig: string): fc.Arbitrary<string[]> {
  const base = fc.constantFrom(...baseCommands)
  const value = fc.constantFrom(
    ...oddValues,
    evilUrl,
    file,
    kubeconfig,
    `go-template-file=${file}`,
    `jsonpath-file=${file}`,
    `-,${file}`,
    `x=${file}`,
  )
  const flags = [...new Set(Object.values(table).flatMap(({ flags: words }) => words.split(' ')))].filter(
    (word) => !/watch|follow|wait|interactive|timeout|grace|leave-stdin|pod-running/.test(word),
  )
  const suspects = flags.filter((word) =>
    /server|kubeconfig|token|--as|context|file|output|user|client|cache|raw/.test(word),
  )
  const flag = fc.oneof(fc.constantFrom(...flags), fc.constantFrom(...suspects))
  const use = fc
    .tuple(flag, value, fc.nat(7), fc.constantFrom('', 'A', 'R', 'i', 'q'))
    .map(([word, v, spelling, cluster]) => {
      const [, letter, name = ''] = /^(?:-(.),)?--([^=]+)=?$/.exec(word) ?? []
      const odd = spelling % 2 === 0 ? name : name.replaceAll('-', '_')
      if (letter !== undefined && spelling > 3) {
        const short = `-${cluster}${letter}`
        return [[`${short}${v}`], [short, v], [`${short}=${v}`], [short]][spelling - 4]!
      }
      return [[`--${odd}=${v}`], [`--${odd}`, v], [`--${odd}`], [`--${odd}=${v}`]][spelling % 4]!
    })
  const extra = fc.oneof({ weight: 6, arbitrary: use }, { weight: 1, arbitrary: value.map((v) => [v]) })
  return fc.tuple(base, fc.array(fc.tuple(extra, fc.nat(8)), { maxLength: 4 })).map(([text, extras]) => {
    const words = text.split(' ')
    for (const [more, position] of extras) words.splice(Math.min(position, words.length), 0, ...more)
    return words
  })
}

const baseCommands = `
get pods|get pod web|describe pod web|logs web|apply -f -|create -f -|delete pod web --wait=false|label pod web a=b
annotate pod web a=b|patch pod web -p {}|scale deploy web --replicas=1|version|set env deploy/web A=b
create configmap x --from-literal=a=b|create role r --verb=get --resource=pods|auth can-i get pods
config current-context|config get-contexts|api-resources|get|create|help get|rollout history deploy web
rollout restart deploy web|expose pod web --port=80|top pods|cluster-info|run x --image=y|explain pods
create token default|taint node n a=b:NoSchedule|evil x|create evil x`
  .trim()
  .split(/[|\n]/)

const oddValues = 'shop|-|--|-n||json|yaml|true|false|=|web|5|9|jsonpath={.kind}|--server|get'.split('|')
