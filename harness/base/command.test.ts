import { describe, expect, it } from 'vitest'
import { startTimer } from './clock.ts'
import { runCommand } from './command.ts'

describe('runCommand', () => {
  it('tells output, exit code and that a program is not there', async () => {
    const result = await runCommand(['sh', '-c', 'cat; echo err >&2; exit 3'], { stdin: 'in' })
    expect(result).toMatchObject({ exitCode: 3, stdout: 'in', stderr: 'err\n', isTimedOut: false })
    const missing = await runCommand(['/no/such/program'])
    expect(missing.exitCode).toBeUndefined()
    expect(missing.stderr).toContain('/no/such/program')
  })

  it('ends everything the program started when its time is up and it was told so', async () => {
    const elapsed = startTimer()
    const result = await runCommand(['sh', '-c', 'sleep 20 & sleep 20; true'], { timeoutMs: 100, endsGroup: true })
    expect(result.isTimedOut).toBe(true)
    expect(elapsed()).toBeLessThan(5_000)
  })

  it('kills a group that does not heed the end, and an aborted one', async () => {
    const stubborn = ['sh', '-c', 'trap "" TERM; sleep 20 & wait; sleep 20']
    const elapsed = startTimer()
    const late = await runCommand(stubborn, { timeoutMs: 100, endsGroup: true, killAfterMs: 100 })
    expect(late).toMatchObject({ isTimedOut: true, signal: 'SIGKILL' })
    const signal = AbortSignal.timeout(100)
    const aborted = await runCommand(['sh', '-c', 'sleep 20; true'], { signal, endsGroup: true })
    expect(aborted).toMatchObject({ isTimedOut: false, signal: 'SIGTERM' })
    expect(elapsed()).toBeLessThan(5_000)
  })
  it('reads a program to its end and keeps as much of what it prints as was asked for', async () => {
    const words = ['sh', '-c', 'head -c 100000000 /dev/zero; echo the end >&2; exit 4']
    const result = await runCommand(words, { maxBytes: 1000 })
    expect(result).toMatchObject({ exitCode: 4, stderr: 'the end\n', isTruncated: true })
    expect(result.stdout).toHaveLength(1000)
    expect(await runCommand(['echo', 'short'], { maxBytes: 1000 })).toMatchObject({ isTruncated: false })
  })
})
