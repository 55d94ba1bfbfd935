import { InputError } from '../../harness/base/errors.ts'
import { capacityProblems } from '../node/node-size.ts'
import { addonNames, type ClusterSpec } from '../provider.ts'
import { kindMinors } from './choose-node-image.ts'

/** Refuses a spec that cannot become a kind cluster, with every reason at once, before anything is started. */
export function checkKindSpec(spec: ClusterSpec): void {
  const problems: string[] = []
  // the longest container name, kubemend-NAME-control-plane, is a host name: 63 characters at most
  if (!dnsLabel.test(spec.name) || spec.name.length > 40) {
    problems.push(`name ${JSON.stringify(spec.name)}: expected at most 40 lower-case letters, digits and dashes`)
  }
  if (!kindMinors.includes(spec.kubernetes)) {
    problems.push(`kubernetes ${spec.kubernetes}: expected one of ${kindMinors.join(', ')}`)
  }
  if (spec.nodes.length === 0 || spec.nodes.length > 20) {
    problems.push(`nodes: expected 1 to 20, found ${spec.nodes.length}`)
  }
  for (const name of spec.addons) {
    if (!addonNames.includes(name)) problems.push(`addons: ${name}: expected one of ${addonNames.join(', ')}`)
  }
  const seen = new Set<string>()
  for (const [i, node] of spec.nodes.entries()) {
    const at = `nodes[${i}]`
    if (!dnsLabel.test(node.name)) {
      problems.push(`${at}.name ${JSON.stringify(node.name)}: expected lower-case letters, digits and dashes`)
    }
    if (seen.has(node.name)) problems.push(`${at}.name ${node.name}: used twice`)
    seen.add(node.name)
    problems.push(...capacityProblems(node).map((problem) => `${at}.capacity.${problem}`))
  }
  if (problems.length > 0) throw new InputError(problems)
}

const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
