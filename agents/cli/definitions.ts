import { claudeCode } from './claude-code.ts'
import type { CliName } from './cli-names.ts'
import { codex } from './codex.ts'
import { command } from './command.ts'
import { copilot } from './copilot.ts'
import { cursor } from './cursor.ts'
import type { CliDefinition } from './define-cli.ts'
import { geminiCli } from './gemini-cli.ts'
import { goose } from './goose.ts'
import { kimi } from './kimi.ts'
import { opencode } from './opencode.ts'
import { qwenCode } from './qwen-code.ts'

/** Every program that can be an agent. */
export const cliDefinitions: Readonly<Record<CliName, CliDefinition>> = {
  'claude-code': claudeCode,
  codex,
  'gemini-cli': geminiCli,
  opencode,
  goose,
  'qwen-code': qwenCode,
  kimi,
  copilot,
  cursor,
  command,
}
