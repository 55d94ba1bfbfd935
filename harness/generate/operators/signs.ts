import type { KubeObject } from '../../base/kube-client.ts'
import type { Entry } from '../../task/contract.ts'
import { refOf, type Edit } from '../objects.ts'
import { clientsThrough, replicasOf, workloadName } from '../worlds/system-map.ts'
import type { Client, World } from '../worlds/world.ts'

/** How faults show and how repairs are recognised: checks of the verifier library, and what people say. */

/** A client's request is answered as before. Whether all pods behind it are as they should be is for other checks. */
export function answers({ namespace, name, url, body }: Client): Entry {
  return { 'http-answers': { from: `deployment/${name}`, namespace, url, body } }
}

export function isAvailable(workload: KubeObject): Entry {
  const { name, namespace } = workload.metadata
  return { [`${workload.kind.toLowerCase()}-available`]: { namespace, name, replicas: replicasOf(workload) } }
}

/** What is lost when requests that need a workload fail. */
export function trafficSigns(
  world: World,
  workload: KubeObject,
): { outcome: Entry[]; symptom: Entry[]; seen: string[]; isTraffic: true } {
  const clients = clientsThrough(world, workload).map(({ client }) => client)
  return {
    outcome: clients.map(answers),
    symptom: clients.map(({ namespace, name, lost }) => ({
      'log-contains': { workload: `deployment/${name}`, namespace, text: lost },
    })),
    seen: clients.map(({ people, act }) => `${people} cannot ${act}`),
    isTraffic: true,
  }
}

/** Some pods of a workload are not there, or not ready; whether anybody notices depends on the others. */
export function podSigns(
  world: World,
  workload: KubeObject,
): { outcome: Entry[]; symptom: Entry[]; seen: string[]; isTraffic: boolean } {
  const { name, namespace } = workload.metadata
  const missing: Entry = {
    'field-equals': {
      object: workloadName(refOf(workload)),
      namespace,
      path: 'status.unavailableReplicas',
      equals: losesAll(workload) ? replicasOf(workload) : 1,
    },
  }
  const isServed = clientsThrough(world, workload).length > 0
  if (losesAll(workload) && isServed) {
    const { outcome, symptom, seen } = trafficSigns(world, workload)
    return { outcome: [isAvailable(workload), ...outcome], symptom: [missing, ...symptom], seen, isTraffic: true }
  }
  const seen = losesAll(workload)
    ? `${name} in ${namespace} does not run any more`
    : `the board has shown ${name} in ${namespace} with fewer pods than it should have`
  return { outcome: [isAvailable(workload)], symptom: [missing], seen: [seen], isTraffic: false }
}

/** Whether a bad new pod means that none is left. */
function losesAll(workload: KubeObject): boolean {
  const strategy = (workload['spec'] as { strategy?: { type?: string } }).strategy?.type
  return strategy === 'Recreate' || replicasOf(workload) === 1
}

/** A release of the same hour: it makes new pods and is right. */
export function release(workload: KubeObject, version: number): Edit {
  return {
    on: refOf(workload),
    set: { 'spec.template.metadata.annotations.release': `r${version}` },
  }
}
