import { describe, expect, it } from 'vitest'
import type { Difference } from '../../state/difference.ts'
import { lintInstruction } from './lint-instruction.ts'

const object = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'checkout' }
const url: Difference = {
  object,
  path: 'spec.template.spec.containers[name=app].env[name=ORDERS_URL].value',
  kind: 'changed',
  before: 'http://orders:80/',
  after: 'http://orders:8080/',
}

function because(text: string, repairs: Difference[] = [url], difficulty: 'easy' | 'medium' = 'easy'): string[] {
  return lintInstruction(text, { difficulty, repairs }).map((finding) => finding.because)
}

describe('lintInstruction', () => {
  it('lets a story name the broken workload and what it talks to', () => {
    expect(
      because('Nobody can order. The log of `checkout` in namespace `shop` says so; leave `orders` alone.'),
    ).toEqual([])
  })

  it('finds what of a value the repair changes', () => {
    expect(because('Orders listens on 8080 these days.')).toEqual([
      'the story says "8080", which is part of the repair of deployment/checkout -n shop: "Orders listens on 8080 these days."',
    ])
  })

  it('does not take a number inside another word for it', () => {
    expect(because('Ticket 18080 has the details, version 1.8080 too.')).toEqual([])
  })

  it('finds a field with a name that nobody says by chance', () => {
    const change: Difference = { object, path: 'spec.publishNotReadyAddresses', kind: 'added', after: true }
    expect(because('Somebody removed publishNotReadyAddresses.', [change])).toHaveLength(1)
  })

  it('finds the object together with a common field in one sentence, not in two', () => {
    const change: Difference = { object, path: 'spec.replicas', kind: 'changed', before: 0, after: 2 }
    expect(because('The replicas of checkout are wrong.', [change])).toEqual([
      'the story names deployment/checkout -n shop and its replicas: "The replicas of checkout are wrong."',
    ])
    expect(because('The checkout is down. Keep the replicas of others.', [change])).toEqual([])
  })

  it('lets a story name objects that are part of what is broken, and not those that only the repair leads to', () => {
    const change = (before: string, after: string): Difference => ({
      ...url,
      path: 'spec.template.spec.containers[name=app].env[name=URL].value',
      before,
      after,
    })
    const names = new Set(['orders-v1', 'orders-v2'])
    const told = lintInstruction('Calls to orders-v1 fail since orders-v2 is there.', {
      difficulty: 'easy',
      repairs: [change('http://orders-v1/', 'http://orders-v2/')],
      names,
    })
    expect(told.map((finding) => finding.because)).toEqual([
      expect.stringContaining('"orders-v2", which is part of the repair'),
    ])
  })

  it('wants medium tasks sparse: few words and no commands', () => {
    const long = Array.from({ length: 300 }, () => 'word').join(' ')
    expect(because(long, [], 'medium')).toEqual(["a medium task's story has at most 260 words, this has 300"])
    expect(because(long, [])).toEqual([])
    expect(because('See kubectl get pods.', [], 'medium')).toEqual([
      'a medium task\'s story gives no commands, this says "kubectl get"',
    ])
  })
})
