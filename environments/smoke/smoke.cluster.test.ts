import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createNodeProvider } from '../node/node-provider.ts'
import type { Cluster } from '../provider.ts'
import { findKubectl } from './find-kubectl.ts'
import { runSmoke, type SmokeResult } from './run-smoke.ts'
import { smokeSpec } from './smoke-spec.ts'
import { themes } from './themes.ts'

/** Every check runs on one cluster, several at once; each has a test that reports how it went. */
describe('the embedded provider makes conformant clusters', { timeout: 400_000 }, () => {
  let cluster: Cluster | undefined
  const results = new Map(
    themes.flatMap(({ theme, checks }) =>
      checks.map((check) => [`${theme}: ${check.name}`, Promise.withResolvers<SmokeResult>()]),
    ),
  )

  beforeAll(async () => {
    const spec = smokeSpec('smoke-suite')
    cluster = await createNodeProvider().create(spec, { owner: 'this-process' })
    const kubectl = await findKubectl(spec.kubernetes)
    const onResult = (result: SmokeResult): void => results.get(`${result.theme}: ${result.name}`)?.resolve(result)
    runSmoke(cluster, { themes, kubectl, onResult }).catch((error: unknown) => {
      for (const { reject } of results.values()) reject(error)
    })
    for (const { promise } of results.values()) promise.catch(() => undefined)
  }, 600_000)

  afterAll(async () => {
    await cluster?.destroy()
  })

  for (const { theme, checks } of themes) {
    describe(theme, () => {
      for (const { name } of checks) {
        it(name, async (test) => {
          const result = await results.get(`${theme}: ${name}`)!.promise
          if (result.status === 'skipped') test.skip(result.because)
          expect(result.because, `after ${result.ms} ms`).toBeUndefined()
        })
      }
    })
  }
})
