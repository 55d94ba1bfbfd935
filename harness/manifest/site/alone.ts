import type { KubeClient } from '../../base/kube-client.ts'

/** Who judges in a cluster now: any number beside each other, or one alone. */
interface Presence {
  others: number
  isAlone: boolean
  waiting: { isAlone: boolean; enter: () => void }[]
}

const presences = new WeakMap<KubeClient, Presence>()

/**
 * Enters a cluster to judge in it, beside others or alone, first come first served; leaves it when disposed of. What could
 * change what others see is only ever tried alone.
 */
export async function enterCluster(client: KubeClient, { isAlone }: { isAlone: boolean }): Promise<Disposable> {
  let presence = presences.get(client)
  if (!presence) presences.set(client, (presence = { others: 0, isAlone: false, waiting: [] }))
  const here = presence
  const { promise, resolve } = Promise.withResolvers<void>()
  here.waiting.push({ isAlone, enter: resolve })
  letIn(here)
  await promise
  return {
    [Symbol.dispose]() {
      if (isAlone) here.isAlone = false
      else here.others--
      letIn(here)
    },
  }
}

/** Lets in whoever is next, and after them all who may be there too. */
function letIn(presence: Presence): void {
  for (let next = presence.waiting[0]; next; next = presence.waiting[0]) {
    if (presence.isAlone || (next.isAlone && presence.others > 0)) return
    presence.waiting.shift()
    if (next.isAlone) presence.isAlone = true
    else presence.others++
    next.enter()
  }
}
