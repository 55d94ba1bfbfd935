import { describe, expect, it } from 'vitest'
import type { CommandResult } from '../../harness/base/command.ts'
import { ended, neverRan, object, podOf, SampleCluster } from '../sample-cluster.ts'
import type { Verdict } from '../verifier.ts'
import { httpAnswers } from './http-answers.ts'
import { httpRefused } from './http-refused.ts'

const owner = object('statefulset', 'web', { spec: { selector: { matchLabels: { app: 'web' } } } })
const url = 'http://orders/'

describe('http-answers', () => {
  const rows: [string, object, string, RegExp][] = [
    ['takes any of 2xx', {}, 'HTTP/1.1 204 No Content\r\n\r\n', /^met/],
    [
      'takes no other status unless told',
      {},
      'HTTP/1.1 404 Not Found\r\n\r\nno such page',
      /^not-met .*the status is 404 \("no such page"\), not one of 2xx/,
    ],
    ['takes the statuses it is told', { status: [401, 403] }, 'HTTP/1.1 403 Forbidden\r\n\r\n', /^met/],
    [
      'wants what the body must hold',
      { body: 'ok' },
      'HTTP/1.1 200 OK\r\n\r\nbad',
      /^not-met .*does not hold "ok": "bad"/,
    ],
    ['wants what the body must match', { 'body-matches': '^"?ok' }, 'HTTP/1.1 200 OK\r\n\r\nx\n"ok', /^met/],
    [
      'refuses what the body must not hold',
      { 'body-lacks': 'error' },
      'HTTP/1.1 200 OK\r\n\r\nan error',
      /^not-met .*holds "error"/,
    ],
    [
      'wants headers',
      { header: { 'X-Version': '2' } },
      'HTTP/1.1 200 OK\r\nx-version: 1\r\n\r\n',
      /^not-met .*header X-Version is 1, not 2/,
    ],
  ]
  it.each(rows)('%s', async (_, params, wire, expected) => {
    expect(await asked(params, () => ended(0, wire))).toMatch(expected)
  })

  it('wants every one of several answers', async () => {
    let count = 0
    const turns = (argv: string[]): CommandResult => {
      if (argv[0] === 'curl') count++
      return ended(0, `HTTP/1.1 ${count === 3 ? 503 : 200} x\r\n\r\n`)
    }
    expect(await asked({ times: 3 }, turns)).toMatch(/^not-met .*status is 503/)
  })

  it('tells a broken workload from what could not be looked at', async () => {
    const lost = (): CommandResult => neverRan('error dialing backend: dial tcp: connection refused')
    expect(await asked({}, lost)).toMatch(/^unknown no command could be run in pod\/web-0: error dialing/)
    expect(await asked({}, lost, { phase: 'Failed', reason: 'Evicted' })).toMatch(
      /^not-met statefulset\/web has no running pod: pod\/web-0 has failed \(Evicted\)/,
    )
    expect(await asked({ container: 'side' }, lost)).toMatch(/^not-met pod\/web-0 has no container side; it has main/)
    expect(await asked({ from: undefined, url: 'http://10.0.0.1/' }, lost)).toMatch(
      /^unknown .*say from which workload/,
    )
  })
})

describe('http-refused', () => {
  const params = { from: 'statefulset/web', namespace: 'shop', url }
  const judged = async (more: object, exec: Exec): Promise<string> => {
    await using cluster = await SampleCluster.open({
      objects: [owner, podOf(owner, 'web-0')],
      exec: async (_, argv) => toolsOr(argv, exec),
    })
    return print(await cluster.ask(httpRefused, { ...params, ...more }))
  }

  it('is met by silence and refusal, and by no answer but those it is told', async () => {
    expect(await judged({}, () => ended(28, '', 'curl: (28) timed out'))).toMatch(/^met .*no answer in time/)
    expect(await judged({}, () => ended(7, '', 'curl: (7) Connection refused'))).toMatch(/^met .*refused/)
    expect(await judged({}, () => ended(0, 'HTTP/1.1 403 Forbidden\r\n\r\n'))).toMatch(/^not-met .*answered with 403/)
    expect(await judged({ status: [403] }, () => ended(0, 'HTTP/1.1 403 Forbidden\r\n\r\n'))).toMatch(/^met/)
  })

  it('does not take a name that nobody knows for a refusal', async () => {
    expect(await judged({}, () => ended(6, '', 'curl: (6) Could not resolve host'))).toMatch(
      /^not-met .*does not resolve/,
    )
  })
})

async function asked(params: object, exec: Exec, status?: Record<string, unknown>): Promise<string> {
  const pod = podOf(owner, 'web-0', status ? { status } : {})
  await using cluster = await SampleCluster.open({
    objects: [owner, pod],
    exec: async (_, argv) => toolsOr(argv, exec),
  })
  return print(await cluster.ask(httpAnswers, { from: 'statefulset/web', namespace: 'shop', url, ...params }))
}

type Exec = (argv: string[]) => CommandResult

/** The container has a shell and curl, if anything can be run in it at all. */
function toolsOr(argv: string[], exec: Exec): CommandResult {
  const isToolQuestion = argv[0] === 'sh' && (argv[2] ?? '').startsWith('for t in')
  const answer = exec(argv)
  return isToolQuestion && answer.exitCode !== undefined ? ended(0, 'sh\ncurl\n') : answer
}

function print({ status, because }: Verdict): string {
  return `${status} ${because}`
}
