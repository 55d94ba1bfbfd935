import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NameMapping } from './name-mapping.ts'

describe('the mapping of recorded names', () => {
  it('pairs pods by what the rest of their lines says, not by their order', () => {
    const names = new NameMapping()
    names.learn(
      `NAME                   READY   STATUS             RESTARTS   AGE   IP
web-7d4b9c6f5d-2xkvq   0/1     CrashLoopBackOff   4          92s   10.244.0.7
web-7d4b9c6f5d-zz9p4   1/1     Running            0          2m    10.244.0.9`,
      `NAME                   READY   STATUS             RESTARTS   AGE   IP
web-7d4b9c6f5d-4bbcd   1/1     Running            0          9s    10.244.0.3
web-7d4b9c6f5d-wwxx2   0/1     CrashLoopBackOff   1          9s    10.244.0.4`,
    )
    expect(names.translate('logs web-7d4b9c6f5d-2xkvq -n shop').value).toBe('logs web-7d4b9c6f5d-wwxx2 -n shop')
    expect(
      names.translate(['exec', 'pod/web-7d4b9c6f5d-zz9p4', '--', 'wget', 'http://10.244.0.7:8080/']).value,
    ).toEqual(['exec', 'pod/web-7d4b9c6f5d-4bbcd', '--', 'wget', 'http://10.244.0.4:8080/'])
  })

  it('keeps a name that is there too', () => {
    const names = new NameMapping()
    names.learn(
      'pod/web-7d4b9c6f5d-2xkvq\npod/web-7d4b9c6f5d-bbbbb',
      'pod/web-7d4b9c6f5d-ccccc\npod/web-7d4b9c6f5d-2xkvq',
    )
    expect(names.translate('web-7d4b9c6f5d-2xkvq web-7d4b9c6f5d-bbbbb')).toEqual({
      value: 'web-7d4b9c6f5d-2xkvq web-7d4b9c6f5d-ccccc',
      unmapped: [],
    })
  })

  it('takes pods of another ReplicaSet by their workload where the template differs', () => {
    const names = new NameMapping()
    names.learn('web-7d4b9c6f5d-2xkvq Running', 'web-5c8f7b9d4-9k2lm Pending')
    expect(names.translate('web-7d4b9c6f5d-2xkvq').value).toBe('web-5c8f7b9d4-9k2lm')
  })

  it('says which names have no counterpart', () => {
    const names = new NameMapping()
    names.learn('web-7d4b9c6f5d-2xkvq Running\nweb-7d4b9c6f5d-bbbbb Running', 'web-7d4b9c6f5d-zzzzz Running')
    expect(names.translate({ args: 'delete pod web-7d4b9c6f5d-bbbbb' })).toEqual({
      value: { args: 'delete pod web-7d4b9c6f5d-bbbbb' },
      unmapped: ['web-7d4b9c6f5d-bbbbb'],
    })
  })

  it('leaves alone what only looks generated', () => {
    const names = new NameMapping()
    names.learn('service/web-http2', 'service/web-http2')
    expect(names.translate('get svc web-http2 other-http2')).toEqual({
      value: 'get svc web-http2 other-http2',
      unmapped: [],
    })
  })

  it('corrects a guess when a later answer knows better', () => {
    const names = new NameMapping()
    names.learn('web-7d4b9c6f5d-2xkvq Pending', 'web-7d4b9c6f5d-ccccc Running')
    names.learn('web-7d4b9c6f5d-2xkvq Running', 'web-7d4b9c6f5d-ddddd Running\nweb-7d4b9c6f5d-ccccc Terminating')
    expect(names.translate('web-7d4b9c6f5d-2xkvq').value).toBe('web-7d4b9c6f5d-ddddd')
  })

  it('brings resource versions and UIDs of an object that is sent back up to date', () => {
    const names = new NameMapping()
    names.learn(
      'metadata:\n  name: web\n  resourceVersion: "812"\n  uid: 0b0c7d2e-1111-4222-8333-444455556666',
      'metadata:\n  name: web\n  resourceVersion: "640"\n  uid: ffffffff-1111-4222-8333-444455556666',
    )
    expect(names.translate('  resourceVersion: "812"\n  uid: 0b0c7d2e-1111-4222-8333-444455556666').value).toBe(
      '  resourceVersion: "640"\n  uid: ffffffff-1111-4222-8333-444455556666',
    )
  })

  it('never gives two recorded pods the same name', () => {
    const suffix = fc.stringMatching(/^[bcdfghjklmnpqrstvwxz2456789]{5}$/)
    const pods = fc.uniqueArray(suffix, { minLength: 1, maxLength: 8 })
    const status = fc.constantFrom('Running', 'Pending', 'CrashLoopBackOff')
    fc.assert(
      fc.property(pods, pods, fc.array(status, { minLength: 16, maxLength: 16 }), (before, after, states) => {
        const lines = (all: string[], from: number): string[] =>
          all.map((s, i) => `web-7d4b9c6f5d-${s} ${states[from + i]}`)
        const names = new NameMapping()
        names.learn(lines(before, 0).join('\n'), lines(after, 8).join('\n'))
        const answers = before
          .map((s) => names.translate(`web-7d4b9c6f5d-${s}`))
          .filter(({ unmapped }) => unmapped.length === 0)
        expect(new Set(answers.map(({ value }) => value)).size).toBe(answers.length)
        expect(answers.length).toBe(Math.min(before.length, after.length))
      }),
    )
  })
})
