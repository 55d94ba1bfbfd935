import { describe, expect, it } from 'vitest'
import { sampleEvent } from '../state/sample-audit.ts'
import { sample, sampleDeployment } from '../state/sample-objects.ts'
import { identity } from './identity.ts'
import { hasActed } from './judge.ts'

const pod = sample('v1', 'Pod', 'web-1')
const web = sampleDeployment('web')

describe('whether an agent acted', () => {
  it.each(['exec', 'attach', 'portforward'])('counts %s, which is a get over a WebSocket', (subresource) => {
    expect(hasActed([sampleEvent(identity.user, 'get', pod, { subresource, code: 101 })])).toBe(true)
    expect(hasActed([sampleEvent(identity.user, 'create', pod, { subresource, code: 101 })])).toBe(true)
  })

  it.each(['get', 'list', 'watch'])('does not count %s', (verb) => {
    const looks = [sampleEvent(identity.user, verb, web), sampleEvent(identity.user, verb, pod, { subresource: 'log' })]
    expect(hasActed(looks)).toBe(false)
  })

  it('counts writes of the agent, whatever it is called, and nobody else’s', () => {
    const write = sampleEvent('agent-elsewhere', 'patch', web)
    expect(hasActed([write])).toBe(false)
    expect(hasActed([write], 'agent-elsewhere')).toBe(true)
  })
})
