import { spawn } from 'node:child_process'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { startTimer } from './clock.ts'
import { runCommand } from './command.ts'
import { startTimeOf } from './daemon.ts'

describe('runCommand', () => {
  it('tells output, exit code and that a program is not there', async () => {
    const result = await runCommand(['sh', '-c', 'cat; echo err >&2; exit 3'], { stdin: 'in' })
    expect(result).toMatchObject({ exitCode: 3, stdout: 'in', stderr: 'err\n', isTimedOut: false })
    const missing = await runCommand(['/no/such/program'])
    expect(missing.exitCode).toBeUndefined()
    expect(missing.stderr).toContain('/no/such/program')
  })

  it('keeps a Ctrl-C of our terminal from the program, and ends it when we end', async () => {
    const command = JSON.stringify(path.join(import.meta.dirname, 'command.ts'))
    const program = (wait: string): string => `const { runCommand } = await import(${command})
      process.on('SIGINT', () => console.log('interrupted'))
      const onLine = (line) => console.log(line)
      await runCommand(['sh', '-c', 'echo pid $$; ${wait}; echo done'], { onLine })`
    const start = async (wait: string) => {
      const ours = spawn(process.execPath, ['--eval', program(wait)], { detached: true })
      const said = text(ours.stdout)
      const pid = await new Promise<string>((resolve) => {
        ours.stdout.on('data', (chunk: Buffer) => {
          const [, found] = /pid (\d+)/.exec(chunk.toString()) ?? []
          if (found !== undefined) resolve(found)
        })
      })
      return { ours, said, pid: Number(pid) }
    }
    const finishing = await start('sleep 1')
    // what a terminal does with Ctrl-C
    process.kill(-finishing.ours.pid!, 'SIGINT')
    expect((await finishing.said).split('\n').slice(1)).toEqual(['interrupted', 'done', ''])
    const ending = await start('sleep 77')
    ending.ours.kill('SIGTERM')
    await ending.said
    await expect.poll(() => startTimeOf(ending.pid)).toBeUndefined()
  })

  it('ends everything the program started when its time is up', async () => {
    const elapsed = startTimer()
    const result = await runCommand(['sh', '-c', 'sleep 20 & sleep 20; true'], { timeoutMs: 100 })
    expect(result.isTimedOut).toBe(true)
    expect(elapsed()).toBeLessThan(5_000)
  })

  it('kills a group that does not heed the end, and an aborted one', async () => {
    const stubborn = ['sh', '-c', 'trap "" TERM; sleep 20 & wait; sleep 20']
    const elapsed = startTimer()
    const late = await runCommand(stubborn, { timeoutMs: 100, killAfterMs: 100 })
    expect(late).toMatchObject({ isTimedOut: true, signal: 'SIGKILL' })
    const signal = AbortSignal.timeout(100)
    const aborted = await runCommand(['sh', '-c', 'sleep 20; true'], { signal })
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
