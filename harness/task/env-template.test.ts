import { describe, expect, it } from 'vitest'
import { hostVariables, resolveEnv } from './env-template.ts'

describe('resolveEnv', () => {
  it('fills in values that are a template as a whole, as Harbor does', () => {
    const env = { A: '${HOST}', B: '${GONE:-fallback}', C: 'http://${HOST}/x', D: '${GONE:-}', E: 'plain' }
    expect(resolveEnv(env, { HOST: 'h' }, 'verifier.env')).toEqual({
      A: 'h',
      B: 'fallback',
      C: 'http://${HOST}/x',
      D: '',
      E: 'plain',
    })
    expect(hostVariables(env)).toEqual(['HOST', 'GONE', 'GONE'])
  })

  it('reports all variables that are missing', () => {
    expect(() => resolveEnv({ A: '${X}', B: '${Y}' }, {}, 'solution.env')).toThrow(
      'solution.env.A: the environment variable X is not set and has no default\n' +
        'solution.env.B: the environment variable Y is not set and has no default',
    )
  })
})
