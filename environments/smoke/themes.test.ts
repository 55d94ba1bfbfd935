import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageRoot } from '../../harness/base/package-root.ts'
import { themes } from './themes.ts'

const checks = themes.flatMap(({ theme, checks: all }) => all.map((check) => ({ theme, check })))

describe('the smoke checks', () => {
  it('have names of their own', () => {
    const names = checks.map(({ theme, check }) => `${theme}: ${check.name}`)
    expect(names.length).toBeGreaterThanOrEqual(60)
    expect(new Set(names).size).toBe(names.length)
  })

  it('are all in docs/smoke.md, and nothing else is', async () => {
    const text = await readFile(path.join(packageRoot, 'docs/smoke.md'), 'utf8')
    const documented = [...text.matchAll(/^- (.*)$/gm)].map(([, line]) => line)
    expect(documented).toEqual(
      checks.map(({ check }) => check.name + (check.needs ? ` (needs ${check.needs.join(', ')})` : '')),
    )
  })
})
