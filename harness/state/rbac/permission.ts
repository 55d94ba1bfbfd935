/** One thing that may be done: a verb on a resource, or on a URL. `*` in a field stands for everything. */
export interface Permission {
  verb: string
  /** With its subresource: `pods/exec`; empty for URLs. */
  resource: string
  group: string
  /** The only object it is about; undefined for all. */
  name?: string
  /** The only namespace it holds in; undefined for the whole cluster. */
  namespace?: string
  /** A path of the API server that is no resource: `/metrics`. */
  url?: string
  /** How it is held when no rule grants it: `by impersonating ...`. */
  via?: string
}

/** Whether whoever holds one permission needs no second one to do what the second allows. */
export function implies(held: Permission, wanted: Permission): boolean {
  if (!isMatch(held.verb, wanted.verb)) return false
  if (held.url !== undefined || wanted.url !== undefined) {
    return held.url !== undefined && wanted.url !== undefined && isUrlMatch(held.url, wanted.url)
  }
  return (
    (held.namespace === undefined || held.namespace === wanted.namespace) &&
    isMatch(held.group, wanted.group) &&
    isResourceMatch(held.resource, wanted.resource) &&
    (held.name === undefined || held.name === wanted.name)
  )
}

/** A permission in words: `list secrets in namespace shop`. */
export function printPermission(permission: Permission): string {
  const { verb, url, via } = permission
  const suffix = via === undefined ? '' : ` (${via})`
  if (url !== undefined) return `${verb === '*' ? 'use' : verb} the URL ${url === '*' ? 'of anything' : url}${suffix}`
  const action = verb === '*' ? 'do anything to' : verb
  const where = permission.namespace === undefined ? 'in the whole cluster' : `in namespace ${permission.namespace}`
  return `${action} ${printResource(permission)} ${where}${suffix}`
}

function printResource({ resource, group, name }: Permission): string {
  const isAny = resource === '*'
  const ofGroup = group === '*' || group === '' ? '' : isAny ? ` of ${group}` : `.${group}`
  return `${isAny ? 'everything' : resource}${ofGroup}${name === undefined ? '' : ` named ${name}`}`
}

function isMatch(held: string, wanted: string): boolean {
  return held === '*' || held === wanted
}

// Kubernetes' own rule: "*" is everything, "*/scale" that subresource of everything, and "pods/*" means nothing.
function isResourceMatch(held: string, wanted: string): boolean {
  if (held === '*' || held === wanted) return true
  const slash = wanted.indexOf('/')
  return slash >= 0 && held === `*${wanted.slice(slash)}`
}

function isUrlMatch(held: string, wanted: string): boolean {
  return held === '*' || held === wanted || (held.endsWith('*') && wanted.startsWith(held.slice(0, -1)))
}
