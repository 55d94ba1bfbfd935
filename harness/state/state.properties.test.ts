import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { KubeObject } from '../base/kube-client.ts'
import { applyDifferences } from './apply-differences.ts'
import { diffStates } from './diff-states.ts'
import { isObject } from './json.ts'
import { normalizeState } from './normalize-object.ts'
import { parsePath, printPath } from './path.ts'
import { sample, stateOf } from './sample-objects.ts'
import { typesOf } from './types/known-types.ts'

test('a state does not differ from itself', () => {
  fc.assert(
    fc.property(states, (objects) => {
      expect(diffStates(stateOf(objects), stateOf(objects))).toEqual([])
    }),
  )
})

test('a copy without the very same content goes through the normal form and still does not differ', () => {
  fc.assert(
    fc.property(states, (objects) => {
      const copy = objects.map((object) => ({ ...object, nothing: null, status: { seen: true } }))
      expect(diffStates(stateOf(objects), stateOf(copy)).filter(({ path }) => path !== 'nothing')).toEqual([])
    }),
  )
})

test('reordering what Kubernetes treats as a set changes nothing', () => {
  fc.assert(
    fc.property(states, fc.infiniteStream(fc.nat(1000)), (objects, numbers) => {
      const reordered = shuffleSets(objects, numbers) as KubeObject[]
      expect(diffStates(stateOf(objects), stateOf(reordered))).toEqual([])
    }),
  )
})

test('normalizing twice changes nothing more', () => {
  fc.assert(
    fc.property(states, (objects) => {
      const once = normalizeState(stateOf(objects))
      expect(normalizeState(once)).toEqual(once)
    }),
  )
})

test('applying the differences to the baseline gives the end state', () => {
  fc.assert(
    fc.property(states, states, (a, b) => {
      const [before, after] = [stateOf(a), stateOf(b)]
      const typeOf = typesOf(before, after)
      const reached = applyDifferences(before, diffStates(before, after, typeOf), typeOf)
      expect(reached.objects).toEqual(normalizeState(after, typeOf).objects)
    }),
    { numRuns: 300 },
  )
})

test('every path that a difference names can be read back', () => {
  fc.assert(
    fc.property(states, states, (a, b) => {
      for (const { path } of diffStates(stateOf(a), stateOf(b))) expect(printPath(parsePath(path))).toBe(path)
    }),
  )
})

const name = fc.constantFrom('a', 'b', 'c', 'constructor', '__proto__', 'x.y/z')
const word = fc.constantFrom('on', 'off', '', '$(a)', '$(b)-$(c)', '$$(a)', 'q"]')
const amount = fc.constantFrom('1', '1000m', '1Gi', '1024Mi', '250m', '0.25', 2)
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined })
const unique = <T>(value: fc.Arbitrary<T>, by: (value: T) => unknown): fc.Arbitrary<T[]> =>
  fc.uniqueArray(value, { maxLength: 4, selector: by })
const dictionary = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.array(fc.tuple(name, value), { maxLength: 3 }).map((entries) => Object.fromEntries(entries) as Record<string, T>)
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<object> =>
  fc.record(model).map((object) => JSON.parse(JSON.stringify(object)) as object)

const container = record({
  name,
  image: fc.constantFrom('web:1', 'web:2', 'web'),
  args: maybe(fc.array(word, { maxLength: 3 })),
  env: maybe(unique(record({ name, value: maybe(word) }), (e) => (e as { name: string }).name)),
  ports: maybe(
    unique(
      record({ containerPort: fc.constantFrom(80, 81, 82), name: maybe(name) }),
      (p) => (p as { containerPort: number }).containerPort,
    ),
  ),
  resources: maybe(record({ limits: maybe(dictionary(amount)), requests: maybe(dictionary(amount)) })),
  volumeMounts: maybe(
    unique(record({ name, mountPath: fc.constantFrom('/a', '/b') }), (m) => (m as { mountPath: string }).mountPath),
  ),
  readinessProbe: maybe(
    record({ httpGet: record({ path: maybe(word), port: fc.constant(80) }), periodSeconds: maybe(fc.constant(10)) }),
  ),
})
const containers = unique(container, (c) => (c as { name: string }).name)

const podSpec = record({
  containers,
  initContainers: maybe(containers),
  volumes: maybe(
    unique(
      record({ name, emptyDir: maybe(record({ medium: maybe(word) })), secret: maybe(record({ secretName: name })) }),
      (v) => (v as { name: string }).name,
    ),
  ),
  tolerations: maybe(fc.array(record({ key: name, operator: maybe(fc.constant('Equal')), value: maybe(word) }))),
  nodeSelector: maybe(dictionary(word)),
  hostNetwork: maybe(fc.boolean()),
})

const metadata = record({
  labels: maybe(dictionary(word)),
  annotations: maybe(dictionary(word)),
  finalizers: maybe(fc.uniqueArray(name)),
  uid: fc.constantFrom('one', 'two'),
})

const selector = maybe(record({ matchLabels: maybe(dictionary(word)) }))
const peers = maybe(fc.array(record({ podSelector: selector, namespaceSelector: selector }), { maxLength: 2 }))

const object = fc.oneof(
  fc.tuple(
    fc.constant('apps/v1 Deployment'),
    record({ spec: record({ replicas: maybe(fc.nat(3)), template: record({ spec: podSpec }) }) }),
  ),
  fc.tuple(fc.constant('v1 ConfigMap'), record({ data: maybe(dictionary(word)) })),
  fc.tuple(
    fc.constant('v1 Service'),
    record({
      spec: record({
        selector: maybe(dictionary(word)),
        ports: maybe(
          unique(record({ port: fc.constantFrom(80, 81), name: maybe(name) }), (p) => (p as { port: number }).port),
        ),
      }),
    }),
  ),
  fc.tuple(
    fc.constant('networking.k8s.io/v1 NetworkPolicy'),
    record({
      spec: record({
        podSelector: selector,
        ingress: maybe(
          fc.array(
            record({
              from: peers,
              ports: maybe(fc.array(record({ port: fc.constantFrom(80, 81) }), { maxLength: 2 })),
            }),
            { maxLength: 3 },
          ),
        ),
      }),
    }),
  ),
  fc.tuple(
    fc.constant('rbac.authorization.k8s.io/v1 Role'),
    record({
      rules: maybe(
        fc.array(
          record({ verbs: fc.uniqueArray(name), resources: fc.uniqueArray(name), apiGroups: fc.constant(['']) }),
          { maxLength: 3 },
        ),
      ),
    }),
  ),
  fc.tuple(fc.constant('example.com/v1 Widget'), record({ spec: maybe(fc.jsonValue({ maxDepth: 3 })) })),
)

const states = fc
  .uniqueArray(fc.tuple(object, fc.constantFrom('one', 'two'), metadata), {
    maxLength: 5,
    selector: ([[kind], objectName]) => `${kind}/${objectName}`,
  })
  .map((all) =>
    all.map(([[kind, fields], objectName, meta]) => {
      const [apiVersion, kindName] = kind.split(' ') as [string, string]
      return sample(apiVersion, kindName, objectName, fields as Record<string, unknown>, meta)
    }),
  )

const setFields = new Set([
  'containers',
  'ports',
  'volumes',
  'volumeMounts',
  'tolerations',
  'finalizers',
  'ingress',
  'from',
  'rules',
  'verbs',
  'resources',
])

/** Shuffles lists that are sets by their field's name, environments without references, and the fields of all objects. */
function shuffleSets(value: unknown, numbers: fc.Stream<number>, field = ''): unknown {
  if (Array.isArray(value)) {
    const list = value.map((element) => shuffleSets(element, numbers))
    const isSet = setFields.has(field) || (field === 'env' && !JSON.stringify(value).includes('$('))
    return isSet ? shuffle(list, numbers) : list
  }
  if (!isObject(value)) return value
  const isCustom = value['kind'] === 'Widget'
  const entries = Object.entries(value).map(([key, child]): [string, unknown] => [
    key,
    isCustom ? child : shuffleSets(child, numbers, key),
  ])
  return Object.fromEntries(shuffle(entries, numbers))
}

function shuffle<T>(list: T[], numbers: fc.Stream<number>): T[] {
  return list
    .map((element) => ({ element, at: numbers.next().value ?? 0 }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ element }) => element)
}
