/**
 * Agents that are no contestants: those that know the answer or do nothing test the tasks, a replay repeats what another
 * agent did, and a person shows what a person needs.
 */
export function isReference(agent: string): boolean {
  const [kind = ''] = /^[a-z]+/.exec(agent) ?? []
  return references.has(kind) && /^[a-z]+(?:$|[:=,])/.test(agent)
}

/** Whether an agent is the oracle with another script than the task's own solution. */
export function isOtherScript(agent: string): boolean {
  return agent.startsWith('oracle:')
}

/** What such an agent is there for, in a few words. */
export function purposeOf(agent: string): string | undefined {
  if (isOtherScript(agent)) return 'another script of a task, good or bad'
  return isReference(agent) ? references.get(/^[a-z]+/.exec(agent)?.[0] ?? '') : undefined
}

const references = new Map([
  ['oracle', 'the task’s own solution'],
  ['nop', 'does nothing'],
  ['replay', 'repeats a recorded trial'],
  ['human', 'a person'],
])
