import { expect, it } from 'vitest'
import { nameOfAgent, parseAgent } from './agents.ts'

it.each(['oracle', 'oracle:unsafe/scale.sh', 'nop', 'replay=results/a/agent/trajectory.json', 'human', 'human=mcp'])(
  'reads --agent %s and names it the same',
  (text) => {
    expect(nameOfAgent(parseAgent(text))).toBe(text)
  },
)

it.each(['orcale', 'nop:x', 'replay', 'replay=', 'human=telepathy', 'oracle=x', ''])('refuses --agent "%s"', (text) => {
  expect(() => parseAgent(text)).toThrow(/expected one of oracle, /)
})
