import type { KubeObject } from '../../base/kube-client.ts'
import type { ClusterState } from '../../state/cluster-state.ts'
import type { Difference } from '../../state/difference.ts'
import type { Allowance } from '../../state/may-change.ts'
import type { Task } from '../../task/task.ts'

/** Somebody who makes it look repaired, or repairs it and does harm: made for a task without its author's help. */
export interface Adversary {
  /** `disable-the-probe`. */
  name: string
  /** What it does, in words. */
  means: string
  /** Its harm, in bash, with kubectl; it ends with an error when the cluster refuses it. */
  harm: string
  /** Whether and when it applies the task's own solution too. */
  fix: 'none' | 'before' | 'after'
  /** What it must be allowed to do; what the agent may not is tried all the same, and must be refused. */
  needs: Right[]
  /**
   * With whom it cannot share a trial. Those who do harm leave marks that tell who it was, and share one. `idle`: leaves the
   * cluster as it is, and shares one with others of the kind. `own`: works by time, and needs a cluster to itself.
   */
  trial?: 'idle' | 'own'
}

/** One thing that a request needs. */
export interface Right {
  verb: string
  group: string
  resource: string
  namespace?: string
  name?: string
}

/** What adversaries are made from: the broken world, the repaired one, and what the repair changed. */
export interface Ground {
  task: Task
  broken: ClusterState
  fixed: ClusterState
  /** What the solution changed by its own hand. */
  repairs: Difference[]
  allowances: Allowance[]
}

/** Makes adversaries of one family; none where the task has nothing to try it on. */
export type AdversaryMaker = (ground: Ground) => Adversary[]

/** A manifest that creates an object anew: what the server wrote is left out. */
export function manifestOf(object: KubeObject): KubeObject {
  const { name, namespace, labels, annotations, finalizers } = object.metadata as Record<string, unknown> & {
    name: string
  }
  const { status: _, metadata: __, ...rest } = object
  const own = withoutKeys(annotations, (key) => /deployment\.kubernetes\.io|endpoints\.kubernetes\.io/.test(key))
  const spec = object['spec'] as Record<string, unknown> | undefined
  const isService = object.kind === 'Service' && spec !== undefined && spec['clusterIP'] !== 'None'
  return {
    ...rest,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(own === undefined ? {} : { annotations: own }),
      ...(finalizers === undefined ? {} : { finalizers }),
    },
    ...(isService ? { spec: withoutKeys(spec, (key) => /^clusterIPs?$/.test(key)) } : {}),
  } as KubeObject
}

function withoutKeys(value: unknown, isGone: (key: string) => boolean): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.fromEntries(Object.entries(value).filter(([key]) => !isGone(key)))
}

/** A manifest on kubectl's standard input; the server knows best whether it is one, and need not be asked for its schema. */
export function pipe(command: 'kubectl create' | 'kubectl replace', ...objects: unknown[]): string {
  const document = objects.length === 1 ? objects[0] : { apiVersion: 'v1', kind: 'List', items: objects }
  return `${command} --validate=false -f - <<'KUBEMEND'\n${JSON.stringify(document)}\nKUBEMEND`
}

/** A word of bash that means exactly this text. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
