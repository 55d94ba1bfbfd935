/** The three parts of a dataset that share neither worlds nor kinds of faults. */
export type Split = 'train' | 'validation' | 'test'
export const splits: readonly Split[] = ['train', 'validation', 'test']

/** Which model of a world belongs to which part. This table is fixed: what was held out stays held out. */
export type ModelName =
  | 'storefront'
  | 'pipeline'
  | 'tenants'
  | 'telemetry'
  | 'dispatch'
  | 'ledger'
  | 'library'
  | 'portal'
  | 'clinic'

export const splitOfModel: Readonly<Record<ModelName, Split>> = {
  storefront: 'train',
  pipeline: 'train',
  tenants: 'train',
  telemetry: 'train',
  dispatch: 'train',
  ledger: 'validation',
  library: 'validation',
  portal: 'test',
  clinic: 'test',
}

export const modelNames: readonly ModelName[] = Object.keys(splitOfModel) as ModelName[]

export type FaultKind =
  | 'service-endpoints'
  | 'discovery'
  | 'configuration'
  | 'rollout'
  | 'probes'
  | 'scheduling'
  | 'capacity'
  | 'rbac'
  | 'jobs'
  | 'autoscaling'
  | 'init-containers'
  | 'secrets'
  | 'disruption'
  | 'stateful-identity'
  | 'nodes'
  | 'network-policy'
  | 'storage'
  | 'pod-security'
  | 'admission'

/** Which kind of fault belongs to which part; fixed as well. */
export const splitOfKind: Readonly<Record<FaultKind, Split>> = {
  'service-endpoints': 'train',
  discovery: 'train',
  configuration: 'train',
  rollout: 'train',
  probes: 'train',
  scheduling: 'train',
  capacity: 'train',
  rbac: 'train',
  jobs: 'train',
  autoscaling: 'train',
  'init-containers': 'train',
  secrets: 'validation',
  disruption: 'validation',
  'stateful-identity': 'validation',
  nodes: 'validation',
  'network-policy': 'test',
  storage: 'test',
  'pod-security': 'test',
  admission: 'test',
}
