import { execInPod } from '../harness/base/exec-in-pod.ts'
import type { KubeClient } from '../harness/base/kube-client.ts'
import type { VerifyContext } from './verifier.ts'

/** The eyes of an admin on any live cluster, without a trial around it. */
export function createLiveContext(options: {
  client: KubeClient
  workspace?: string | undefined
  signal: AbortSignal
}): VerifyContext {
  const { client, workspace, signal } = options
  return {
    client,
    baseline: undefined,
    workspace,
    signal,
    execInPod: (pod, argv, { timeoutMs = 15_000 } = {}) =>
      execInPod(client.access, pod, argv, { signal, timeoutMs, maxBytes: keptBytes }),
  }
}

/** What is kept of what a command in a pod prints; more than any check looks at. */
const keptBytes = 4 * 2 ** 20
