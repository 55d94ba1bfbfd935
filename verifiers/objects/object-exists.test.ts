import { describe, expect, it } from 'vitest'
import { judge, object } from '../sample-cluster.ts'
import { objectAbsent } from './object-absent.ts'
import { objectExists } from './object-exists.ts'

const leaving = object('namespace', 'old', {
  metadata: { deletionTimestamp: '2026-11-20T10:00:00Z', finalizers: ['kubernetes'] },
})
const settings = object('configmap', 'settings')

describe('object-exists and object-absent', () => {
  it('say opposite things, but for what is being deleted', async () => {
    const there = { object: 'configmap/settings', namespace: 'shop' }
    const elsewhere = { object: 'configmap/settings', namespace: 'vault' }
    expect(await judge(objectExists, there, [settings])).toMatch(/^met/)
    expect(await judge(objectAbsent, there, [settings])).toMatch(/^not-met/)
    expect(await judge(objectExists, elsewhere, [settings])).toMatch(
      /^not-met there is no configmap\/settings in namespace vault/,
    )
    expect(await judge(objectAbsent, elsewhere, [settings])).toMatch(/^met/)
    expect(await judge(objectExists, { object: 'ns/old' }, [leaving])).toMatch(
      /^not-met .*is being deleted and waits for kubernetes/,
    )
    expect(await judge(objectAbsent, { object: 'ns/old' }, [leaving])).toMatch(
      /^not-met .*still held by the finalizers kubernetes/,
    )
  })
})
