import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkCli, inspectClis, type CliChoice } from './check-cli.ts'
import { cliNames } from './cli-names.ts'

const keys = [
  'ANTHROPIC_API_KEY',
  'OPENAI_API_KEY',
  'GEMINI_API_KEY',
  'DASHSCOPE_API_KEY',
  'KIMI_API_KEY',
  'CURSOR_API_KEY',
]
const choice = (name: string, more: Partial<CliChoice> = {}): CliChoice => ({
  name,
  model: undefined,
  effort: undefined,
  version: undefined,
  program: undefined,
  baseUrl: undefined,
  env: { PATH: '/nowhere' },
  ...more,
})

describe.skipIf(!existsSync('/usr/bin/bwrap'))('what an agent that is a program lacks', () => {
  it('is said of each of them, in one line with the cure', async () => {
    const findings = await inspectClis({ PATH: '/nowhere' })
    expect(findings.map(({ name }) => name)).toEqual([...cliNames])
    expect(Object.fromEntries(findings.map(({ name, cure }) => [name, cure]))).toEqual({
      'claude-code': 'set ANTHROPIC_API_KEY to your API key',
      codex: 'set OPENAI_API_KEY to your API key',
      'gemini-cli': 'set GEMINI_API_KEY to your API key',
      opencode: 'set OPENAI_API_KEY to your API key',
      goose: 'not installed: install goose and have it on the PATH',
      'qwen-code': 'set DASHSCOPE_API_KEY to your API key',
      kimi: 'set KIMI_API_KEY to your API key',
      copilot: 'set OPENAI_API_KEY to your API key',
      cursor: 'not installed: install the Cursor CLI and have cursor-agent on the PATH',
      command: undefined,
    })
  })

  it('is nothing where the key is there', async () => {
    const env = { PATH: '/nowhere', ...Object.fromEntries(keys.map((key) => [key, 'x'])) }
    const lacking = (await inspectClis(env)).filter(({ status }) => status !== 'ok')
    expect(lacking.map(({ name }) => name)).toEqual(['goose', 'cursor'])
  })

  it('is the program itself where somebody names one that is not there', async () => {
    expect(await checkCli(choice('command', { program: './no-such-agent --fast' }))).toBe(
      'there is no program ./no-such-agent',
    )
  })
})
