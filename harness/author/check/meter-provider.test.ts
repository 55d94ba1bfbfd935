import { describe, expect, it } from 'vitest'
import type { Cluster, CreateOptions, Provider } from '../../../environments/provider.ts'
import { meterProvider } from './meter-provider.ts'

/** Clusters that cost 1500 ms each and say in which order they were asked. */
class Costly {
  readonly #asked: string[]
  readonly name = 'costly'
  constructor(asked: string[]) {
    this.#asked = asked
  }
  async usage(): Promise<{ cpuMs: number; pssMb: number; processes: number }> {
    this.#asked.push('usage')
    return { cpuMs: 1500, pssMb: 0, processes: 0 }
  }
  async snapshot(): Promise<void> {
    this.#asked.push('snapshot')
  }
  async destroy(): Promise<void> {
    this.#asked.push('destroy')
  }
  async [Symbol.asyncDispose](): Promise<void> {
    return this.destroy()
  }
}

const options: CreateOptions = { owner: 'this-process' }

describe('meterProvider', () => {
  it('counts what each cluster cost once, before it ends, and leaves the rest of it as it is', async () => {
    const asked: string[] = []
    const made = async (): Promise<Cluster> => new Costly(asked) as unknown as Cluster
    const metered = meterProvider({ name: 'fake', create: made, restore: made } as unknown as Provider)
    const first = await metered.provider.create({} as Cluster['spec'], options)
    await first.snapshot('key')
    await first.destroy()
    {
      await using second = await metered.provider.restore('key', 'name', options)
      expect(second.name).toBe('costly')
    }
    expect(asked).toEqual(['usage', 'snapshot', 'destroy', 'usage', 'destroy'])
    expect(metered.cpuMs()).toBeGreaterThanOrEqual(3000)
    expect(metered.provider.name).toBe('fake')
  })
})
