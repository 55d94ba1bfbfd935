import { describe, expect, it } from 'vitest'
import type { CommandResult } from '../../harness/base/command.ts'
import { dataKept } from '../preservation/data-kept.ts'
import { ended, judge, object, podOf } from '../sample-cluster.ts'
import { fileContent } from './file-content.ts'

const owner = object('statefulset', 'db', { spec: { selector: { matchLabels: { app: 'db' } } } })
const pod = podOf(owner, 'db-0')
const where = { workload: 'statefulset/db', namespace: 'shop' }

/** A container with one file. */
async function exec(_: object, argv: string[]): Promise<CommandResult> {
  if (argv[0] === 'sh') return ended(0, 'sh\ncat\n')
  if (argv.at(-1) === '/data/orders') return ended(0, '1001,paid\n')
  return ended(1, '', `cat: can't open '${argv.at(-1)}': No such file or directory\n`)
}

describe('file-content', () => {
  const digest = '8adf4e59d69ec2d93e76e2b7ff5f4e7b3a1c6d3b9c4a8d2d8b5f2a1e0c9d7f63'
  const rows: [string, object, RegExp][] = [
    ['is met by what it holds', { path: '/data/orders', contains: '1001' }, /^met/],
    ['does not count white space at the end', { path: '/data/orders', equals: '1001,paid' }, /^met/],
    ['shows what it holds instead', { path: '/data/orders', equals: '1002' }, /^not-met .*is "1001,paid", not "1002"/],
    ['matches lines', { path: '/data/orders', matches: '^\\d+,paid$' }, /^met/],
    ['compares digests', { path: '/data/orders', sha256: digest }, /^not-met .*another SHA-256/],
    [
      'tells why there is none',
      { path: '/data/none' },
      /^not-met there is no \/data\/none in pod\/db-0: cat: can't open/,
    ],
    ['may want that there is none', { path: '/data/none', absent: true }, /^met/],
    ['is not met by one that should not be', { path: '/data/orders', absent: true }, /^not-met/],
  ]
  it.each(rows)('%s', async (_, params, expected) => {
    expect(await judge(fileContent, { ...where, ...params }, [owner, pod], { exec })).toMatch(expected)
  })
})

describe('data-kept', () => {
  const rows: [string, object, RegExp][] = [
    ['is met by the true answer', { run: ['cat', '/data/orders'], equals: '1001,paid' }, /^met/],
    [
      'is not met by another',
      { run: ['cat', '/data/orders'], equals: '1001,open' },
      /^not-met the answer to cat \/data\/orders/,
    ],
    [
      'is not met by a query that fails',
      { run: ['cat', '/data/none'], equals: 'x' },
      /^not-met .*fails with 1: cat: can't open/,
    ],
    ['is unknown without an expectation', { run: ['cat', '/data/orders'] }, /^unknown/],
  ]
  it.each(rows)('%s', async (_, params, expected) => {
    expect(await judge(dataKept, { ...where, ...params }, [owner, pod], { exec })).toMatch(expected)
  })
})
