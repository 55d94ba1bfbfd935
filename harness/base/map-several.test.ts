import { expect, test } from 'vitest'
import { mapSeveral } from './map-several.ts'

test('answers come in the order of the items, and never too many are at work', async () => {
  let atWork = 0
  let most = 0
  const answers = await mapSeveral([5, 1, 4, 2, 3, 0], 2, async (n) => {
    most = Math.max(most, ++atWork)
    await new Promise((resolve) => setTimeout(resolve, n))
    atWork--
    return n * 10
  })
  expect(answers).toEqual([50, 10, 40, 20, 30, 0])
  expect(most).toBe(2)
})

test('the first error is the error', async () => {
  await expect(mapSeveral([1, 2], 1, (n) => Promise.reject(new Error(`no ${n}`)))).rejects.toThrow('no 1')
})
