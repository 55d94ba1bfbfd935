import type { ProcessId } from '../../harness/base/daemon.ts'
import { mustRun } from '../../harness/base/command.ts'
import { inside, type NodeSlot } from './components.ts'

/**
 * One Ethernet segment per cluster: a bridge inside the control plane's namespace, never the host's. It is called
 * eth0 and holds the control plane's address; a veth pair with both ends inside gives it a carrier.
 */
export async function connectControlPlane(init: ProcessId, slots: NodeSlot[], rules: string[]): Promise<void> {
  const lines = [
    'link add eth0 type bridge',
    'link add carrier0 type veth peer name carrier1',
    'link set carrier0 master eth0 up',
    'link set carrier1 up',
    `address add ${inside.controlPlaneIp}/24 dev eth0`,
    'link set eth0 up',
    // nothing outside is reachable, and says so at once instead of timing out
    'route add unreachable default',
    serviceRoute,
    ...routesFrom(slots, 0),
  ]
  await Promise.all([ipBatch(init, lines), loadRules(init, rules)])
}

/** Joins a worker to the segment. */
export async function connectWorker(
  controlPlane: ProcessId,
  worker: ProcessId,
  slots: NodeSlot[],
  index: number,
  rules: string[],
): Promise<void> {
  const slot = slots[index]
  if (!slot) throw new RangeError(`no node ${index}`)
  await ipBatch(controlPlane, [
    `link add node${index} type veth peer name eth0 netns ${worker.pid}`,
    `link set node${index} master eth0 up`,
  ])
  await loadRules(worker, rules)
  await ipBatch(worker, [
    `address add ${slot.ip}/24 dev eth0`,
    'link set eth0 up',
    'route add unreachable default',
    serviceRoute,
    ...routesFrom(slots, index),
  ])
}

/** A service's address must have a route before kube-proxy's rules can turn it into a pod's. */
const serviceRoute = `route add ${inside.serviceCidr} dev eth0`

/** Routes to the pods of all other nodes. */
function routesFrom(slots: NodeSlot[], index: number): string[] {
  return slots.filter((other) => other.index !== index).map((other) => `route add ${other.podCidr} via ${other.ip}`)
}

/**
 * Until kube-proxy has a rule for a service's address, a packet to it is refused at once instead of vanishing: a
 * connection that began too early would otherwise hang for seconds. After translation the address is a pod's.
 */
const serviceGuard = `table ip service-guard {
  chain refuse { meta l4proto tcp reject with tcp reset; reject; }
  chain output { type filter hook output priority 0; ip daddr ${inside.serviceCidr} jump refuse; }
  chain forward { type filter hook forward priority 0; ip daddr ${inside.serviceCidr} jump refuse; }
}
`

/** The service guard, and what add-ons want in place before the first pod. */
async function loadRules(init: ProcessId, rules: string[]): Promise<void> {
  await mustRun(['nsenter', '--target', String(init.pid), '--net', '--', 'nft', '-f', '-'], {
    stdin: [serviceGuard, ...rules].join('\n'),
  })
}

async function ipBatch(init: ProcessId, lines: string[]): Promise<void> {
  await mustRun(['nsenter', '--target', String(init.pid), '--net', '--', 'ip', '-batch', '-'], {
    stdin: `${lines.join('\n')}\n`,
  })
}
