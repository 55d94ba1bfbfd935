/** The agents of this folder by name; what each is made of is loaded when it is used. */
export const cliNames = [
  'claude-code',
  'codex',
  'gemini-cli',
  'opencode',
  'goose',
  'qwen-code',
  'kimi',
  'copilot',
  'cursor',
  'command',
] as const
export type CliName = (typeof cliNames)[number]

export function isCliName(name: string): name is CliName {
  return (cliNames as readonly string[]).includes(name)
}
