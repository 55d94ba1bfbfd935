import { describe, expect, it } from 'vitest'
import { judge, object } from '../sample-cluster.ts'
import { fieldEquals } from './field-equals.ts'

const deployment = object('deployment', 'web', {
  spec: {
    replicas: 2,
    template: {
      spec: {
        containers: [
          {
            name: 'web',
            image: 'web:1',
            resources: { limits: { cpu: '1000m', memory: '1Gi' } },
            env: [{ name: 'MODE', value: '8080' }],
          },
          { name: 'side', image: 'side:1' },
        ],
      },
    },
  },
})
const settings = object('configmap', 'settings', { data: { 'app.yaml': 'a: 1' } })
const widget = object('Widget', 'good', { spec: { size: 3 } })
const containers = 'spec.template.spec.containers'

describe('field-equals', () => {
  const rows: [string, object, RegExp][] = [
    ['compares a value', { path: 'spec.replicas', equals: 2 }, /^met deployment\/web has spec\.replicas: 2$/],
    [
      'shows what is there instead',
      { path: 'spec.replicas', equals: 3 },
      /^not-met deployment\/web has spec\.replicas: 2, not 3$/,
    ],
    [
      'does not take a number for a text',
      { path: `${containers}[name=web].env[name=MODE].value`, equals: 8080 },
      /^not-met .*"8080", not 8080/,
    ],
    [
      'knows spellings of one quantity',
      { path: `${containers}[name=web].resources.limits`, equals: { cpu: '1000m', memory: '1Gi' } },
      /^met/,
    ],
    ['knows 1000m for 1', { path: `${containers}[name=web].resources.limits.cpu`, equals: 1 }, /^met/],
    ['finds elements by key and by place', { path: `${containers}[1].image`, equals: 'side:1' }, /^met/],
    [
      'wants all that a path fits',
      { path: `${containers}[*].image`, matches: '^web' },
      /^not-met .*containers\[1\]\.image: "side:1", which does not match/,
    ],
    ['wants at least one', { path: `${containers}[name=none].image`, matches: '.' }, /^not-met .*has no spec/],
    ['takes one of several', { path: 'spec.replicas', 'one-of': [2, 3] }, /^met/],
    ['refuses a value', { path: 'spec.replicas', not: 2 }, /^not-met .*must not have/],
    ['wants presence by itself', { path: 'spec.paused' }, /^not-met .*has no spec\.paused/],
    ['may want absence', { path: 'spec.paused', absent: true }, /^met/],
    ['is not met by what should be absent', { path: 'spec.replicas', absent: true }, /^not-met/],
    ['does not find what JavaScript gives every object', { path: 'spec.constructor' }, /^not-met/],
  ]
  it.each(rows)('%s', async (_, params, expected) => {
    expect(await judge(fieldEquals, { object: 'deploy/web', namespace: 'shop', ...params }, [deployment])).toMatch(
      expected,
    )
  })

  it('knows fields with dots, custom kinds, and kinds that are not there', async () => {
    const ask = (params: object): Promise<string> =>
      judge(fieldEquals, { namespace: 'shop', ...params }, [settings, widget])
    expect(await ask({ object: 'cm/settings', path: 'data["app.yaml"]', equals: 'a: 1' })).toMatch(/^met/)
    expect(await ask({ object: 'widgets.example.com/good', path: 'spec.size', equals: 3 })).toMatch(/^met/)
    expect(await ask({ object: 'gadget/x', path: 'spec' })).toBe('not-met the cluster serves no kind called gadget')
  })

  it('refuses paths and objects that it does not understand', () => {
    expect(fieldEquals.params.safeParse({ object: 'web', path: 'spec' }).success).toBe(false)
    expect(fieldEquals.params.safeParse({ object: 'deploy/web', path: 'spec..x' }).success).toBe(false)
    expect(fieldEquals.params.safeParse({ object: 'deploy/web', path: 'spec', matches: '(' }).success).toBe(false)
  })
})
