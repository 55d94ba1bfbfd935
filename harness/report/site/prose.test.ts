import { expect, test } from 'vitest'
import { reflow } from './prose.ts'

test('lines that were broken by hand flow again', () => {
  const long = 'Since this morning nobody can place an order in our web shop, and every basket is lost'
  expect(reflow(`${long}\nthat was filled before.\n\nPlease see to it.`)).toBe(
    `${long} that was filled before.\n\nPlease see to it.`,
  )
})

test('an item of a list flows, and the next one is its own', () => {
  const item = '- Recording orders is the business of another team, and not only the shop depends on it'
  expect(reflow(`${item}\n  all day.\n- Nothing else may change.`)).toBe(`${item} all day.\n- Nothing else may change.`)
})

test('what is set out by lines stays as it is', () => {
  for (const text of [
    'a\nb\nc',
    '```\nkubectl get pods --namespace shop --output wide --watch --show-labels\nok\n```',
    '',
  ])
    expect(reflow(text)).toBe(text)
})
