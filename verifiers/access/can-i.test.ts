import { describe, expect, it } from 'vitest'
import { judge, object } from '../sample-cluster.ts'
import { canI } from './can-i.ts'

const as = 'system:serviceaccount:shop:reporter'
const account = object('serviceaccount', 'reporter')
const asked: string[] = []

/** May get and list pods of the shop, and read /metrics. */
function mayDo(user: string, { verb, group, resource, subresource, namespace, path }: Record<string, string>): boolean {
  asked.push(
    `${user}: ${verb} ${path ?? `${resource}${subresource ? `/${subresource}` : ''}.${group} in ${namespace ?? 'all'}`}`,
  )
  if (path !== undefined) return path === '/metrics'
  return (
    ['get', 'list'].includes(verb ?? '') && resource === 'pods' && subresource === undefined && namespace === 'shop'
  )
}

describe('can-i', () => {
  const rows: [string, object, RegExp][] = [
    [
      'is met when all is as told',
      { allow: ['get,list pods -n shop', 'get /metrics'], deny: ['get pods/log -n shop', 'delete pods -n shop'] },
      /^met .*all 2 it should and none of 2/,
    ],
    [
      'tells all that is missing',
      { allow: ['get,watch,delete pods -n shop'] },
      /^not-met .*may not watch pods in namespace shop, and may not delete pods in namespace shop$/,
    ],
    ['tells what is too much', { deny: ['list pods -n shop'] }, /^not-met .*may list pods in namespace shop/],
    ['asks about all namespaces without one', { allow: ['get pods'] }, /^not-met .*may not get pods in all namespaces/],
    ['knows kinds by any of their names', { allow: ['get pod -n shop', 'list po -n shop'] }, /^met/],
  ]
  it.each(rows)('%s', async (_, params, expected) => {
    expect(await judge(canI, { as, ...params }, [account], { mayDo })).toMatch(expected)
  })

  it('asks in the group that the resource is served in', async () => {
    asked.length = 0
    await judge(canI, { as, deny: ['update deployments -n shop', 'patch deployments/scale -n shop'] }, [account], {
      mayDo,
    })
    expect(asked).toEqual([`${as}: update deployments.apps in shop`, `${as}: patch deployments/scale.apps in shop`])
  })

  it('does not take a misspelt resource for a denied one', async () => {
    expect(await judge(canI, { as, deny: ['get secretz -n shop'] }, [account], { mayDo })).toMatch(/^unknown .*secretz/)
    expect(await judge(canI, { as, deny: ['get gadgets.example.org -n shop'] }, [account], { mayDo })).toMatch(/^met/)
  })

  it('does not give an account that is not there anything', async () => {
    expect(await judge(canI, { as, allow: ['get pods -n shop'] }, [], { mayDo })).toBe(
      'not-met there is no serviceaccount/reporter in namespace shop',
    )
  })

  it('refuses sentences that it does not understand', () => {
    expect(canI.params.safeParse({ as, allow: ['pods'] }).success).toBe(false)
  })
})
