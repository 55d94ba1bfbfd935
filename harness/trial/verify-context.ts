import path from 'node:path'
import type { Cluster } from '../../environments/provider.ts'
import { createLiveContext } from '../../verifiers/live-context.ts'
import type { VerifyContext } from '../../verifiers/verifier.ts'
import type { KubeClient } from '../base/kube-client.ts'
import type { ClusterState } from '../state/cluster-state.ts'
import { runAdminScript } from './run-admin-script.ts'
import type { TrialPrograms } from './trial-plan.ts'

/** The eyes of verifiers on a trial's cluster: the admin's. */
export function verifyContext(trial: {
  client: KubeClient
  cluster: Cluster
  programs: TrialPrograms
  taskDir: string
  signal: AbortSignal
  baseline?: ClusterState
  agentEndedAt?: Date
}): VerifyContext {
  const { client, programs, taskDir, signal, baseline, agentEndedAt } = trial
  const { kubeconfig } = trial.cluster
  return {
    ...createLiveContext({ client, signal }),
    baseline,
    ...(agentEndedAt === undefined ? {} : { agentEndedAt }),
    runScript: (file, { args = [], timeoutMs = 30_000 } = {}) =>
      runAdminScript({
        file: path.join('tests', file),
        taskDir,
        mountedAt: '/tests',
        args,
        kubeconfig,
        programs,
        timeoutMs,
        signal,
      }),
  }
}
