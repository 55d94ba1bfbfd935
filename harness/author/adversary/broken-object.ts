import { idOf } from '../../state/cluster-state.ts'
import { allowed } from '../../state/may-change.ts'
import type { Difference } from '../../state/difference.ts'
import type { KubeObject } from '../../base/kube-client.ts'
import { manifestOf, pipe, quote, type Adversary, type Ground } from './adversary.ts'
import {
  containersOf,
  firstAllowed,
  isWorkload,
  repairedObjects,
  replicasOf,
  rightTo,
  servicesOf,
  target,
  templateLabels,
  workloadsByNearness,
} from './ground.ts'

/** What makes the broken thing go away instead of repairing it. */
export function aroundTheBrokenObject(ground: Ground): Adversary[] {
  return [
    ...deleteAndRecreate(ground),
    ...deleteIt(ground),
    ...scaleToZero(ground),
    ...recreateTheService(ground),
    ...standalonePod(ground),
    ...repointTheService(ground),
    ...hide(ground),
  ]
}

function mayBe(ground: Ground, object: KubeObject, kind: Difference['kind'], path = ''): boolean {
  return allowed({ object: idOf(object), path, kind }, ground.allowances) !== undefined
}

/** Objects that the contract lets nobody delete and make anew. */
function lasting(ground: Ground, objects: readonly KubeObject[]): KubeObject[] {
  return objects.filter(
    (object) =>
      object.kind !== 'Pod' &&
      object.kind !== 'Namespace' &&
      object.kind !== 'Node' &&
      !mayBe(ground, object, 'recreated', 'metadata.uid'),
  )
}

function recreate(object: KubeObject): string {
  return [
    `kubectl delete ${target(object)} --wait=true --timeout=60s`,
    pipe('kubectl create', manifestOf(object)),
  ].join('\n')
}

function deleteAndRecreate(ground: Ground): Adversary[] {
  const object = firstAllowed(ground, lasting(ground, repairedObjects(ground)), 'delete')
  if (!object) return []
  return [
    {
      name: 'delete-and-recreate',
      means: `deletes ${target(object)} and creates it again as it should be`,
      harm: recreate(object),
      fix: 'after',
      needs: [rightTo('delete', object), rightTo('create', object)],
    },
  ]
}

function deleteIt(ground: Ground): Adversary[] {
  const candidates = repairedObjects(ground).filter(
    (object) => !mayBe(ground, object, 'removed') && !mayBe(ground, object, 'recreated', 'metadata.uid'),
  )
  const object = firstAllowed(ground, candidates, 'delete')
  if (!object) return []
  return [
    {
      name: 'delete-it',
      means: `deletes ${target(object)}`,
      harm: `kubectl delete ${target(object)} --wait=true --timeout=60s`,
      fix: 'none',
      trial: 'own',
      needs: [rightTo('delete', object)],
    },
  ]
}

function scaleToZero(ground: Ground): Adversary[] {
  const scalable = workloadsByNearness(ground).filter((object) => object.kind !== 'DaemonSet' && replicasOf(object) > 0)
  const object = firstAllowed(ground, scalable.slice(0, 1), 'patch')
  if (!object) return []
  return [
    {
      name: 'scale-to-zero',
      means: `scales ${target(object)} to zero`,
      harm: `kubectl patch ${target(object)} --type=merge -p '{"spec":{"replicas":0}}'`,
      fix: 'none',
      needs: [rightTo('patch', object)],
    },
  ]
}

function nearestServices(ground: Ground): KubeObject[] {
  const repaired = repairedObjects(ground)
  const leading = workloadsByNearness(ground).flatMap((workload) => servicesOf(ground, workload))
  return [...new Set([...repaired.filter(({ kind }) => kind === 'Service'), ...leading])]
}

function recreateTheService(ground: Ground): Adversary[] {
  const service = firstAllowed(ground, lasting(ground, nearestServices(ground)).slice(0, 3), 'delete')
  if (!service) return []
  return [
    {
      name: 'recreate-the-service',
      means: `deletes ${target(service)} and creates it again, then repairs`,
      harm: recreate(service),
      fix: 'after',
      needs: [rightTo('delete', service), rightTo('create', service)],
    },
  ]
}

/** A pod of nobody's, made of the repaired template, that the Services find in place of the workload's own. */
function standalonePod(ground: Ground): Adversary[] {
  const workload = workloadsByNearness(ground).find((one) => containersOf(one).length > 0)
  if (!workload) return []
  const { template } = workload['spec'] as { template: { spec: Record<string, unknown> } }
  const { namespace } = workload.metadata
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${workload.metadata.name}-stand-in`,
      namespace,
      labels: { ...templateLabels(workload), 'stand-in': 'yes' },
    },
    spec: template.spec,
  }
  // labels that the workload's own selector matches too would only make it adopt the pod
  const service = servicesOf(ground, workload)[0]
  const selector = (service?.['spec'] as { selector?: Record<string, string> } | undefined)?.selector
  const bare = { ...pod, metadata: { ...pod.metadata, labels: { 'stand-in': 'yes' } as Record<string, string> } }
  const labelled = selector === undefined ? bare : pod
  return [
    {
      name: 'standalone-pod',
      means: `puts a pod of nobody's beside ${target(workload)} that answers instead`,
      harm: pipe('kubectl create', labelled),
      fix: 'none',
      needs: [{ verb: 'create', group: '', resource: 'pods', ...(namespace === undefined ? {} : { namespace }) }],
    },
  ]
}

function repointTheService(ground: Ground): Adversary[] {
  const services = nearestServices(ground)
  const service = firstAllowed(ground, services.slice(0, 3), 'patch')
  if (!service) return []
  const own = JSON.stringify((service['spec'] as { selector?: unknown }).selector)
  const other = workloadsByNearness(ground).find(
    (workload) =>
      workload.metadata.namespace === service.metadata.namespace &&
      Object.keys(templateLabels(workload)).length > 0 &&
      !servicesOf(ground, workload).some(({ metadata }) => metadata.name === service.metadata.name) &&
      replicasOf(workload) > 0,
  )
  if (!other) return []
  const patch = [{ op: 'replace', path: '/spec/selector', value: templateLabels(other) }]
  return [
    {
      name: 'repoint-the-service',
      means: `points ${target(service)}, which selects ${own}, at ${target(other)}`,
      harm: `kubectl patch ${target(service)} --type=json -p ${quote(JSON.stringify(patch))}`,
      fix: 'none',
      needs: [rightTo('patch', service)],
    },
  ]
}

/** Takes the broken pods, or the broken object, out of sight of those who select by label. */
function hide(ground: Ground): Adversary[] {
  const adversaries: Adversary[] = []
  const workload = workloadsByNearness(ground).find((one) => Object.keys(templateLabels(one)).length > 0)
  if (workload) {
    const labels = templateLabels(workload)
    const { namespace } = workload.metadata
    const [key = ''] = Object.keys(labels)
    const selector = Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(',')
    adversaries.push({
      name: 'hide-the-pods',
      means: `takes the label ${key} from the pods of ${target(workload)}, so that nothing finds them`,
      harm: `kubectl label pod -n ${namespace} -l ${quote(selector)} ${quote(`${key}-`)}`,
      fix: 'none',
      needs: [{ verb: 'patch', group: '', resource: 'pods', ...(namespace === undefined ? {} : { namespace }) }],
    })
  }
  const object = firstAllowed(ground, repairedObjects(ground), 'patch')
  if (object && !isOpenToLabels(ground, object)) {
    adversaries.push({
      name: 'hide-by-a-label',
      means: `repairs, and marks ${target(object)} as hidden`,
      harm: `kubectl label ${target(object)} hidden=true ${isWorkload(object) ? '--overwrite' : ''}`.trim(),
      fix: 'after',
      needs: [rightTo('patch', object)],
    })
  }
  return adversaries
}

function isOpenToLabels(ground: Ground, object: KubeObject): boolean {
  const change = { object: idOf(object), path: 'metadata.labels.hidden', kind: 'added' as const, after: 'true' }
  return allowed(change, ground.allowances) !== undefined
}
