import { createPermissionSet } from '../../state/rbac/permission-set.ts'
import { printPermission, type Permission } from '../../state/rbac/permission.ts'
import type { RequiredRule } from '../../task/manifest-spec.ts'

/** Every single permission that rules give. */
export function permissionsOf(rules: readonly RequiredRule[], namespace?: string): Permission[] {
  return rules.flatMap(({ apiGroups = [], resources = [], verbs, resourceNames = [], nonResourceURLs = [] }) =>
    verbs.flatMap((verb): Permission[] => [
      ...nonResourceURLs.map((url) => ({ verb, resource: '', group: '', url })),
      ...apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          (resourceNames.length > 0 ? resourceNames : [undefined]).map((name) => ({
            verb,
            resource,
            group,
            ...(name === undefined ? {} : { name }),
            ...(namespace === undefined ? {} : { namespace }),
          })),
        ),
      ),
    ]),
  )
}

/** What rules give beyond others, and what they lack. */
export function compareRules(
  given: readonly RequiredRule[],
  asked: readonly RequiredRule[],
): { extra: string[]; missing: string[] } {
  const theirs = permissionsOf(given)
  const wanted = permissionsOf(asked)
  return { extra: without(theirs, wanted), missing: without(wanted, theirs) }
}

function without(some: readonly Permission[], others: readonly Permission[]): string[] {
  const set = createPermissionSet(others)
  return [...new Set(some.filter((permission) => !set.implies(permission)).map(printPermission))]
}
