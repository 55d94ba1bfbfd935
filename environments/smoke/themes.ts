import type { SmokeTheme } from './check.ts'
import { api } from './checks/api.ts'
import { audit } from './checks/audit.ts'
import { dns } from './checks/dns.ts'
import { extension } from './checks/extension.ts'
import { jobs } from './checks/jobs.ts'
import { kubectl } from './checks/kubectl.ts'
import { lifecycle } from './checks/lifecycle.ts'
import { network } from './checks/network.ts'
import { policy } from './checks/policy.ts'
import { probes } from './checks/probes.ts'
import { rbac } from './checks/rbac.ts'
import { scheduling } from './checks/scheduling.ts'
import { security } from './checks/security.ts'
import { services } from './checks/services.ts'
import { tokens } from './checks/tokens.ts'
import { volumes } from './checks/volumes.ts'
import { workloads } from './checks/workloads.ts'

/** Everything that is checked, in the order of reports. */
export const themes: readonly SmokeTheme[] = [
  services,
  dns,
  network,
  probes,
  lifecycle,
  tokens,
  volumes,
  jobs,
  workloads,
  scheduling,
  policy,
  extension,
  rbac,
  audit,
  kubectl,
  api,
  security,
]
