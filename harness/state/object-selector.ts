import { InputError } from '../base/errors.ts'
import type { ObjectId } from './cluster-state.ts'

/** Which objects an entry of may-change speaks of: `deployment/checkout -n shop`, `pod/web-* -n *`, `clusterrole/reader`. */
export interface ObjectSelector {
  /** In lower case; may be a plural or kubectl's short name. */
  kind: string
  /** Undefined when any group will do. */
  group: string | undefined
  name: string
  /** Undefined means cluster-scoped, or the namespace `default`. */
  namespace: string | undefined
}

/** Reads a selector; what is wrong with it is an `InputError`. */
export function parseSelector(text: string): ObjectSelector {
  const found = /^([A-Za-z0-9*]+)(?:\.([A-Za-z0-9.-]+))?\/(\S+?)(?:\s+(?:-n|--namespace)[\s=]\s*(\S+))?\s*$/.exec(text)
  const [, kind, group, name, namespace] = found ?? []
  if (kind === undefined || name === undefined) {
    throw new InputError([`object ${JSON.stringify(text)}: expected kind/name -n namespace`])
  }
  return { kind: kind.toLowerCase(), group: group?.toLowerCase(), name, namespace }
}

/** Whether a selector speaks of an object. */
export function selects(selector: ObjectSelector, id: ObjectId): boolean {
  return (
    isKind(selector.kind, id.kind) &&
    (selector.group === undefined || selector.group === id.group.toLowerCase()) &&
    isGlobMatch(selector.name, id.name) &&
    (id.namespace === undefined
      ? selector.namespace === undefined
      : isGlobMatch(selector.namespace ?? 'default', id.namespace))
  )
}

/** The plural under which the API serves a kind: `networkpolicies`. */
export function pluralOf(kind: string): string {
  const word = kind.toLowerCase()
  if (word === 'endpoints') return word
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`
  return /(?:s|x|z|ch|sh)$/.test(word) ? `${word}es` : `${word}s`
}

function isKind(word: string, kind: string): boolean {
  return word === '*' || word === kind.toLowerCase() || word === pluralOf(kind) || shortNames[word] === kind
}

function isGlobMatch(glob: string, text: string): boolean {
  if (!glob.includes('*')) return glob === text
  const parts = glob.split('*')
  const first = parts[0] as string
  const last = parts.at(-1) as string
  if (!text.startsWith(first) || text.length < first.length + last.length) return false
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return text.endsWith(last) && at <= text.length - last.length
}

const shortNames: Record<string, string> = {
  cm: 'ConfigMap',
  cj: 'CronJob',
  crd: 'CustomResourceDefinition',
  csr: 'CertificateSigningRequest',
  deploy: 'Deployment',
  ds: 'DaemonSet',
  ep: 'Endpoints',
  hpa: 'HorizontalPodAutoscaler',
  ing: 'Ingress',
  limits: 'LimitRange',
  netpol: 'NetworkPolicy',
  no: 'Node',
  ns: 'Namespace',
  pc: 'PriorityClass',
  pdb: 'PodDisruptionBudget',
  po: 'Pod',
  pv: 'PersistentVolume',
  pvc: 'PersistentVolumeClaim',
  quota: 'ResourceQuota',
  rc: 'ReplicationController',
  rs: 'ReplicaSet',
  sa: 'ServiceAccount',
  sc: 'StorageClass',
  sts: 'StatefulSet',
  svc: 'Service',
}
