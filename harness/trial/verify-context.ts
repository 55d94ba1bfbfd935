import type { Cluster } from '../../environments/provider.ts'
import type { VerifyContext } from '../../verifiers/verifier.ts'
import { runCommand } from '../base/command.ts'
import type { KubeClient } from '../base/kube-client.ts'
import type { ClusterState } from '../state/cluster-state.ts'
import type { TrialPrograms } from './trial-plan.ts'

/** The eyes of verifiers on a trial's cluster: the admin's. */
export function verifyContext(trial: {
  client: KubeClient
  cluster: Cluster
  programs: TrialPrograms
  baseline: ClusterState | undefined
  workspace: string | undefined
  signal: AbortSignal
}): VerifyContext {
  const { kubectl } = trial.programs
  const { kubeconfig } = trial.cluster
  return {
    client: trial.client,
    kubeconfig,
    kubectl,
    baseline: trial.baseline,
    workspace: trial.workspace,
    signal: trial.signal,
    execInPod: (pod, argv, options = {}) =>
      runCommand(
        [
          kubectl,
          '--kubeconfig',
          kubeconfig,
          'exec',
          '--namespace',
          pod.namespace,
          pod.name,
          ...(pod.container === undefined ? [] : ['--container', pod.container]),
          ...(options.stdin === undefined ? [] : ['--stdin']),
          '--',
          ...argv,
        ],
        {
          signal: trial.signal,
          timeoutMs: options.timeoutMs ?? 15_000,
          ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
        },
      ),
  }
}
