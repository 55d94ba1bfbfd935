import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../base/command.ts'
import { findLeftProcesses, listProcesses, parseProcesses, type NodeProcess } from './left-processes.ts'

const shim = 100
let next = 200

function process(wanted: Partial<NodeProcess> & { command: string }): NodeProcess {
  const pid = ++next
  return {
    container: 'c',
    pid,
    parent: shim,
    pidInside: pid,
    sessionInside: pid,
    ageMs: 500,
    layout: `l${pid}`,
    ...wanted,
  }
}

const init = process({ command: 'server', pidInside: 1, sessionInside: 1, ageMs: 60_000 })

/** What is found of processes beside a container's own first one, which somebody entered a second ago. */
function left(...others: NodeProcess[]): { held: string[]; outlived: string[] } {
  const { held, outlived } = findLeftProcesses([init, ...others], 1_000)
  const names = (list: NodeProcess[]): string[] => list.map(({ command }) => command)
  return { held: names(held), outlived: names(outlived) }
}

describe('findLeftProcesses', () => {
  it('names what outlived the command that started it, whatever it did to its session', () => {
    expect(left(process({ command: 'nc -l', parent: init.pid, sessionInside: 77 }))).toEqual({
      held: [],
      outlived: ['nc -l'],
    })
    const daemon = process({ command: 'daemon', parent: init.pid })
    const child = process({ command: 'child', parent: daemon.pid, sessionInside: daemon.pidInside })
    expect(left(daemon, child).outlived).toEqual(['daemon', 'child'])
  })

  it('tells a command that is still under way, with what it started, from what outlived one', () => {
    const command = process({ command: 'sh -c tail' })
    const child = process({ command: 'tail', parent: command.pid, sessionInside: command.pidInside })
    expect(left(command, child)).toEqual({ held: ['sh -c tail', 'tail'], outlived: [] })
  })

  it('finds nothing in what the container does by itself', () => {
    const old = process({ command: 'old', parent: init.pid, ageMs: 30_000 })
    const worker = process({ command: 'worker', parent: init.pid, sessionInside: 1 })
    // a server's helper with a session of its own, forked without a new program
    const backend = process({ command: 'backend', parent: init.pid, layout: init.layout })
    const job = process({ command: 'job', parent: old.pid })
    expect(left(old, worker, backend, job)).toEqual({ held: [], outlived: [] })
  })

  it('names an orphan that went to the pod instead of the container, where the pod shares its processes', () => {
    const first = process({ command: 'server', ageMs: 60_000 })
    const orphan = process({ command: 'nc', parent: 101 })
    expect(findLeftProcesses([first, orphan], 1_000).outlived).toEqual([orphan])
  })
})

describe('listProcesses', () => {
  it('tells of the processes of the containers that it is asked about, and of no others', async () => {
    await using proc = await mkdtempDisposable(path.join(os.tmpdir(), 'kubemend-proc-'))
    const write = async (pid: number, group: string, stat: string, status: string, command: string): Promise<void> => {
      const dir = path.join(proc.path, String(pid))
      await mkdir(dir)
      await writeFile(path.join(dir, 'cgroup'), `3:memory:/x\n0::/kubepods/pod1/${group}\n`)
      await writeFile(path.join(dir, 'stat'), `${pid} (odd ) name) ${stat} 0 0 0 0 0 0 0 0 0 0 0 20 0 1 0 6000 0 0\n`)
      await writeFile(path.join(dir, 'status'), `Name:\tx\nPPid:\t9\n${status}`)
      await writeFile(path.join(dir, 'auxv'), `layout of ${command}`)
      await writeFile(path.join(dir, 'cmdline'), `${command.replaceAll(' ', '\0')}\0`)
    }
    await writeFile(path.join(proc.path, 'uptime'), '100.00 190.00\n')
    await write(20, 'aaa', 'S 9 20 20', 'NSpid:\t20\t1\nNSsid:\t20\t1\n', 'server --port 80')
    await write(21, 'aaa', 'R 20 21 21', 'NSpid:\t21\t7\nNSsid:\t20\t1\n', 'worker')
    await write(22, 'aaa', 'Z 20 22 22', 'NSpid:\t22\t8\nNSsid:\t20\t1\n', 'zombie')
    await write(23, 'bbb', 'S 9 23 23', 'NSpid:\t23\t1\nNSsid:\t23\t1\n', 'another')
    await write(24, 'ccc', 'S 9 24 24', 'NSpid:\t24\t1\nNSsid:\t24\t1\n', 'stranger')
    const options = { env: { PROC: proc.path } }
    const { stdout, exitCode } = await runCommand(['bash', '-c', listProcesses, 'list', 'aaa', 'bbb'], options)
    expect(exitCode).toBe(0)
    const ageMs = (100 - 6000 / Number((await runCommand(['getconf', 'CLK_TCK'])).stdout)) * 1000
    const layout: unknown = expect.stringMatching(/^\d+ \d+$/)
    expect(parseProcesses(stdout)).toEqual([
      {
        container: 'aaa',
        pid: 20,
        parent: 9,
        pidInside: 1,
        sessionInside: 1,
        ageMs,
        layout,
        command: 'server --port 80',
      },
      { container: 'aaa', pid: 21, parent: 20, pidInside: 7, sessionInside: 1, ageMs, layout, command: 'worker' },
      { container: 'bbb', pid: 23, parent: 9, pidInside: 1, sessionInside: 1, ageMs, layout, command: 'another' },
    ])
  })
})
