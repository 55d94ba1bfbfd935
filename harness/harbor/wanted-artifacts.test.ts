import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wantedArtifacts } from './wanted-artifacts.ts'

describe('what is kept of a task', () => {
  it('is what main publishes, and what the task names', () => {
    expect(
      wantedArtifacts([
        '/app/a.txt',
        { source: '/var/log/', service: 'web', destination: 'web/logs', exclude: ['*.gz'] },
      ]),
    ).toEqual([
      { source: '/logs/artifacts', service: 'main', destination: 'logs/artifacts', exclude: [], isAsked: false },
      { source: '/app/a.txt', service: 'main', destination: 'app/a.txt', exclude: [], isAsked: true },
      { source: '/var/log', service: 'web', destination: 'web/logs', exclude: ['*.gz'], isAsked: true },
    ])
  })

  it('is what the task says of what main publishes, where it says more', () => {
    const [first, ...others] = wantedArtifacts([{ source: '/logs/artifacts/', exclude: ['cache'] }])
    expect([first?.exclude, first?.isAsked, others]).toEqual([['cache'], true, []])
  })

  it('lies below the folder for it, whatever the task says', () => {
    const part = fc.constantFrom('..', '.', '', 'a', 'b')
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const [, wanted] = wantedArtifacts([{ source: '/x', destination: parts.join('/'), exclude: [] }])
        expect(wanted?.destination).toMatch(/^(\.|[ab](\/[ab])*)$/)
      }),
    )
  })
})
