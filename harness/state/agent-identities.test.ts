import { describe, expect, it } from 'vitest'
import { agentIdentities } from './agent-identities.ts'
import { sampleEvent } from './sample-audit.ts'
import { sample, stateOf } from './sample-objects.ts'
import { indexState } from './state-index.ts'

const agent = 'system:serviceaccount:default:oncall'
const operator = 'system:serviceaccount:shop:operator'
const pod = sample('v1', 'Pod', 'operator-1', { spec: { serviceAccountName: 'operator' } })
const withKey = sample('v1', 'Pod', 'operator-1', {
  spec: {
    serviceAccountName: 'operator',
    volumes: [{ name: 'keys', projected: { sources: [{ serviceAccountToken: { path: 'key' } }] } }],
  },
})

/** Whether a command in the operator's pod makes what the operator writes the agent's. */
function takes(command: string[], options: { subresource?: string; code?: number } = {}, entered = pod): boolean {
  const query = command.map((word) => `command=${encodeURIComponent(word)}`).join('&')
  const uri = `/api/v1/namespaces/shop/pods/operator-1/exec?container=main&${query}&stdout=true`
  const event = sampleEvent(agent, 'get', entered, { subresource: 'exec', code: 101, uri, ...options })
  return agentIdentities([event], agent, [indexState(stateOf([entered]))]).has(operator)
}

describe('the account of a pod that the agent entered', () => {
  it.each([
    [['sh']],
    [['sh', '-c', 'ls']],
    [['env', 'sh', '-c', 'ls']],
    [['curl', 'http://localhost']],
    [['./cat', 'file']],
    [['/data/cat', 'file']],
    [['cat', '/var/run/secrets/kubernetes.io/serviceaccount/token']],
    [['tail', '-c', '+1', '/run/secrets/kubernetes.io/serviceaccount/..data/token']],
    [['tail', '-c', '+4096', '/proc/1/mem']],
    [[]],
  ])('is the agent’s after %j', (command) => {
    expect(takes(command)).toBe(true)
  })

  it.each([
    [['cat', '/etc/operator/config.yaml']],
    [['/bin/ls', '-l', '/etc']],
    [['/usr/bin/tail', '-n', '5', '/var/log/operator.log']],
    [['env']],
    [['ps', 'aux']],
  ])('is its own after %j, which can only look', (command) => {
    expect(takes(command)).toBe(false)
  })

  it('is the agent’s after any look where its token is in a file of another name', () => {
    expect(takes(['cat', '/keys/key'])).toBe(false)
    expect(takes(['cat', '/keys/key'], {}, withKey)).toBe(true)
  })

  it('is the agent’s when it attached, and its own when it was not let in', () => {
    expect(takes([], { subresource: 'attach' })).toBe(true)
    expect(takes(['sh'], { code: 403 })).toBe(false)
  })
})
