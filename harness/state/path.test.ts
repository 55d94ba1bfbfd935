import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { covers, parsePath, printPath, type Path, type Step } from './path.ts'

test('a path is read step by step', () => {
  expect(parsePath('spec.containers[name=web].env[*].value')).toEqual([
    { field: 'spec' },
    { field: 'containers' },
    { key: { name: 'web' } },
    { field: 'env' },
    { any: 'element' },
    { field: 'value' },
  ])
  expect(parsePath('data["app.yaml"]')).toEqual([{ field: 'data' }, { field: 'app.yaml' }])
  expect(parsePath('spec.ports[port=80,protocol=TCP]')).toEqual([
    { field: 'spec' },
    { field: 'ports' },
    { key: { port: '80', protocol: 'TCP' } },
  ])
})

test.each(['spec.', '.spec', 'spec..a', 'spec[', 'spec[]', 'spec[a]', 'spec[name=x]y', 'a b', 'x[name=a,]'])(
  'the broken path %j is an input error that names the place',
  (text) => {
    expect(() => parsePath(text)).toThrow(/expected .* at character \d+/)
  },
)

test('what is printed is read back', () => {
  const text = fc.string({
    minLength: 1,
    unit: fc.constantFrom('a', '.', ']', '[', '"', "'", '\\', '=', ',', ' ', '*', '0'),
  })
  const step: fc.Arbitrary<Step> = fc.oneof(
    text.map((field) => ({ field })),
    fc
      .dictionary(fc.constantFrom('name', 'port', 'metadata.name'), fc.oneof(text, fc.constant('')), { minKeys: 1 })
      .map((key) => ({ key: { ...key } })),
    fc.nat(20).map((index) => ({ index })),
    fc.constantFrom<Step>({ any: 'element' }, { any: 'field' }),
  )
  fc.assert(
    fc.property(fc.array(step), (path: Path) => {
      expect(parsePath(printPath(path))).toEqual(path)
    }),
    { numRuns: 1000 },
  )
})

test.each([
  ['spec', 'spec.replicas', true],
  ['spec.replicas', 'spec.replicas', true],
  ['spec.replicas', 'spec', false],
  ['spec.rep', 'spec.replicas', false],
  ['containers[*].env', 'containers[name=web].env[name=X].value', true],
  ['containers[name=web].env', 'containers[name=api].env', false],
  ['ports[port=80]', 'ports[port=80,protocol=TCP].targetPort', true],
  ['data.*', 'data["app.yaml"]', true],
  ['rules[*].verbs', 'rules[3].verbs', true],
  ['rules[0]', 'rules[1]', false],
  ['*.replicas', 'spec.replicas', true],
  ['containers.*', 'containers[name=web]', false],
])('%s covers %s: %s', (pattern, path, expected) => {
  expect(covers(parsePath(pattern), parsePath(path))).toBe(expected)
})
