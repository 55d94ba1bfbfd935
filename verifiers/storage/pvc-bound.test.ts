import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../harness/base/kube-client.ts'
import { judge, object } from '../sample-cluster.ts'
import { pvcBound } from './pvc-bound.ts'

const claim = (volumeName: string, uid = 'u1', phase = 'Bound'): KubeObject =>
  object('pvc', 'data', {
    metadata: { uid },
    spec: { volumeName, storageClassName: 'fast' },
    status: { phase, capacity: { storage: '1Gi' } },
  })
const volumes = [object('pv', 'pv-1'), object('pv', 'pv-2')]
const params = { namespace: 'shop', name: 'data' }
const baseline = { takenAt: '2026-11-20T12:00:00Z', objects: [claim('pv-1')], unreadable: [] }

describe('pvc-bound', () => {
  it('is met by a claim with its volume', async () => {
    expect(
      await judge(pvcBound, { ...params, capacity: '1024Mi', class: 'fast' }, [claim('pv-1'), ...volumes]),
    ).toMatch(/^met/)
    expect(await judge(pvcBound, { ...params, capacity: '2Gi' }, [claim('pv-1'), ...volumes])).toMatch(
      /^not-met .*has 1Gi, not 2Gi/,
    )
    expect(await judge(pvcBound, { ...params, class: 'slow' }, [claim('pv-1'), ...volumes])).toMatch(
      /^not-met .*of class fast, not slow/,
    )
    expect(await judge(pvcBound, params, [claim('pv-9'), ...volumes])).toMatch(
      /^not-met .*pv\/pv-9, which does not exist/,
    )
  })

  it('tells what the cluster says of one that waits', async () => {
    const event = object('event', 'data.1', { message: 'storageclass "none" not found', involvedObject: { uid: 'u1' } })
    expect(await judge(pvcBound, params, [claim('', 'u1', 'Pending'), event])).toBe(
      'not-met pvc/data is Pending: storageclass "none" not found',
    )
  })

  it('is not met by a claim made anew, nor by another volume', async () => {
    const options = { context: { baseline } }
    expect(await judge(pvcBound, params, [claim('pv-1'), ...volumes], options)).toMatch(/^met/)
    expect(await judge(pvcBound, params, [claim('pv-1', 'u2'), ...volumes], options)).toMatch(/^not-met .*made anew/)
    expect(await judge(pvcBound, params, [claim('pv-2'), ...volumes], options)).toMatch(
      /^not-met .*pv-2, and was to pv\/pv-1/,
    )
    expect(
      await judge(pvcBound, { ...params, 'may-replace': true }, [claim('pv-2', 'u2'), ...volumes], options),
    ).toMatch(/^met/)
  })
})
