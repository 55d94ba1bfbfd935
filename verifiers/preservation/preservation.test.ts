import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../harness/base/kube-client.ts'
import { judge, object, podOf } from '../sample-cluster.ts'
import type { Verifier } from '../verifier.ts'
import { disruptionBelow } from './disruption-below.ts'
import { identityKept } from './identity-kept.ts'
import { noRestarts } from './no-restarts.ts'
import { podsNotMoved } from './pods-not-moved.ts'
import { replicasKept } from './replicas-kept.ts'

const owner = object('statefulset', 'db', { spec: { replicas: 2, selector: { matchLabels: { app: 'db' } } } })
const settings = object('configmap', 'settings')
const before = [owner, settings, podOf(owner, 'db-0'), podOf(owner, 'db-1')]
const workload = { namespace: 'shop', workload: 'statefulset/db' }
const checks: [Verifier, object][] = [
  [identityKept, { objects: ['statefulset/db -n shop', 'cm/* -n shop'] }],
  [replicasKept, { objects: ['statefulset/* -n shop'] }],
  [noRestarts, workload],
  [podsNotMoved, workload],
  [disruptionBelow, { ...workload, unavailable: 0 }],
]

describe('protections', () => {
  it.each(checks)('$name holds while nothing changes', async (verifier, params) => {
    expect(await asked(verifier, params, before)).toMatch(/^met/)
  })

  it.each(checks.slice(0, 4))('$name is unknown where nobody knows how it was', async (verifier, params) => {
    expect(await judge(verifier, params, before)).toMatch(/^unknown/)
  })

  it('see what is gone, and what was made anew', async () => {
    const [, params] = checks[0] ?? []
    expect(await asked(identityKept, params ?? {}, [owner])).toBe('not-met configmap/settings -n shop is gone')
    const anew = { ...settings, metadata: { ...settings.metadata, uid: 'u2' } }
    expect(await asked(identityKept, params ?? {}, [owner, anew])).toMatch(/settings -n shop was deleted and made anew/)
    expect(await asked(identityKept, { objects: ['secret/none -n shop'] }, before)).toMatch(
      /^not-met nothing was called/,
    )
  })

  it('see workloads that ask for more or less', async () => {
    const scaled = { ...owner, spec: { ...(owner['spec'] as object), replicas: 1 } }
    expect(await asked(replicasKept, { objects: ['sts/* -n shop'] }, [scaled])).toMatch(
      /asks for 1 replicas, and did for 2/,
    )
  })

  it('see restarts and replacements of pods', async () => {
    const restarted = podOf(owner, 'db-1')
    restarted['status'] = { phase: 'Running', containerStatuses: [{ name: 'main', restartCount: 2 }] }
    expect(await asked(noRestarts, workload, [owner, podOf(owner, 'db-0'), restarted])).toMatch(
      /^not-met pod\/db-1 has restarted 2 times/,
    )
    expect(await asked(noRestarts, workload, [owner, podOf(owner, 'db-0')])).toMatch(/^not-met pod\/db-1 is gone/)
    const anew = podOf(owner, 'db-1', { metadata: { ...podOf(owner, 'db-1').metadata, uid: 'u2' } })
    expect(await asked(noRestarts, workload, [owner, podOf(owner, 'db-0'), anew])).toMatch(/^not-met pod\/db-1 is gone/)
    expect(await asked(podsNotMoved, workload, [owner, podOf(owner, 'db-0'), anew])).toMatch(/^met/)
  })

  it('see pods that moved', async () => {
    const moved = podOf(owner, 'db-1', { spec: { nodeName: 'node-2', containers: [] } })
    expect(await asked(podsNotMoved, workload, [owner, podOf(owner, 'db-0'), moved])).toBe(
      'not-met statefulset/db has 1 pods on node-1, and had 2',
    )
  })

  it('see that too many are away, even when fewer are asked for', async () => {
    const scaled = { ...owner, spec: { ...(owner['spec'] as object), replicas: 1 } }
    const now = [scaled, podOf(owner, 'db-0')]
    expect(await asked(disruptionBelow, { ...workload, unavailable: 0 }, now)).toMatch(
      /^not-met 1 of 2 pods of statefulset\/db are away/,
    )
    expect(await asked(disruptionBelow, { ...workload, unavailable: 1 }, now)).toMatch(/^met/)
  })
})

function asked(verifier: Verifier, params: object, now: KubeObject[]): Promise<string> {
  const baseline = { takenAt: '2026-11-20T12:00:00Z', objects: before, unreadable: [] }
  return judge(verifier, params, now, { context: { baseline } })
}
