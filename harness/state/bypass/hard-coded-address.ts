import type { KubeObject } from '../../base/kube-client.ts'
import { idOf, printId } from '../cluster-state.ts'
import { isObject, listAt, objectAt, textAt } from '../json.ts'
import { printPath, type Path } from '../path.ts'
import { containersOf, podSpecOf } from '../pod-spec-of.ts'
import type { StateIndex } from '../state-index.ts'
import type { BypassCheck, Finding } from './finding.ts'

/** Addresses of Services, Pods and Nodes of this cluster that were not in the configuration before. */
export const checkHardCodedAddresses: BypassCheck = ({ before, after, states }) => {
  if (!after || !isConfiguration(after)) return []
  const had = new Set(before ? addressesIn(before).map(({ address }) => address) : [])
  const found = new Map<string, Finding>()
  for (const { address, path } of addressesIn(after)) {
    if (had.has(address) || found.has(address)) continue
    const owner = ownersOfAddresses(states.after).get(address) ?? ownersOfAddresses(states.before).get(address)
    if (owner === undefined) continue
    found.set(address, {
      name: 'hard-coded-address',
      path: printPath(path),
      because: `has the address ${address} of ${owner} written into it`,
    })
  }
  return [...found.values()]
}

function isConfiguration(object: KubeObject): boolean {
  return (
    podSpecOf(object) !== undefined ||
    ['ConfigMap', 'Secret', 'Service', 'Ingress', 'Endpoints', 'EndpointSlice'].includes(object.kind)
  )
}

function addressesIn(object: KubeObject): { address: string; path: Path }[] {
  const found: { address: string; path: Path }[] = []
  const visit = (value: unknown, path: Path): void => {
    if (typeof value === 'string') {
      for (const [address] of value.matchAll(
        /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)|[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){2,7}/gi,
      )) {
        found.push({ address, path })
      }
    } else if (Array.isArray(value))
      value.forEach((element, index) => visit(element, [...path, stepTo(element, index)]))
    else if (isObject(value)) for (const [field, child] of Object.entries(value)) visit(child, [...path, { field }])
  }
  for (const { value, path } of placesToLook(object)) visit(value, path)
  return found
}

function placesToLook(object: KubeObject): { value: unknown; path: Path }[] {
  const pod = podSpecOf(object)
  const fields = (names: string): Path => names.split('.').map((field) => ({ field }))
  if (pod) {
    const ofContainers = containersOf(pod.spec).flatMap(({ name, field, container }) =>
      ['env', 'args', 'command', 'readinessProbe', 'livenessProbe', 'startupProbe', 'lifecycle'].map((part) => ({
        value: container[part],
        path: [...fields(pod.path), { field }, { key: { name } }, { field: part }],
      })),
    )
    return [
      ...ofContainers,
      ...['hostAliases', 'dnsConfig'].map((part) => ({
        value: pod.spec[part],
        path: [...fields(pod.path), { field: part }],
      })),
    ]
  }
  if (object.kind === 'Secret') {
    return Object.entries(objectAt(object, 'data')).map(([key, encoded]) => ({
      value: Buffer.from(String(encoded), 'base64').toString('latin1'),
      path: [{ field: 'data' }, { field: key }],
    }))
  }
  if (object.kind === 'Service') {
    return ['externalIPs', 'externalName'].map((part) => ({
      value: objectAt(object, 'spec')[part],
      path: fields(`spec.${part}`),
    }))
  }
  return ['data', 'binaryData', 'spec', 'subsets', 'endpoints'].map((part) => ({
    value: object[part],
    path: fields(part),
  }))
}

function stepTo(element: unknown, index: number): Path[number] {
  const name = textAt(element, 'name')
  return name === undefined ? { index } : { key: { name } }
}

const ownersOfState = new WeakMap<StateIndex, Map<string, string>>()

function ownersOfAddresses(state: StateIndex): Map<string, string> {
  let owners = ownersOfState.get(state)
  if (owners) return owners
  owners = new Map()
  for (const kind of ['Node', 'Pod', 'Service']) {
    for (const object of state.ofKind(kind, '')) {
      const addresses = [
        textAt(object, 'status', 'podIP'),
        textAt(object, 'spec', 'clusterIP'),
        ...listAt(object, 'spec', 'clusterIPs'),
        ...listAt(object, 'status', 'podIPs').map((entry) => textAt(entry, 'ip')),
        ...listAt(object, 'status', 'addresses').map((entry) => textAt(entry, 'address')),
      ]
      for (const address of addresses)
        if (typeof address === 'string' && address !== 'None') owners.set(address, printId(idOf(object)))
    }
  }
  ownersOfState.set(state, owners)
  return owners
}
