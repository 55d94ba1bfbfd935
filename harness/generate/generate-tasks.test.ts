import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { verifiers } from '../../verifiers/library.ts'
import { parse } from 'yaml'
import { allowed, parseMayChange } from '../state/may-change.ts'
import { parseContract } from '../task/contract.ts'
import { lintInstruction } from '../author/check/lint-instruction.ts'
import { differencesOf } from './compare-objects.ts'
import { composeCandidate, goTogether, type Candidate } from './compose.ts'
import { difficultyOf } from './difficulty.ts'
import { draftTask } from './draft-task.ts'
import { generateTasks } from './generate-tasks.ts'
import { findTwin, likeness, nearDuplicate, shapeOf } from './similarity.ts'
import { splitOfKind, splitOfModel } from './split.ts'
import { summarizeGeneration } from './summarize-generation.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'generate-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const perWorld = 4

/** Some candidates of a seed, without those that found no place. */
function candidatesOf(seed: string, count: number): Candidate[] {
  return Array.from({ length: count }, (_, index) => composeCandidate(index, { seed, perWorld })).flatMap((made) =>
    'refused' in made ? [] : [made],
  )
}

async function filesBelow(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name))
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  return Object.fromEntries(files.map((file, i) => [path.relative(folder, file), texts[i] ?? '']))
}

const generate = (out: string, more: { count?: number; seed?: string } = {}): ReturnType<typeof generateTasks> => {
  const seed = more.seed ?? 'test'
  const compose = { seed, perWorld }
  return generateTasks({ count: more.count ?? 6, seed, perWorld, out, compose, verifiers, say: () => undefined })
}

describe('candidates', () => {
  it('are the same for the same seed and index, whatever the seed', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.nat(60), (seed, index) => {
        const [once, again] = [composeCandidate(index, { seed, perWorld }), composeCandidate(index, { seed, perWorld })]
        if ('refused' in once || 'refused' in again) expect(again).toEqual(once)
        else expect(draftTask(again).files).toEqual(draftTask(once).files)
      }),
      { numRuns: 12 },
    )
  })

  const some = candidatesOf('properties', 72)

  it('mostly find what their operator needs', () => {
    expect(some.length).toBeGreaterThan(60)
  })

  it('share neither worlds nor kinds of faults with another part', () => {
    for (const { split, world, faults } of some) {
      expect(splitOfModel[world.model]).toBe(split)
      for (const { operator } of faults) expect(splitOfKind[operator.kind]).toBe(split)
    }
    expect(new Set(some.map(({ split }) => split)).size).toBe(3)
  })

  it('have one to three faults, which can be told apart', () => {
    expect(new Set(some.map(({ faults }) => faults.length))).toEqual(new Set([1, 2, 3]))
    for (const { faults } of some) {
      for (const a of faults) for (const b of faults) if (a !== b) expect(goTogether(a, b)).toBe(true)
    }
  })

  it('have faults that hide or block others, and are called harder for it', () => {
    const depending = some.filter(({ dependencies }) => dependencies.length > 0)
    expect(depending.length).toBeGreaterThan(0)
    for (const candidate of depending) {
      const { points } = difficultyOf(candidate)
      expect(points).toBeGreaterThan(difficultyOf({ ...candidate, dependencies: [] }).points)
    }
    expect(new Set(some.map((candidate) => difficultyOf(candidate).difficulty)).size).toBe(3)
  })

  it('tell stories that do not name their cause', () => {
    const told = some.flatMap((candidate) =>
      lintInstruction(draftTask(candidate).files['instruction.md'] ?? '', {
        difficulty: difficultyOf(candidate).difficulty,
        repairs: differencesOf(candidate.broken, candidate.repaired),
      }),
    )
    expect(told.map(({ because }) => because)).toEqual([])
  })

  it('are broken, and a repair changes only what their contract lets it change', () => {
    for (const candidate of some) {
      const { released, broken, repaired } = candidate
      expect(differencesOf(released, broken)).not.toEqual([])
      const { value } = parseContract(parse(draftTask(candidate).files['tests/contract.yaml'] ?? ''), verifiers)
      const allowances = parseMayChange(value?.mayChange ?? {})
      const repair = differencesOf(broken, repaired)
      expect(repair).not.toEqual([])
      expect(repair.filter((difference) => !allowed(difference, allowances))).toEqual([])
    }
  })
})

describe('near-duplicates', () => {
  it('are the same faults in worlds that differ in names only, or not even in them', () => {
    const [first] = candidatesOf('twins', 4) as [Candidate, ...Candidate[]]
    const renamed = JSON.parse(JSON.stringify(first).replaceAll(first.world.name, 'anothername')) as Candidate
    renamed.faults = first.faults
    expect(likeness(shapeOf(first), shapeOf(renamed))).toBeGreaterThan(nearDuplicate)
    expect(findTwin(shapeOf(renamed), [{ shape: shapeOf(first) }])?.likeness).toBeGreaterThan(nearDuplicate)
  })

  it('are not other faults in the same world', () => {
    const group = candidatesOf('siblings', 4).filter(({ faults }) => faults.length === 1)
    for (const a of group) {
      for (const b of group) {
        if (a.faults[0]?.operator !== b.faults[0]?.operator)
          expect(findTwin(shapeOf(a), [{ shape: shapeOf(b) }])).toBeUndefined()
      }
    }
  })
})

describe('generating', () => {
  it('writes the same bytes for the same seed, and other tasks for another', async () => {
    await generate(path.join(dir, 'a'))
    await generate(path.join(dir, 'b'))
    await generate(path.join(dir, 'c'), { seed: 'other' })
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => filesBelow(path.join(dir, name))))
    expect(b).toEqual(a)
    expect(Object.keys(c ?? {}).toSorted()).not.toEqual(Object.keys(a ?? {}).toSorted())
  })

  it('goes on where it was, and refuses to go on with something else', async () => {
    const three = await generate(dir, { count: 3 })
    const six = await generate(dir, { count: 6 })
    expect(six.candidates.slice(0, three.candidates.length)).toEqual(three.candidates)
    expect(six.candidates.filter(({ verdict }) => verdict === 'drafted').length).toBe(6)
    await expect(generate(dir, { seed: 'other' })).rejects.toThrow(/begun with .*"test"/)
  })

  it('counts what was accepted, and why the rest was not', async () => {
    const { candidates, worlds } = await generate(dir, { count: 12 })
    const summary = summarizeGeneration(candidates, worlds)
    expect(summary.accepted).toBe(12)
    expect(summary.candidates).toBe(candidates.length)
    expect(Object.values(summary.refused).reduce((a, b) => a + b, 0)).toBe(candidates.length - 12)
    expect(summary.proving).toBeUndefined()
  })

  it('says what a proven task costs, and ten thousand of them', () => {
    const line = {
      candidate: 0,
      split: 'train' as const,
      operators: ['image-that-is-nowhere'],
      probes: [{ agent: 'nop', expected: 'failed', outcome: 'failed', wallMs: 1 }],
    }
    const world = { world: 0, wallMs: 60_000, cpuMs: 36_000, clusters: 1, resets: 3, failedResets: 0 }
    const summary = summarizeGeneration(
      [
        { ...line, verdict: 'proven' },
        { ...line, candidate: 1, verdict: 'proven' },
        { ...line, candidate: 2, verdict: 'refused', reason: 'oracle-failed' },
      ],
      [world],
    )
    expect(summary.refused).toEqual({ 'oracle-failed': 1 })
    expect(summary.proving).toMatchObject({ proven: 2, cpuSecondsPerProven: 18, tenThousand: { cpuHours: 50 } })
    expect(summary.operators.proven).toBe(1)
  })
})
