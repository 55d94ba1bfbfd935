import { isObject, objectAt } from '../json.ts'
import { containersOf, podSpecOf } from '../pod-spec-of.ts'
import type { BypassCheck, Finding } from './finding.ts'

/** Probes, limits and requests that containers had and have not. */
export const checkContainerSafeguards: BypassCheck = ({ before, after }) => {
  const was = podSpecOf(before)
  const is = podSpecOf(after)
  if (!was || !is) return []
  const now = new Map(containersOf(is.spec).map(({ name, container }) => [name, container]))
  return containersOf(was.spec).flatMap(({ name, field, container }) => {
    const other = now.get(name)
    if (!other) return []
    const place = `${is.path}.${field}[name=${name}]`
    const probes = ['livenessProbe', 'readinessProbe', 'startupProbe']
      .filter((probe) => isObject(container[probe]) && !isObject(other[probe]))
      .map((probe): Finding => ({
        name: 'probe-removed',
        path: `${place}.${probe}`,
        because: `lost the ${probe} of ${name}`,
      }))
    const limits = ['limits', 'requests'].flatMap((kind) => {
      const had = objectAt(container, 'resources', kind)
      const has = objectAt(other, 'resources', kind)
      return Object.keys(had)
        .filter((resource) => has[resource] === undefined && !isRequestByLimit(kind, resource, other))
        .map((resource): Finding => ({
          name: 'limits-removed',
          path: `${place}.resources.${kind}.${resource}`,
          because: `lost the ${resource} ${kind === 'limits' ? 'limit' : 'request'} of ${name}`,
        }))
    })
    return [...probes, ...limits]
  })
}

/** A request that is left out is the limit. */
function isRequestByLimit(kind: string, resource: string, container: unknown): boolean {
  return kind === 'requests' && objectAt(container, 'resources', 'limits')[resource] !== undefined
}
