import { expect, test } from 'vitest'
import type { KubeClient } from '../../base/kube-client.ts'
import { enterCluster } from './alone.ts'

test('who must be alone waits for all others, and those who come later wait for them', async () => {
  const client = {} as KubeClient
  const log: string[] = []
  const enter = async (name: string, isAlone: boolean): Promise<Disposable> => {
    const presence = await enterCluster(client, { isAlone })
    log.push(name)
    return presence
  }
  const [first, second] = await Promise.all([enter('a', false), enter('b', false)])
  const alone = enter('alone', true)
  const later = enter('later', false)
  const other = enterCluster({} as KubeClient, { isAlone: true })
  first[Symbol.dispose]()
  await Promise.resolve()
  expect(log).toEqual(['a', 'b'])
  second[Symbol.dispose]()
  const only = await alone
  await Promise.resolve()
  expect(log).toEqual(['a', 'b', 'alone'])
  only[Symbol.dispose]()
  ;(await later)[Symbol.dispose]()
  expect(log).toEqual(['a', 'b', 'alone', 'later'])
  ;(await other)[Symbol.dispose]()
})
