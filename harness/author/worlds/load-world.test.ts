import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifiers } from '../../../verifiers/library.ts'
import { agentPermissions } from '../../task/permissions.ts'
import { parseGrant, type Grant } from '../../task/grant.ts'
import { namespacesOf } from '../../task/manifests.ts'
import { listWorlds, loadWorld, nameOf, worldsDir } from './load-world.ts'

const names = await listWorlds()

describe.each(names)('the world %s', (name) => {
  test('is well-formed and names only what it has', async () => {
    const world = await loadWorld(name, verifiers)
    expect(world.objects.length).toBeGreaterThan(10)
  })

  test('has traffic whose success and failure can be read in a log', async () => {
    const { traffic } = await loadWorld(name, verifiers)
    expect(traffic.some(({ log }) => log)).toBe(true)
  })

  test('says of every workload what it does', async () => {
    const world = await loadWorld(name, verifiers)
    const told = world.workloads.map(({ object }) => object)
    const made = world.objects.map(({ object }) => object).filter(({ kind }) => workloadKinds.has(kind))
    expect(told.toSorted()).toEqual(made.map(nameOf).toSorted())
  })

  test('asks for permissions that can be granted', async () => {
    const world = await loadWorld(name, verifiers)
    const grants = world.permissions.map(parseGrant).filter((grant): grant is Grant => !('problem' in grant))
    expect(grants).toHaveLength(world.permissions.length)
    expect(agentPermissions(grants, namespacesOf(world.objects)).problems).toEqual([])
  })

  test('has programs with rights of their own', async () => {
    const { objects } = await loadWorld(name, verifiers)
    expect(objects.map(({ object }) => object.kind)).toEqual(
      expect.arrayContaining(['ServiceAccount', 'Role', 'RoleBinding', 'Deployment', 'Service']),
    )
  })
})

describe('a world with mistakes', () => {
  let dir: string
  beforeAll(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'worlds-'))
    await cp(path.join(worldsDir, 'shop'), path.join(dir, 'shop'), { recursive: true })
    const file = path.join(dir, 'shop', 'world.yaml')
    const text = await readFile(file, 'utf8')
    await writeFile(
      file,
      text
        .replace('object: deployment/cart -n shop', 'object: deployment/kart -n shop')
        .replace('log-contains', 'logs'),
    )
  })
  afterAll(() => rm(dir, { recursive: true }))

  test('is refused with all of them at once', async () => {
    await expect(loadWorld(path.join(dir, 'shop'), verifiers)).rejects.toMatchObject({
      problems: [
        expect.stringMatching(/world\.yaml: healthy\[1\].*logs/),
        expect.stringContaining('no manifest makes deployment/kart -n shop'),
      ],
    })
  })

  test('is refused by a name that is near', async () => {
    await expect(loadWorld('shpo')).rejects.toThrow('did you mean shop?')
  })
})

const workloadKinds = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Job'])
