import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { parseContract, type VerifierParams } from './contract.ts'

const verifiers: VerifierParams = {
  'http-answers': { params: z.strictObject({ url: z.string(), retries: z.int().default(3) }) },
  'nothing-restarted': { params: z.strictObject({}) },
}

describe('parseContract', () => {
  it('gives every check its parameters as the verifier understands them, and its place', () => {
    const { value } = parseContract(
      {
        outcome: [{ 'http-answers': { url: 'x' } }],
        healthy: ['nothing-restarted'],
        invariants: [{ 'nothing-restarted': null }],
        within: '2m',
        'stable-for': '10s',
        accept: ['probe-removed'],
        forbid: ['get secrets -n vault'],
      },
      verifiers,
    )
    expect(value).toMatchObject({
      outcome: [{ verifier: 'http-answers', params: { url: 'x', retries: 3 }, at: 'outcome[0]' }],
      healthy: [{ verifier: 'nothing-restarted', params: {}, at: 'healthy[0]' }],
      invariants: [{ verifier: 'nothing-restarted', params: {}, at: 'invariants[0]' }],
      withinMs: 120_000,
      stableForMs: 10_000,
      accept: ['probe-removed'],
      forbid: ['get secrets -n vault'],
    })
  })

  it('adds up what several entries allow for one object', () => {
    const { value } = parseContract({
      outcome: ['a'],
      'may-change': [
        { 'deployment/web -n shop': ['spec.replicas'], 'pod/debug-* -n shop': ['created'] },
        { 'deployment/web -n shop': ['spec.template'] },
      ],
      'may-grant': [{ 'system:serviceaccount:shop:reporter': ['get,list pods -n shop'] }],
    })
    expect(value?.mayChange).toEqual({
      'deployment/web -n shop': ['spec.replicas', 'spec.template'],
      'pod/debug-* -n shop': ['created'],
    })
    expect(value?.mayGrant).toEqual({ 'system:serviceaccount:shop:reporter': ['get,list pods -n shop'] })
  })

  it('answers a contract or problems, and never throws, whatever it is given', () => {
    const key = fc.constantFrom(
      'outcome',
      'may-change',
      'may-grant',
      'within',
      'accept',
      'forbid',
      'symptom',
      '__proto__',
    )
    const document = fc.dictionary(
      key,
      fc.oneof(fc.jsonValue(), fc.array(fc.dictionary(fc.string(), fc.array(fc.string())))),
    )
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), document), (given) => {
        const { value, problems } = parseContract(given, verifiers)
        expect(value === undefined).toBe(problems !== undefined)
        if (problems) expect(problems.length).toBeGreaterThan(0)
      }),
    )
  })
})
