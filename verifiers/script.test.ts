import { describe, expect, it } from 'vitest'
import { ended, judge } from './sample-cluster.ts'
import { script } from './script.ts'

describe('script', () => {
  const rows: [string, ReturnType<typeof ended>, RegExp][] = [
    [
      '0 is met, with what it said last',
      ended(0, 'looking\nthe ledger adds up\n'),
      /^met check\.sh: the ledger adds up$/,
    ],
    ['1 is not met', ended(1, '', 'two orders are lost\n'), /^not-met check\.sh: two orders are lost$/],
    ['anything else is unknown', ended(127, '', 'kubectl: not found'), /^unknown check\.sh ended with 127/],
    [
      'whose object is gone is not met',
      ended(2, 'looking', 'Error from server (NotFound): configmaps "ledger" not found\n'),
      /^not-met check\.sh: Error from server \(NotFound\): configmaps "ledger" not found$/,
    ],
    [
      'whose kind is gone is not met',
      ended(2, '', `error: the server doesn't have a resource type "shops"\n`),
      /^not-met check\.sh: error: the server/,
    ],
    ['that cannot reach the server is unknown', ended(2, '', 'Unable to connect to the server'), /^unknown/],
    [
      'no end is unknown',
      { ...ended(0), exitCode: undefined, isTimedOut: true },
      /^unknown check\.sh did not end within 30s/,
    ],
  ]
  it.each(rows)('%s', async (_, result, expected) => {
    expect(await judge(script, { file: 'check.sh' }, [], { context: { runScript: async () => result } })).toMatch(
      expected,
    )
  })

  it('cannot be run where there is no sandbox', async () => {
    expect(await judge(script, { file: 'check.sh' }, [])).toMatch(/^unknown/)
  })

  it('is a file of the tests folder and no other', () => {
    for (const file of ['/etc/passwd', '../solve.sh', 'a/../../b'])
      expect(script.params.safeParse({ file }).success).toBe(false)
  })
})
