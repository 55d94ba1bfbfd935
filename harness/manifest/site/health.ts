import type { KubeObject } from '../../base/kube-client.ts'
import { fieldOf, isObject, listAt, textAt } from '../../state/json.ts'

/** Why an object is not healthy yet; undefined when it is, or when its kind has no health. */
export function unhealthyBecause(object: KubeObject): string | undefined {
  return checks[object.kind]?.(object)
}

const count = (object: KubeObject, ...path: string[]): number => Number(fieldOf(object, ...path) ?? 0)

function isObserved(object: KubeObject): boolean {
  return count(object, 'status', 'observedGeneration') >= (object.metadata.generation ?? 0)
}

function condition(object: KubeObject, type: string): { status?: unknown; message?: unknown } | undefined {
  return listAt(object, 'status', 'conditions').find((one) => isObject(one) && one['type'] === type) as
    | { status?: unknown; message?: unknown }
    | undefined
}

function replicasOf(object: KubeObject): number {
  return Number(fieldOf(object, 'spec', 'replicas') ?? 1)
}

const checks: Record<string, (object: KubeObject) => string | undefined> = {
  Namespace: (object) => (textAt(object, 'status', 'phase') === 'Active' ? undefined : 'is not active'),
  Deployment(object) {
    const available = count(object, 'status', 'availableReplicas')
    const isDone =
      isObserved(object) &&
      available >= replicasOf(object) &&
      count(object, 'status', 'updatedReplicas') >= replicasOf(object)
    return isDone ? undefined : `${available} of ${replicasOf(object)} pods are available`
  },
  StatefulSet(object) {
    const ready = count(object, 'status', 'readyReplicas')
    return isObserved(object) && ready >= replicasOf(object)
      ? undefined
      : `${ready} of ${replicasOf(object)} pods are ready`
  },
  DaemonSet(object) {
    const [ready, wanted] = [count(object, 'status', 'numberReady'), count(object, 'status', 'desiredNumberScheduled')]
    return isObserved(object) && ready >= wanted ? undefined : `${ready} of ${wanted} pods are ready`
  },
  Pod: (object) => (condition(object, 'Ready')?.status === 'True' ? undefined : 'is not ready'),
  Job(object) {
    if (fieldOf(object, 'spec', 'suspend') === true) return undefined
    return condition(object, 'Complete')?.status === 'True' ? undefined : 'has not completed'
  },
  PersistentVolumeClaim: (object) => (textAt(object, 'status', 'phase') === 'Lost' ? 'has lost its volume' : undefined),
  HorizontalPodAutoscaler(object) {
    const able = condition(object, 'AbleToScale')
    return able?.status === 'True'
      ? undefined
      : `cannot scale its target: ${typeof able?.message === 'string' ? able.message : 'not looked at yet'}`
  },
  PodDisruptionBudget: (object) => (isObserved(object) ? undefined : 'has not been looked at yet'),
  ResourceQuota: (object) => (fieldOf(object, 'status', 'hard') === undefined ? 'is not counted yet' : undefined),
  ValidatingAdmissionPolicy(object) {
    if (!isObserved(object)) return 'has not been type-checked yet'
    const [warning] = listAt(object, 'status', 'typeChecking', 'expressionWarnings')
    return isObject(warning) ? `type checking warns: ${String(warning['warning'])}` : undefined
  },
}
