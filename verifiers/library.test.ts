import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { packageRoot } from '../harness/base/package-root.ts'
import { parseContract } from '../harness/task/contract.ts'
import { describeVerifier, renderLibraryPage } from './describe-verifier.ts'
import { verifiers } from './library.ts'
import { askAll } from './run-checks.ts'
import { SampleCluster } from './sample-cluster.ts'

const all = Object.values(verifiers)

describe('the library', () => {
  it.each(all.map((verifier) => [verifier.name, verifier] as const))(
    '%s has an example that a contract may hold',
    (name, verifier) => {
      const checked = parseContract({ outcome: [parse(verifier.example)] }, verifiers)
      expect(checked.problems ?? []).toEqual([])
      expect(checked.value?.outcome[0]?.verifier).toBe(name)
    },
  )

  it.each(all.map((verifier) => [verifier.name, verifier] as const))(
    '%s says what it checks and what each parameter is',
    (name, verifier) => {
      const { summary, params } = describeVerifier(verifier)
      expect(name).toMatch(/^[a-z]+(-[a-z0-9]+)*$/)
      expect(summary).toMatch(/^[A-Z].*\.$/)
      for (const param of params) expect(param.description, `${name}.${param.name}`).toMatch(/\.$|\.\]?$|^[^.]+: .*/)
    },
  )

  it.each(all.map((verifier) => [verifier.name, verifier] as const))(
    '%s takes no field that it does not know',
    (_, verifier) => {
      const [known] = Object.values(parse(verifier.example) as Record<string, object>)
      expect(verifier.params.safeParse({ ...known, nonsense: 1 }).success).toBe(false)
    },
  )

  it('names every verifier once', () => {
    expect(Object.keys(verifiers)).toEqual(all.map(({ name }) => name))
    expect(new Set(all.map(({ summary }) => summary)).size).toBe(all.length)
  })

  it('is described in docs/verifiers.md as it is', async () => {
    const page = await readFile(path.join(packageRoot, 'docs/verifiers.md'), 'utf8')
    expect(page, 'write it anew: kubemend explain --markdown >docs/verifiers.md').toBe(renderLibraryPage(all))
  })

  it('says unknown, of whatever looks at a cluster, when there is none to look at', async () => {
    const cluster = await SampleCluster.open()
    await cluster[Symbol.asyncDispose]()
    const examples = all.map(({ example }) => parse(example) as Record<string, unknown>)
    const { value } = parseContract({ outcome: examples }, verifiers)
    const verdicts = await askAll(value?.outcome ?? [], cluster.context, verifiers)
    expect(verdicts.length).toBe(all.length)
    expect(verdicts.filter(({ status }) => status !== 'unknown')).toEqual([])
  })
})
