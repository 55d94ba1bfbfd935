import { canI } from './access/can-i.ts'
import { envIs } from './containers/env-is.ts'
import { fileContent } from './containers/file-content.ts'
import { logContains } from './containers/log-contains.ts'
import { dnsResolves } from './network/dns-resolves.ts'
import { httpAnswers } from './network/http-answers.ts'
import { httpRefused } from './network/http-refused.ts'
import { ingressRoutes } from './network/ingress-routes.ts'
import { networkPath } from './network/network-path.ts'
import { serviceEndpoints } from './network/service-endpoints.ts'
import { tcpConnects } from './network/tcp-connects.ts'
import { tcpRefused } from './network/tcp-refused.ts'
import { conditionIs } from './objects/condition-is.ts'
import { eventsAbsent } from './objects/events-absent.ts'
import { fieldEquals } from './objects/field-equals.ts'
import { objectAbsent } from './objects/object-absent.ts'
import { objectExists } from './objects/object-exists.ts'
import { quotaFits } from './objects/quota-fits.ts'
import { dataKept } from './preservation/data-kept.ts'
import { disruptionBelow } from './preservation/disruption-below.ts'
import { identityKept } from './preservation/identity-kept.ts'
import { noRestarts } from './preservation/no-restarts.ts'
import { podsNotMoved } from './preservation/pods-not-moved.ts'
import { replicasKept } from './preservation/replicas-kept.ts'
import { script } from './script.ts'
import { pvcBound } from './storage/pvc-bound.ts'
import type { Verifier } from './verifier.ts'
import { cronjobRuns } from './workloads/cronjob-runs.ts'
import { daemonsetAvailable } from './workloads/daemonset-available.ts'
import { deploymentAvailable } from './workloads/deployment-available.ts'
import { hpaScaling } from './workloads/hpa-scaling.ts'
import { jobCompleted } from './workloads/job-completed.ts'
import { podScheduledOn } from './workloads/pod-scheduled-on.ts'
import { statefulsetAvailable } from './workloads/statefulset-available.ts'
import { fileEquals } from './workspace/file-equals.ts'
import { fileUnchanged } from './workspace/file-unchanged.ts'
import { manifestsFit } from './workspace/manifests-fit.ts'
import { manifestsValid } from './workspace/manifests-valid.ts'
import { yamlFieldEquals } from './workspace/yaml-field-equals.ts'

/** Every check that a contract may name: outcomes of a cluster, of a workspace, then protections. */
export const verifiers: Readonly<Record<string, Verifier>> = byName([
  deploymentAvailable,
  statefulsetAvailable,
  daemonsetAvailable,
  jobCompleted,
  cronjobRuns,
  podScheduledOn,
  hpaScaling,
  serviceEndpoints,
  httpAnswers,
  httpRefused,
  tcpConnects,
  tcpRefused,
  dnsResolves,
  networkPath,
  ingressRoutes,
  envIs,
  fileContent,
  logContains,
  canI,
  pvcBound,
  fieldEquals,
  objectExists,
  objectAbsent,
  conditionIs,
  eventsAbsent,
  quotaFits,
  script,
  fileEquals,
  fileUnchanged,
  yamlFieldEquals,
  manifestsValid,
  manifestsFit,
  identityKept,
  replicasKept,
  noRestarts,
  podsNotMoved,
  disruptionBelow,
  dataKept,
])

function byName(all: readonly Verifier[]): Record<string, Verifier> {
  return Object.fromEntries(all.map((verifier) => [verifier.name, verifier]))
}
