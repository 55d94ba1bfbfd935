import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { mustRun, runCommand } from '../base/command.ts'
import { packageRoot } from '../base/package-root.ts'
import { until } from '../base/retry.ts'
import { openServiceNetwork, type ServiceNetwork } from './foreign/service-network.ts'
import { runInSandbox, type SandboxOptions } from './sandbox.ts'

let dir: string
let portal: string

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'sandbox-test-'))
  portal = path.join(dir, 'portal')
  await mustRun(['go', 'build', '-o', portal, '.'], {
    cwd: path.join(packageRoot, 'environments/node/portal'),
    env: { CGO_ENABLED: '0' },
  })
})

afterAll(async () => {
  await rm(dir, { recursive: true, force: true })
})

const run = (script: string, more: Partial<SandboxOptions> = {}): ReturnType<typeof runInSandbox> =>
  runInSandbox({ argv: ['bash', '-c', script], mounts: [], portal, timeoutMs: 20_000, ...more })

describe('the script sandbox', () => {
  it('has bash, coreutils and what is mounted, and tells how the script ended', async () => {
    await writeFile(path.join(dir, 'in.txt'), 'hello\n')
    const result = await run('cat /app/in.txt; echo out >/app/out.txt; echo oops >&2; exit 7', {
      mounts: [{ from: dir, to: '/app', isWritable: true }],
    })
    expect(result).toMatchObject({ exitCode: 7, stdout: 'hello\n', stderr: 'oops\n' })
    expect(await readFile(path.join(dir, 'out.txt'), 'utf8')).toBe('out\n')
  })

  it('has the programs that a Harbor script expects', async () => {
    const result = await run('command -v kubectl bash curl jq sed awk grep timeout', {
      programs: { kubectl: '/bin/true' },
    })
    expect(result.stdout.trim().split('\n')).toHaveLength(8)
  })

  it('cannot write what is mounted read-only', async () => {
    const result = await run('echo x >/app/in.txt', { mounts: [{ from: dir, to: '/app' }] })
    expect(result.exitCode).toBe(1)
  })

  it("sees no files, processes or environment of the machine's", async () => {
    process.env['SANDBOX_TEST_SECRET'] = 'secret'
    const result = await run('ls /root /home /work /var 2>&1; ls /proc | grep -c "^[0-9]"; env; cat /etc/shadow')
    expect(result.stdout).not.toContain('SANDBOX_TEST_SECRET')
    expect(result.stdout).toContain("cannot access '/work'")
    expect(result.stderr).toContain('No such file')
    expect(Number(/^(\d+)$/m.exec(result.stdout)?.[1])).toBeLessThan(10)
  })

  it('knows secrets of its environment that stand among nobody’s arguments', async () => {
    const secretEnv = { TOKEN: "it's a $(secret) token" }
    const running = run('echo "$TOKEN"; tr "\\0" " " </proc/1/cmdline; sleep 1', { secretEnv })
    const { stdout: processes } = await runCommand(['ps', '-eo', 'args'])
    const { stdout } = await running
    expect(stdout).toContain(`${secretEnv.TOKEN}\n`)
    expect(stdout.split('\n')[1]).not.toContain('secret')
    expect(processes).not.toContain('a $(secret) token')
  })

  it('reaches the loopback ports it is given and no others', async () => {
    const server = http.createServer((_, response) => response.end('from outside'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    try {
      const ask = `exec 3<>/dev/tcp/127.0.0.1/${port}; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`
      expect((await run(ask, { ports: [port] })).stdout).toContain('from outside')
      expect((await run(ask)).exitCode).not.toBe(0)
    } finally {
      server.close()
    }
  })

  it('lets another in on what it listens on, and on nothing that it was given', async () => {
    const over = new AbortController()
    const network = Promise.withResolvers<ServiceNetwork>()
    const onNetwork = (pid: number): void =>
      void openServiceNetwork({ pid, portal, given: [7001] }).then(network.resolve, network.reject)
    const serving = run('cd /usr/share && exec python3 -m http.server 8123', {
      ports: [{ inside: 7001, outside: 9 }],
      signal: over.signal,
      onNetwork,
    })
    {
      await using opened = await network.promise
      const ports = await until(
        async () => {
          const found = await opened.ports()
          return found.length > 0 ? found : undefined
        },
        { what: 'a server', timeoutMs: 15_000, intervalMs: 50 },
      )
      expect(ports.map(({ inside }) => inside)).toEqual([8123])
      const ask = 'curl --silent --fail http://web:8123/ | head -c 15; ! curl --silent http://web:8124/'
      expect(await run(ask, { ports, hostnames: ['web'] })).toMatchObject({ exitCode: 0, stdout: '<!DOCTYPE HTML>' })
      over.abort()
      await serving
      expect(await run(ask, { ports, hostnames: ['web'] })).toMatchObject({ stdout: '' })
    }
    expect((await runCommand(['pgrep', '--full', `${portal} -netns`])).stdout).toBe('')
  })

  it('ends with everything it started, at the deadline', async () => {
    const marker = `sandbox-${process.pid}-${Date.now()}`
    const result = await run(
      `(trap "" TERM; exec -a ${marker} sleep 1000) & (setsid bash -c 'exec -a ${marker} sleep 1000' &) ; sleep 1000`,
      {
        timeoutMs: 1_500,
      },
    )
    expect(result.isTimedOut).toBe(true)
    const left = await runCommand(['pgrep', '--full', marker])
    expect(left.stdout).toBe('')
  })

  it('is nobody’s fault but the machine’s where it cannot be had', async () => {
    vi.stubEnv('PATH', '/nowhere')
    onTestFinished(() => void vi.unstubAllEnvs())
    await expect(run('true')).rejects.toMatchObject({ whose: 'harness', code: 'no-sandbox' })
  })

  it('lets nobody start processes without end', async () => {
    const marker = `4242.${process.pid}`
    const refused = new AbortController()
    const onLine = (line: string): void => {
      if (line.includes('Resource temporarily unavailable')) refused.abort()
    }
    const script = `for ((i = 0; i < 2000; i++)); do sleep ${marker} & done; echo all`
    const result = await run(script, { signal: refused.signal, onLine })
    expect(result.stdout).not.toContain('all')
    expect(refused.signal.aborted).toBe(true)
    expect((await runCommand(['pgrep', '--full', marker])).stdout).toBe('')
  })

  it('ends background processes when the script ends by itself', async () => {
    const marker = `sandbox-bg-${process.pid}-${Date.now()}`
    expect((await run(`(exec -a ${marker} sleep 1000 >/dev/null 2>&1) & echo done`)).stdout).toBe('done\n')
    expect((await runCommand(['pgrep', '--full', marker])).stdout).toBe('')
  })
})
