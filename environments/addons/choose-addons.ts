import { addons } from './addon.ts'
import type { Addons } from './install-addons.ts'
import { upstreamNetworkPolicy, whyNotUpstream } from './network-policy/upstream.ts'

/** The add-ons for this machine: upstream's network policy enforcer where it can run, our own where it cannot. */
export async function chooseAddons(): Promise<Addons> {
  return (await whyNotUpstream()) === undefined ? { ...addons, 'network-policy': upstreamNetworkPolicy } : addons
}
