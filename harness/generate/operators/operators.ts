import { capacity } from './capacity.ts'
import { configuration, secrets } from './configuration.ts'
import { admission } from './admission.ts'
import { autoscaling } from './autoscaling.ts'
import { disruption } from './disruption.ts'
import { jobs } from './jobs.ts'
import { nodes } from './nodes.ts'
import { statefulIdentity } from './stateful-identity.ts'
import { discovery } from './discovery.ts'
import { networkPolicy } from './network-policy.ts'
import type { Operator } from './operator.ts'
import { rbac } from './rbac.ts'
import { probes, rollout } from './rollout.ts'
import { initContainers, scheduling } from './scheduling.ts'
import { security } from './security.ts'
import { serviceEndpoints } from './service-endpoints.ts'
import { storage } from './storage.ts'

/** Every way in which the generator breaks worlds. */
export const operators: readonly Operator[] = [
  ...serviceEndpoints,
  ...discovery,
  ...configuration,
  ...secrets,
  ...rollout,
  ...probes,
  ...scheduling,
  ...initContainers,
  ...capacity,
  ...rbac,
  ...jobs,
  ...autoscaling,
  ...disruption,
  ...statefulIdentity,
  ...nodes,
  ...networkPolicy,
  ...storage,
  ...security,
  ...admission,
]
