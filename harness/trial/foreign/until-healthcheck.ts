import { sleep } from '../../base/clock.ts'
import type { CommandResult } from '../../base/command.ts'
import type { HarborHealthcheck } from '../../task/harbor-task.ts'
import { TrialFault } from '../trial-fault.ts'

/** Asks until Harbor's health check says yes; so many failures in a row after the start make the task's fault. */
export async function untilHealthcheck(
  where: string,
  healthcheck: HarborHealthcheck,
  ask: () => Promise<Pick<CommandResult, 'exitCode' | 'stdout' | 'stderr'>>,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = Date.now()
  for (let failures = 0; ;) {
    const { exitCode, stdout, stderr } = await ask()
    if (exitCode === 0) return
    const isStarting = Date.now() - startedAt < healthcheck.start_period_sec * 1000
    if (!isStarting && ++failures >= healthcheck.retries) {
      const said = (stderr || stdout).trim().split('\n').at(-1)
      throw new TrialFault('task', 'unhealthy', `${where}.healthcheck fails: ${said}`)
    }
    await sleep((isStarting ? healthcheck.start_interval_sec : healthcheck.interval_sec) * 1000, signal)
  }
}
