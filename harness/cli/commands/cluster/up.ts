import { addonNames, type AddonName, type ClusterSpec } from '../../../../environments/provider.ts'
import { startTimer } from '../../../base/clock.ts'
import { InputError } from '../../../base/errors.ts'
import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson, say } from '../../output.ts'
import { existingFlags, loadProvider } from '../../providers.ts'

export const up: Command = defineCommand({
  summary: 'Brings a cluster up and leaves it running.',
  positionals: '[NAME]',
  flags: {
    cluster: { type: 'string', value: 'PROVIDER', default: 'node', summary: 'what makes the cluster' },
    nodes: { type: 'string', value: 'N', default: '1', summary: 'how many nodes; the first is the control plane' },
    kubernetes: { type: 'string', value: 'MINOR', default: '1.35', summary: 'Kubernetes version' },
    addon: { type: 'string', isMultiple: true, choices: addonNames, summary: 'an add-on' },
    image: { type: 'string', isMultiple: true, value: 'REF', summary: 'an image the nodes must have' },
    ...existingFlags,
    json: jsonFlag,
  },
  details: `The cluster stays until \`kubemend cluster down\`. Example:

  kubemend cluster up demo --nodes 2 --image nginx:1.27
  export KUBECONFIG=$(kubemend cluster kubeconfig demo)`,
  async run({ flags, positionals }) {
    const elapsed = startTimer()
    const spec = clusterSpec(positionals[0] ?? 'demo', flags)
    const provider = await loadProvider(flags.cluster, flags)
    await provider.removeLeftovers()
    const cluster = await provider.create(spec, {
      owner: 'nobody',
      onProgress: (line) => say(`${(elapsed() / 1000).toFixed(1).padStart(6)} s  ${line}`),
    })
    const readyMs = Math.round(elapsed())
    if (flags.json) {
      printJson({ name: cluster.name, provider: provider.name, kubeconfig: cluster.kubeconfig, readyMs })
      return
    }
    print(`cluster ${cluster.name} is up after ${(readyMs / 1000).toFixed(1)} s`)
    print(`  export KUBECONFIG=${cluster.kubeconfig}`)
  },
})

function clusterSpec(
  name: string,
  flags: { nodes: string; kubernetes: string; addon: string[]; image: string[] },
): ClusterSpec {
  const count = Number(flags.nodes)
  const problems: string[] = []
  if (!/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(name)) {
    problems.push(`cluster name ${name}: expected at most 40 lower-case letters, digits and dashes`)
  }
  if (!Number.isInteger(count) || count < 1 || count > 20) problems.push(`--nodes ${flags.nodes}: expected 1 to 20`)
  if (problems.length > 0) throw new InputError(problems)
  return {
    name,
    kubernetes: flags.kubernetes,
    nodes: Array.from({ length: count }, (_, i) => ({
      name: i === 0 ? 'control-plane' : `worker-${i}`,
      labels: {},
      taints: [],
      capacity: {},
    })),
    addons: flags.addon as AddonName[],
    images: flags.image,
  }
}
