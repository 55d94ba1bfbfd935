/**
 * The unbiased chance that one of k attempts succeeds, averaged over tasks, as Harbor states it: for k of 2, 4, 8, ...
 * and 5, 10, 15, ..., as far as every task has attempts; nothing unless every trial has one reward of 0 or 1.
 */
export function passAtK(trials: readonly { task: string; rewards: Record<string, number> }[]): Record<string, number> {
  const byTask = new Map<string, number[]>()
  for (const { task, rewards } of trials) {
    const [reward, ...others] = Object.values(rewards)
    if (others.length > 0 || (reward !== 0 && reward !== 1)) return {}
    byTask.set(task, [...(byTask.get(task) ?? []), reward])
  }
  const tasks = [...byTask.values()]
  if (tasks.length === 0) return {}
  const most = Math.min(...tasks.map((rewards) => rewards.length))
  const average = (k: number): number => tasks.reduce((sum, rewards) => sum + chance(rewards, k), 0) / tasks.length
  return Object.fromEntries(eligible(most).map((k) => [String(k), average(k)]))
}

/** 1 - C(n - c, k) / C(n, k) */
function chance(rewards: readonly number[], k: number): number {
  const n = rewards.length
  const failed = rewards.filter((reward) => reward === 0).length
  if (failed < k) return 1
  return 1 - Array.from({ length: k }, (_, i) => (failed - i) / (n - i)).reduce((product, part) => product * part, 1)
}

function eligible(most: number): number[] {
  const counts = new Set<number>()
  for (let k = 2; k <= most; k *= 2) counts.add(k)
  for (let k = 5; k <= most; k += 5) counts.add(k)
  return [...counts].toSorted((a, b) => a - b)
}
