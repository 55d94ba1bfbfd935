import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTimer } from './clock.ts'
import { runCommand } from './command.ts'
import { startTimeOf } from './daemon.ts'

describe('runCommand', () => {
  let dir: string
  let fifo: string
  beforeAll(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'command-'))
    fifo = path.join(dir, 'fifo')
    await runCommand(['mkfifo', fifo])
  })
  afterAll(() => rm(dir, { recursive: true, force: true }))

  it('tells output, exit code and that a program is not there', async () => {
    const result = await runCommand(['sh', '-c', 'cat; echo err >&2; exit 3'], { stdin: 'in' })
    expect(result).toMatchObject({ exitCode: 3, stdout: 'in', stderr: 'err\n', isTimedOut: false })
    const missing = await runCommand(['/no/such/program'])
    expect(missing.exitCode).toBeUndefined()
    expect(missing.stderr).toContain('/no/such/program')
  })

  it('keeps a Ctrl-C of our terminal from the program, and ends it when we end', async () => {
    const command = JSON.stringify(path.join(import.meta.dirname, 'command.ts'))
    const words = JSON.stringify(['sh', '-c', 'echo pid $$; read -r word <"$0"; echo $word', fifo])
    const program = `const { runCommand } = await import(${command})
      process.on('SIGINT', () => console.log('interrupted'))
      await runCommand(${words}, { onLine: (line) => console.log(line) })`
    const start = async () => {
      const ours = spawn(process.execPath, ['--eval', program], { detached: true })
      let said = ''
      ours.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
      await expect.poll(() => said, { timeout: 30_000 }).toMatch(/pid \d+\n/)
      return { ours, said: () => said, pid: Number(/\d+/.exec(said)?.[0]) }
    }
    const finishing = await start()
    // what a terminal does with Ctrl-C
    process.kill(-finishing.ours.pid!, 'SIGINT')
    await expect.poll(finishing.said, { timeout: 30_000 }).toContain('interrupted')
    await writeFile(fifo, 'done\n')
    await expect.poll(finishing.said, { timeout: 30_000 }).toContain('done')
    const ending = await start()
    ending.ours.kill('SIGTERM')
    await expect.poll(() => startTimeOf(ending.pid), { timeout: 30_000 }).toBeUndefined()
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
