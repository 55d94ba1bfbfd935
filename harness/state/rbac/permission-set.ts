import { implies, type Permission } from './permission.ts'

/** Permissions that can be asked whether they imply another one; exact matches are found without a search. */
export interface PermissionSet {
  all: readonly Permission[]
  implies(wanted: Permission): boolean
}

/** Collects permissions. */
export function createPermissionSet(all: readonly Permission[]): PermissionSet {
  const byVerb = new Map<string, Map<string, Permission[]>>()
  for (const permission of all) {
    let byResource = byVerb.get(permission.verb)
    if (!byResource) byVerb.set(permission.verb, (byResource = new Map()))
    const place = placeOf(permission)
    const same = byResource.get(place)
    if (same) same.push(permission)
    else byResource.set(place, [permission])
  }
  return {
    all,
    implies: (wanted) =>
      [wanted.verb, '*'].some((verb) => {
        const byResource = byVerb.get(verb)
        if (!byResource) return false
        return placesThatImply(wanted).some((place) => byResource.get(place)?.some((held) => implies(held, wanted)))
      }),
  }
}

function placeOf({ url, resource }: Permission): string {
  return url === undefined ? resource : 'a URL'
}

function placesThatImply(wanted: Permission): string[] {
  if (wanted.url !== undefined) return ['a URL']
  const slash = wanted.resource.indexOf('/')
  return [wanted.resource, '*', ...(slash < 0 ? [] : [`*${wanted.resource.slice(slash)}`])]
}
