import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../base/kube-client.ts'
import { diffStates } from './diff-states.ts'
import { allowed, parseMayChange, type MayChange } from './may-change.ts'
import { parseSelector, selects } from './object-selector.ts'
import { sample, sampleDeployment, stateOf, withChange } from './sample-objects.ts'

const web = sampleDeployment('web')
const main = ['spec', 'template', 'spec', 'containers', 0]
const containers = 'spec.template.spec.containers'

describe('a change of a deployment is allowed', () => {
  test.each<[string, string[], KubeObject, boolean]>([
    ['by the very path', [`${containers}[name=main].image`], withChange(web, [...main, 'image'], 'x'), true],
    ['by a wildcard above it', [`${containers}[*].env`], withChange(web, [...main, 'env', 0, 'value'], 'x'), true],
    ['not by a neighbour', [`${containers}[*].args`], withChange(web, [...main, 'image'], 'x'), false],
    ['not by another container', [`${containers}[name=side].image`], withChange(web, [...main, 'image'], 'x'), false],
    [
      'not when a new variable is more than its value',
      [`${containers}[*].env[*].value`],
      withChange(web, [...main, 'env', 1], { name: 'X', value: '1' }),
      false,
    ],
    [
      'when all parts of a removed probe are allowed',
      ['httpGet', 'periodSeconds', 'timeoutSeconds', 'successThreshold', 'failureThreshold'].map(
        (f) => `${containers}[*].readinessProbe.${f}`,
      ),
      withChange(web, [...main, 'readinessProbe'], undefined),
      true,
    ],
    [
      'not when only a part of a removed probe is',
      [`${containers}[*].readinessProbe.httpGet`],
      withChange(web, [...main, 'readinessProbe'], undefined),
      false,
    ],
    ['by a label below metadata', ['metadata.labels'], withChange(web, ['metadata', 'labels'], { tier: 'a' }), true],
    ['not by a path when it was recreated', ['spec', 'metadata'], withChange(web, ['metadata', 'uid'], 'new'), false],
    ['by the word when it was recreated', ['recreated'], withChange(web, ['metadata', 'uid'], 'new'), true],
  ])('%s', (_, paths, after, expected) => {
    expect(areAllowed({ 'deployment/web -n shop': paths }, [web], [after])).toBe(expected)
  })
})

test('a new or missing object needs the word for it', () => {
  expect(areAllowed({ 'deploy/web -n shop': ['spec'] }, [web], [])).toBe(false)
  expect(areAllowed({ 'deploy/web -n shop': ['deleted'] }, [web], [])).toBe(true)
  expect(areAllowed({ 'deploy/web -n shop': ['deleted'] }, [], [web])).toBe(false)
  expect(areAllowed({ 'deploy/web -n shop': ['created'] }, [], [web])).toBe(true)
})

test('a rule of a set is reached by [*] when it alone changed', () => {
  const policy = sample('networking.k8s.io/v1', 'NetworkPolicy', 'p', {
    spec: { podSelector: {}, ingress: [{ ports: [{ port: 80 }] }, { ports: [{ port: 81 }] }] },
  })
  const after = withChange(policy, ['spec', 'ingress', 1, 'ports', 0, 'port'], 82)
  expect(areAllowed({ 'netpol/p -n shop': ['spec.ingress[*].ports'] }, [policy], [after])).toBe(true)
  expect(areAllowed({ 'netpol/p -n shop': ['spec.ingress[*].from'] }, [policy], [after])).toBe(false)
})

test('everything wrong with may-change is told at once', () => {
  expect(() => parseMayChange({ 'web -n shop': ['spec'], 'deployment/web': ['spec['], 'cm/x': [] })).toThrow(
    /"web -n shop": expected kind\/name -n namespace\n.*deployment\/web.*expected a closing \].*\n.*cm\/x.*at least one path/,
  )
})

test.each([
  ['deployment/web -n shop', true],
  ['Deployment/web -n shop', true],
  ['deployments/web -n shop', true],
  ['deploy/web -n shop', true],
  ['deployment.apps/web -n shop', true],
  ['deployment/w* -n *', true],
  ['*/web -n shop', true],
  ['deployment/web --namespace=shop', true],
  ['deployment/web', false],
  ['deployment/web -n other', false],
  ['deployment.example.com/web -n shop', false],
  ['statefulset/web -n shop', false],
])('the selector %s selects deployment/web -n shop: %s', (text, expected) => {
  const id = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' }
  expect(selects(parseSelector(text), id)).toBe(expected)
})

function areAllowed(mayChange: MayChange, before: KubeObject[], after: KubeObject[]): boolean {
  const allowances = parseMayChange(mayChange)
  const differences = diffStates(stateOf(before), stateOf(after))
  expect(differences.length).toBeGreaterThan(0)
  return differences.every((difference) => allowed(difference, allowances) !== undefined)
}
