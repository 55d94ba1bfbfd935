import type { Cluster } from '../../environments/provider.ts'
import { sleep } from '../base/clock.ts'

/** Looks after a cluster while an agent works: nobody repairs a cluster that lost a component. */
export interface HealthWatch extends AsyncDisposable {
  /** Aborted as soon as the cluster is no longer whole. */
  readonly lost: AbortSignal
}

export function watchHealth(cluster: Cluster, intervalMs = 1_000): HealthWatch {
  const lost = new AbortController()
  const end = new AbortController()
  const look = async (): Promise<void> => {
    while (!end.signal.aborted) {
      const broken = await cluster.brokenBecause()
      if (broken !== undefined) return lost.abort(new Error(broken))
      await sleep(intervalMs, end.signal).catch(() => undefined)
    }
  }
  const looking = look().catch(() => undefined)
  return {
    lost: lost.signal,
    async [Symbol.asyncDispose]() {
      end.abort()
      await looking
    },
  }
}
