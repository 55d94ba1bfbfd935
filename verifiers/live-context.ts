import { runCommand } from '../harness/base/command.ts'
import type { KubeClient } from '../harness/base/kube-client.ts'
import type { VerifyContext } from './verifier.ts'

/** The eyes of an admin on any live cluster, without a trial around it. */
export function createLiveContext(options: {
  client: KubeClient
  kubeconfig: string
  /** The context of the kubeconfig; its current one unless told. */
  kubeContext?: string | undefined
  /** Where kubectl is; asked when something is first run in a pod. */
  findKubectl: () => Promise<string>
  workspace?: string | undefined
  signal: AbortSignal
}): VerifyContext {
  const { client, kubeconfig, findKubectl, signal } = options
  let kubectl: Promise<string> | undefined
  const access = ['--kubeconfig', kubeconfig, ...(options.kubeContext ? ['--context', options.kubeContext] : [])]
  return {
    client,
    kubeconfig,
    baseline: undefined,
    workspace: options.workspace,
    signal,
    execInPod: async ({ namespace, name, container }, argv, { stdin, timeoutMs = 15_000 } = {}) => {
      kubectl ??= findKubectl()
      return runCommand(
        [
          await kubectl,
          ...access,
          'exec',
          '--namespace',
          namespace,
          name,
          ...(container === undefined ? [] : ['--container', container]),
          ...(stdin === undefined ? [] : ['--stdin']),
          '--',
          ...argv,
        ],
        { signal, timeoutMs, maxBytes: keptBytes, ...(stdin === undefined ? {} : { stdin }) },
      )
    },
  }
}

/** What is kept of what a command in a pod prints; more than any check looks at. */
const keptBytes = 4 * 2 ** 20
