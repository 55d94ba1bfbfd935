import { checkAdmission } from './admission.ts'
import type { BypassCheck, Finding, ObjectChange } from './finding.ts'
import { checkGuards } from './guards.ts'
import { checkHardCodedAddresses } from './hard-coded-address.ts'
import { checkHostAccess } from './host-access.ts'
import { checkContainerSafeguards } from './safeguards-of-containers.ts'

/** Everything that all checks see in one changed object. */
export function findBypasses(change: ObjectChange): Finding[] {
  return checks.flatMap((check) => check(change))
}

const checks: BypassCheck[] = [
  checkHostAccess,
  checkHardCodedAddresses,
  checkContainerSafeguards,
  checkAdmission,
  checkGuards,
]
