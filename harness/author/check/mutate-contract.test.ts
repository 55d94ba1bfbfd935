import { describe, expect, it } from 'vitest'
import type { CheckVerdict } from '../../../verifiers/run-checks.ts'
import { stateOf, sampleDeployment } from '../../state/sample-objects.ts'
import { parseContract, type Contract } from '../../task/contract.ts'
import type { Evidence } from './evidence.ts'
import { judgeAgain } from './judge-again.ts'
import { mutateContract, type JudgedProbe } from './mutate-contract.ts'

const permissions = { cluster: [], namespaces: {} }

function contract(fields: Record<string, unknown> = {}): Contract {
  const { value, problems } = parseContract({ outcome: ['one', 'two'], ...fields })
  if (!value) throw new Error(JSON.stringify(problems))
  return value
}

/** A probe that failed what is listed and nothing else. */
function probe(name: string, ...failed: string[]): JudgedProbe {
  const verdict = (at: string, verifier: string): CheckVerdict => ({
    at,
    verifier,
    status: failed.includes(verifier) ? 'not-met' : 'met',
    because: '',
    durationMs: 0,
  })
  return {
    name,
    findings: {
      outcome: [verdict('outcome[0]', 'one'), verdict('outcome[1]', 'two')],
      preservation: [verdict('preserve', 'nothing-else-changed')],
      integrity: [],
    },
  }
}

function told(wrong: JudgedProbe[]): string[] {
  return mutateContract(contract(), { permissions, wrong, right: [] }).map(({ because }) => because)
}

describe('mutateContract', () => {
  it('is content when somebody gets through without each line', () => {
    expect(told([probe('a', 'one'), probe('b', 'two'), probe('c', 'nothing-else-changed')])).toEqual([])
  })

  it('reports a check that nobody failed', () => {
    expect(told([probe('a', 'one'), probe('c', 'nothing-else-changed')])).toEqual([
      'outcome[1] two is unproven: no probe failed it',
    ])
  })

  it('reports a check that was only failed together with another', () => {
    expect(told([probe('nop', 'one', 'two'), probe('a', 'one'), probe('c', 'nothing-else-changed')])).toEqual([
      'outcome[1] two is doubled: whoever failed it (nop) failed one as well',
    ])
  })

  it('reports what the contract allows and no correct repair needs', () => {
    const before = sampleDeployment('checkout')
    const after = sampleDeployment('checkout', { image: 'checkout:2' })
    const evidence: Evidence = {
      baseline: stateOf([before]),
      endState: stateOf([after]),
      findings: probe('oracle').findings,
      judgement: { differences: [], explained: [], violations: [], unknown: [] },
      audit: undefined,
    }
    const image = 'spec.template.spec.containers[*].image'
    const key = 'deployment/checkout -n shop'
    const wide = contract({ 'may-change': [{ [key]: [image, 'spec.replicas'] }], accept: ['restarted'] })
    expect(judgeAgain(evidence, wide, permissions).violations).toEqual([])
    const findings = mutateContract(wide, { permissions, wrong: [], right: [{ name: 'oracle', evidence }] })
    expect(findings.map(({ because }) => because)).toEqual([
      'outcome[0] one is unproven: no probe failed it',
      'outcome[1] two is unproven: no probe failed it',
      `may-change ${key}: no correct repair makes use of "spec.replicas"`,
      'accept: no correct repair makes use of "restarted"',
    ])
  })
})
