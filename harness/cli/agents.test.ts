import { expect, it, vi } from 'vitest'
import { nameOfAgent } from '../store/name-of-agent.ts'
import { checkAgent, parseAgent, toolsOf } from './agents.ts'

const variants = [
  'model=anthropic/claude-sonnet-5-5',
  'model=local/llama,prompt=brief.md,tools=typed',
  'model=openai/gpt-6-sol,context=50000,effort=high',
  'codex',
  'claude-code=claude-opus-5-5,tools=typed',
  'gemini-cli,version=0.61.0',
  'command=./agent --fast, --now=yes',
]

it.each([
  'oracle',
  'oracle:unsafe/scale.sh',
  'nop',
  'replay=results/a/agent/trajectory.json',
  'human',
  'human=mcp',
  ...variants,
])('reads --agent %s and names it the same', (text) => {
  expect(nameOfAgent(parseAgent(text))).toBe(text)
})

it.each(['orcale', 'nop:x', 'replay', 'replay=', 'human=telepathy', 'oracle=x', ''])('refuses --agent "%s"', (text) => {
  expect(() => parseAgent(text)).toThrow(/expected one of oracle, /)
})

it.each([
  ['model=openai/x,tool=typed', /tool=typed: expected one of prompt=/],
  ['model=openai/x,tools=all', /tools: expected kubectl or typed/],
  ['codex,version', /version: expected one of tools=.*version=/],
  ['model=openai/x,context=few', /context: expected a number of tokens/],
  ['model=', /expected one of oracle/],
])('refuses the variant "%s"', (text, says) => {
  expect(() => parseAgent(text)).toThrow(says)
})

it('makes every variant an agent of its own', () => {
  const texts = [
    'model=openai/x',
    'model=openai/x,tools=typed',
    'model=openai/x,prompt=a.md',
    'model=openai/x,effort=low',
  ]
  const identities = [
    ...texts.map((text) => parseAgent(text)),
    parseAgent('model=openai/x', { baseUrl: 'http://h/v1' }),
  ]
  expect(new Set(identities.map((identity) => JSON.stringify(identity))).size).toBe(5)
  expect(identities.map(toolsOf)).toEqual([undefined, 'typed', undefined, undefined, undefined])
})

it.each([
  ['model=anthropic/x', 'set ANTHROPIC_API_KEY to your API key'],
  ['model=openai/x', 'set OPENAI_API_KEY to your API key'],
  ['model=google/x', 'set GOOGLE_GENERATIVE_AI_API_KEY to your API key'],
  ['model=local/x', 'expected --base-url, such as http://127.0.0.1:11434/v1'],
  ['model=x', 'expected one of anthropic/NAME, openai/NAME, google/NAME, local/NAME'],
])('says in one line what %s wants', async (text, wants) => {
  vi.stubEnv('ANTHROPIC_API_KEY', '')
  vi.stubEnv('OPENAI_API_KEY', '')
  for (const name of ['GOOGLE_GENERATIVE_AI_API_KEY', 'GEMINI_API_KEY', 'GOOGLE_API_KEY']) vi.stubEnv(name, '')
  await expect(checkAgent(parseAgent(text))).rejects.toThrow(`--agent ${text}: ${wants}`)
  vi.unstubAllEnvs()
})
