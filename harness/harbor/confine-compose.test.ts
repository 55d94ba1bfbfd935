import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkComposeReferences } from './compose-references.ts'
import { confineCompose } from './confine-compose.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'confine-'))
  await mkdir(path.join(dir, 'data'))
  await symlink('/etc', path.join(dir, 'etc'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

/** A project with one service beside main, of which this is changed. */
function confine(service: Record<string, unknown>, root: Record<string, unknown> = {}) {
  const main = { build: { context: dir }, environment: { A: '1' } }
  const model = { name: 'task', services: { main, db: { image: 'postgres:17', ...service } }, ...root }
  return confineCompose(model, {
    environmentDir: dir,
    environment: { B: 'costs $5' },
    limits: { cpus: 2, memoryMb: 512 },
    isOpen: false,
  })
}

describe("somebody else's compose project", () => {
  it('keeps its services, without names and ports of the machine, and main gets its limits and its environment', async () => {
    const volumes = [
      { type: 'volume', source: 'kept', target: '/kept' },
      { type: 'bind', source: path.join(dir, 'data'), target: '/data' },
    ]
    const { model, problems } = await confine(
      { container_name: 'db', ports: [{ published: '5432', target: 5432 }], volumes, cap_add: ['CAP_NET_ADMIN'] },
      { networks: { default: { name: 'task_default' } }, volumes: { kept: { name: 'task_kept' } } },
    )
    expect(problems).toEqual([])
    const few = { pids_limit: 4096 }
    expect(model).toEqual({
      services: {
        main: { build: { context: dir }, environment: { A: '1', B: 'costs $$5' }, ...few, cpus: 2, mem_limit: '512m' },
        db: { image: 'postgres:17', volumes, cap_add: ['CAP_NET_ADMIN'], ...few },
      },
      networks: { default: { internal: true } },
      volumes: { kept: {} },
    })
  })

  const cases: Record<string, [Record<string, unknown>, string]> = {
    'is privileged': [{ privileged: true }, 'privileged'],
    "is in the machine's network": [{ network_mode: 'host' }, 'network_mode host'],
    "is in another container's network": [{ network_mode: 'container:abc' }, 'network_mode container:abc'],
    "sees the machine's processes": [{ pid: 'host' }, 'pid host'],
    'gets devices': [{ devices: [{ source: '/dev/kvm', target: '/dev/kvm' }] }, 'devices'],
    'gets a capability that opens the machine': [{ cap_add: ['SYS_ADMIN'] }, 'SYS_ADMIN'],
    'weakens its container': [{ security_opt: ['seccomp:unconfined'] }, 'seccomp:unconfined'],
    "mounts Docker's socket": [
      { volumes: [{ type: 'bind', source: '/var/run/docker.sock', target: '/s' }] },
      '/var/run/docker.sock',
    ],
    "asks for the machine's own services": [{ extra_hosts: ['host=host-gateway'] }, 'host-gateway'],
    'is built from elsewhere': [{ build: { context: '/' } }, 'built from /'],
    'is built from a repository': [{ build: { context: 'https://example.org/x.git' } }, 'https://example.org/x.git'],
    "is built with the machine's keys": [{ build: { context: '.', ssh: ['default'] } }, 'build.ssh'],
  }
  for (const [name, [service, said]] of Object.entries(cases)) {
    it(`is refused where a service ${name}`, async () => {
      const { problems } = await confine(service)
      expect(problems).toEqual([expect.stringContaining(said)])
    })
  }

  it('is refused where a mount leads out of the task through a link', async () => {
    const { problems } = await confine({ volumes: [{ type: 'bind', source: path.join(dir, 'etc'), target: '/x' }] })
    expect(problems).toEqual([expect.stringContaining('only those can be mounted')])
  })

  it('is refused with everything at once', async () => {
    const { problems } = await confine(
      { privileged: true, ipc: 'host' },
      {
        volumes: { machine: { driver_opts: { type: 'none', o: 'bind', device: '/' } } },
        networks: { other: { external: true } },
        secrets: { key: { file: '/root/.ssh/id_rsa' } },
      },
    )
    expect(problems).toHaveLength(5)
  })

  it('has no file read that is not its own before anything is known of it', async () => {
    const text = `include: [../other.yaml]
services:
  main:
    env_file: [data/own.env, { path: etc/shadow }]
  db:
    extends: { service: x, file: /root/compose.yaml }
`
    await writeFile(path.join(dir, 'docker-compose.yaml'), text)
    const problems = await checkComposeReferences(dir)
    expect(problems.map(({ line, message }) => [line, message.split(' ')[0]])).toEqual([
      [1, '../other.yaml'],
      [4, 'etc/shadow'],
      [6, '/root/compose.yaml'],
    ])
  })
})
