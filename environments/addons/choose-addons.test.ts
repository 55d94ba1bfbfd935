import { afterEach, expect, test, vi } from 'vitest'
import { addons } from './addon.ts'
import { chooseAddons } from './choose-addons.ts'
import { upstreamNetworkPolicy, whyNotUpstream } from './network-policy/upstream.ts'

afterEach(() => vi.unstubAllEnvs())

test('without a registry, network policy is enforced by our own program', async () => {
  vi.stubEnv('KUBEMEND_OFFLINE', '1')
  expect(await whyNotUpstream()).toContain('kube-network-policies')
  expect(await chooseAddons()).toEqual(addons)
})

test('upstream’s enforcer names the image it runs, and needs no boot rules, which it would never lift', () => {
  expect(upstreamNetworkPolicy.images).toEqual([expect.stringContaining('/kube-network-policies:v')])
  expect(upstreamNetworkPolicy.bootRules).toBeUndefined()
})
