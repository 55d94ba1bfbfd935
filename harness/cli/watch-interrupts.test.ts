import { performance } from 'node:perf_hooks'
import { expect, it, vi } from 'vitest'
import { watchInterrupts } from './watch-interrupts.ts'

function interrupt(...afterMs: number[]): { isDraining: boolean; isStopped: boolean; said: string[] } {
  const said: string[] = []
  let now = 1000
  using _ = vi.spyOn(performance, 'now').mockImplementation(() => now)
  using interrupts = watchInterrupts({ finishing: 'finishing', stopping: 'stopping' }, (line) => said.push(line))
  for (const ms of afterMs) {
    now += ms
    process.emit('SIGINT')
  }
  return { isDraining: interrupts.drain.aborted, isStopped: interrupts.stop.aborted, said }
}

it('lets what runs finish at the first interrupt, and ends it at the second', () => {
  expect(interrupt()).toEqual({ isDraining: false, isStopped: false, said: [] })
  expect(interrupt(0)).toEqual({ isDraining: true, isStopped: false, said: ['finishing; interrupt again to stop now'] })
  const twice = interrupt(0, 800)
  expect(twice).toMatchObject({ isStopped: true, said: ['finishing; interrupt again to stop now', 'stopping'] })
})

it('takes one Ctrl-C that the terminal, npm and the launcher all deliver for one', () => {
  expect(interrupt(0, 2, 40).isStopped).toBe(false)
  expect(interrupt(0, 2, 40, 800, 2).isStopped).toBe(true)
})
