import { askAll } from '../../verifiers/run-checks.ts'
import type { VerifyContext } from '../../verifiers/verifier.ts'
import type { Contract } from '../task/contract.ts'
import { TrialFault } from './trial-fault.ts'
import type { TrialSession } from './trial-session.ts'

/** The task's own outcome checks must say that it is broken, before anybody is asked to repair it. */
export async function confirmBroken(session: TrialSession, contract: Contract, context: VerifyContext): Promise<void> {
  const verdicts = await askAll(contract.outcome, context, session.plan.verifiers)
  session.recordVerdicts('broken-before', verdicts)
  const unknown = verdicts.find((verdict) => verdict.status === 'unknown')
  if (unknown) throw new TrialFault('task', 'not-judgeable', `${unknown.at} ${unknown.verifier}: ${unknown.because}`)
  if (verdicts.every((verdict) => verdict.status === 'met')) {
    throw new TrialFault('task', 'not-broken', 'the outcome is met before the agent begins')
  }
}
