import type { KubeObject } from '../../base/kube-client.ts'
import { groupOf, type ClusterState } from '../cluster-state.ts'
import { textAt } from '../json.ts'
import { clusterTypes } from './cluster.ts'
import { customType } from './custom-type.ts'
import { metadata } from './metadata.ts'
import { networkTypes } from './network.ts'
import { policyTypes } from './policy.ts'
import { storageTypes } from './storage.ts'
import { struct, type Type } from './type.ts'
import { workloadTypes } from './workloads.ts'

/** Finds the type of any object. */
export type TypeFinder = (object: { apiVersion: string; kind: string }) => Type

/** Knows Kubernetes' own kinds, and custom ones from their definitions; of two definitions, the first state's counts. */
export function typesOf(...states: ClusterState[]): TypeFinder {
  const definitions = new Map<string, KubeObject>()
  for (const object of states.flatMap((state) => state.objects)) {
    if (object.kind !== 'CustomResourceDefinition') continue
    const key = `${textAt(object, 'spec', 'group')}/${textAt(object, 'spec', 'names', 'kind')}`
    if (!definitions.has(key)) definitions.set(key, object)
  }
  const found = new Map<string, Type>()
  return ({ apiVersion, kind }) => {
    const group = groupOf(apiVersion)
    const own = known.get(`${group}/${kind}`)
    if (own) return own
    const key = `${apiVersion}/${kind}`
    let type = found.get(key)
    if (type === undefined) {
      const definition = definitions.get(`${group}/${kind}`)
      type = definition ? customType(definition, apiVersion.slice(group.length + 1)) : struct({ metadata })
      found.set(key, type)
    }
    return type
  }
}

const known = new Map(
  Object.entries({ ...workloadTypes, ...networkTypes, ...storageTypes, ...policyTypes, ...clusterTypes }),
)
