import type { CommandResult } from '../../harness/base/command.ts'
import type { KubeClient, KubeObject } from '../../harness/base/kube-client.ts'
import { fieldOf, listAt, textAt } from '../../harness/state/json.ts'
import { isVerdict, notMet, unknown, type Verdict, type VerifyContext } from '../verifier.ts'
import { chooseRunning, findWorkload } from '../workloads/find-pods.ts'
import { troubleOf } from '../workloads/pod-trouble.ts'

/** A running container that a check looks from. Nothing is installed in it, and nothing of the visit stays. */
export interface EnteredContainer {
  /** As sentences name it: `pod/web-5d4f`. */
  name: string
  pod: KubeObject
  namespace: string
  container: string
  /** Which of the known programs its image has. */
  tools: ReadonlySet<string>
  /** Runs a command to its end; a verdict when it could not be run at all. */
  run(argv: string[], options?: { timeoutMs?: number }): Promise<CommandResult | Verdict>
}

/** Programs that checks can make use of. */
const knownTools = 'sh bash curl wget python3 node nc timeout getent cat env sha256sum'.split(' ')

/** Enters a container of a workload's running pod. */
export async function enterContainer(
  context: VerifyContext,
  at: { workload: string; namespace: string; container?: string | undefined },
): Promise<EnteredContainer | Verdict> {
  const workload = await findWorkload(context, at.workload, at.namespace)
  if (isVerdict(workload)) return workload
  const pod = chooseRunning(workload)
  if (isVerdict(pod)) return pod
  return enterPod(context, pod, at.container)
}

/** Enters a container of a pod that is at hand. */
export async function enterPod(
  context: VerifyContext,
  pod: KubeObject,
  wanted?: string,
): Promise<EnteredContainer | Verdict> {
  const containers = listAt(pod, 'spec', 'containers').map((one) => textAt(one, 'name') ?? '')
  const name = `pod/${pod.metadata.name}`
  const container = wanted ?? containers[0] ?? ''
  if (!containers.includes(container)) {
    return notMet(`${name} has no container ${container}; it has ${containers.join(', ')}`)
  }
  const trouble = troubleOfContainer(pod, container)
  if (trouble !== undefined) return notMet(`${name} ${trouble}`)
  const namespace = pod.metadata.namespace ?? 'default'
  const run: EnteredContainer['run'] = (argv, options) =>
    runIn(context, { namespace, name: pod.metadata.name, container }, argv, options)
  const tools = await toolsOf(context.client, pod, container, run)
  return isVerdict(tools) ? tools : { name, pod, namespace, container, tools, run }
}

/** Unknown: the image has none of the programs that it takes. */
export function lacksTools({ name, container }: EnteredContainer, purpose: string, tools: string): Verdict {
  return unknown(`container ${container} of ${name} cannot be asked to ${purpose}: its image has none of ${tools}`)
}

/** A command that the container's image does not have ends with 127; that none could be run at all is told apart from it. */
async function runIn(
  context: VerifyContext,
  at: { namespace: string; name: string; container: string },
  argv: string[],
  options: { timeoutMs?: number } = {},
): Promise<CommandResult | Verdict> {
  const result = await context.execInPod(at, argv, options)
  context.signal.throwIfAborted()
  if (result.exitCode !== undefined) return result
  if (isMissing(result)) return { ...result, exitCode: 127 }
  const pod = await context.client.find(`/api/v1/namespaces/${at.namespace}/pods/${at.name}`, {
    signal: context.signal,
  })
  const trouble = pod === undefined ? 'is gone' : troubleOfContainer(pod, at.container)
  if (trouble !== undefined) return notMet(`pod/${at.name} ${trouble}`)
  const said = result.stderr.trim().split('\n').at(-1) ?? ''
  return unknown(
    result.isTimedOut
      ? `a command in pod/${at.name} did not end in time`
      : `no command could be run in pod/${at.name}: ${said.slice(0, 300)}`,
  )
}

/** What keeps a container from being entered, where that is its own fault. */
function troubleOfContainer(pod: KubeObject, container: string): string | undefined {
  const phase = textAt(pod, 'status', 'phase')
  if (phase !== 'Running') return troubleOf(pod) ?? `is ${phase ?? 'not running'}`
  const status = listAt(pod, 'status', 'containerStatuses').find((one) => textAt(one, 'name') === container)
  if (fieldOf(status, 'state', 'running') !== undefined) return undefined
  return troubleOf(pod) ?? `does not run its container ${container}`
}

function isMissing({ stderr }: CommandResult): boolean {
  return /executable file not found|no such file or directory: unknown|exec format error/.test(stderr)
}

/** Programs do not come and go while a container lives, so each container is asked once. */
async function toolsOf(
  client: KubeClient,
  pod: KubeObject,
  container: string,
  run: EnteredContainer['run'],
): Promise<ReadonlySet<string> | Verdict> {
  const status = listAt(pod, 'status', 'containerStatuses').find((one) => textAt(one, 'name') === container)
  const key = `${pod.metadata.uid}/${container}/${textAt(status, 'containerID')}`
  let known = toolsByClient.get(client)
  if (!known) toolsByClient.set(client, (known = new Map()))
  const remembered = known.get(key)
  if (remembered) return remembered
  const found = await findTools(run)
  if (!isVerdict(found)) known.set(key, found)
  return found
}

const toolsByClient = new WeakMap<KubeClient, Map<string, ReadonlySet<string>>>()

async function findTools(run: EnteredContainer['run']): Promise<ReadonlySet<string> | Verdict> {
  const script = `for t in ${knownTools.join(' ')}; do command -v $t >/dev/null 2>&1 && echo $t; done; wget --version 2>/dev/null | head -n 1; :`
  const asked = await run(['sh', '-c', script])
  if (isVerdict(asked)) return asked
  if (asked.exitCode === 0) {
    const lines = asked.stdout.split('\n').map((line) => line.trim())
    const isGnuWget = lines.some((line) => line.startsWith('GNU Wget'))
    return new Set([...lines.filter((line) => knownTools.includes(line)), ...(isGnuWget ? ['gnu-wget'] : [])])
  }
  const tools = new Set<string>()
  for (const tool of ['curl', 'python3', 'node', 'cat', 'env', 'getent']) {
    const tried = await run([tool, '--version'])
    if (isVerdict(tried)) return tried
    if (tried.exitCode !== 127 && tried.exitCode !== 126) tools.add(tool)
  }
  return tools
}
