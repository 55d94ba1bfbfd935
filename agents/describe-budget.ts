import type { AgentBudget } from './agent.ts'

/** What an agent may spend, as it is told. */
export function describeBudget({ timeMs, toolCalls, steps, tokens, usd }: AgentBudget): string {
  const seconds = Math.round(timeMs / 1000)
  const parts = [
    seconds >= 120 ? `${Math.round(seconds / 60)} minutes` : `${seconds} seconds`,
    `${toolCalls} tool calls`,
    ...(steps === undefined ? [] : [`${steps} answers`]),
    ...(tokens === undefined ? [] : [`${tokens} tokens of input and output together`]),
    ...(usd === undefined ? [] : [`$${usd}`]),
  ]
  return `You have ${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}. When one of them is used up, your work ends as it is.`
}
