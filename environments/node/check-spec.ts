import { InputError } from '../../harness/base/errors.ts'
import { addonNames, type ClusterSpec } from '../provider.ts'
import { capacityProblems } from './node-size.ts'
import { nodeVersions } from './versions.ts'

/** Refuses a spec that cannot become a cluster, with every reason at once, before anything is started. */
export function checkSpec(spec: ClusterSpec): void {
  const problems: string[] = []
  if (!dnsLabel.test(spec.name) || spec.name.length > 40) {
    problems.push(`name ${JSON.stringify(spec.name)}: expected at most 40 lower-case letters, digits and dashes`)
  }
  if (!nodeVersions[spec.kubernetes]) {
    problems.push(`kubernetes ${spec.kubernetes}: expected one of ${Object.keys(nodeVersions).join(', ')}`)
  }
  if (spec.nodes.length === 0 || spec.nodes.length > 20)
    problems.push(`nodes: expected 1 to 20, found ${spec.nodes.length}`)
  const seen = new Set<string>()
  for (const [i, node] of spec.nodes.entries()) {
    if (!dnsLabel.test(node.name))
      problems.push(`nodes[${i}].name ${JSON.stringify(node.name)}: expected lower-case letters, digits and dashes`)
    if (seen.has(node.name)) problems.push(`nodes[${i}].name ${node.name}: used twice`)
    seen.add(node.name)
    problems.push(...capacityProblems(node).map((problem) => `nodes[${i}].capacity.${problem}`))
  }
  for (const addon of spec.addons) {
    if (!addonNames.includes(addon)) problems.push(`addons ${addon}: expected one of ${addonNames.join(', ')}`)
  }
  if (problems.length > 0) throw new InputError(problems)
}

const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
