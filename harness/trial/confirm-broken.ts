import { askAll, type CheckVerdict } from '../../verifiers/run-checks.ts'
import type { VerifyContext } from '../../verifiers/verifier.ts'
import { sleep } from '../base/clock.ts'
import type { Contract } from '../task/contract.ts'
import { TrialFault } from './trial-fault.ts'
import type { TrialSession } from './trial-session.ts'

/** The task's own outcome checks must say that it is broken, before anybody is asked to repair it. */
export async function confirmBroken(session: TrialSession, contract: Contract, context: VerifyContext): Promise<void> {
  const ask = (): Promise<CheckVerdict[]> => askAll(contract.outcome, context, session.plan.verifiers)
  let verdicts = await ask()
  // a connection that broke says nothing about the task
  for (let again = 0; again < 3 && verdicts.some(({ status }) => status === 'unknown'); again++) {
    await sleep(1_000, context.signal)
    verdicts = await ask()
  }
  session.recordVerdicts('broken-before', verdicts)
  const unknown = verdicts.find((verdict) => verdict.status === 'unknown')
  if (unknown) throw new TrialFault('task', 'not-judgeable', `${unknown.at} ${unknown.verifier}: ${unknown.because}`)
  if (verdicts.every((verdict) => verdict.status === 'met')) {
    throw new TrialFault('task', 'not-broken', 'the outcome is met before the agent begins')
  }
}
