import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCommand, type CommandResult } from '../base/command.ts'
import { packageRoot } from '../base/package-root.ts'

const harbor = path.join(packageRoot, 'test/harbor')

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'check-foreign-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

/** Runs tasks where no registry answers and no Docker is. */
function run(...words: string[]): Promise<CommandResult> {
  const cli = [process.execPath, path.join(packageRoot, 'harness/cli/main.ts')]
  return runCommand([...cli, 'run', ...words, '--out', path.join(dir, 'jobs')], {
    env: { KUBEMEND_OFFLINE: '1', KUBEMEND_STATE: path.join(dir, 'state'), DOCKER_HOST: 'unix:///nowhere' },
  })
}

describe("somebody else's task that cannot run here", () => {
  it('is refused with every image that is missing, before anything is started', async () => {
    const task = path.join(dir, 'menu')
    await cp(path.join(harbor, 'fixtures/menu-shows-yesterday'), task, { recursive: true })
    const pod = (image: string): string => `apiVersion: v1
kind: Pod
metadata: { name: soup }
spec: { containers: [{ name: soup, image: "${image}" }] }
`
    await writeFile(path.join(task, 'environment/setup/soup.yaml'), `${pod('acme/soup:1')}---\n${pod('acme/salad:2')}`)
    const refused = await run(task, '--absent-image', 'acme/salad:2')
    expect([refused.exitCode, refused.stdout]).toEqual([2, ''])
    expect(refused.stderr.trim().split('\n')).toEqual([
      'error: fixtures/menu-shows-yesterday: image acme/soup:1: docker.io is not reachable, and there is no recipe for making it here',
      'hint: an image whose absence is the fault is named with --absent-image',
    ])
    expect(await readdir(dir)).toEqual(['menu'])
  })

  it('is refused with the reason where it has no cluster, and there is no Docker', async () => {
    const refused = await run(path.join(harbor, 'ordinary/totals-are-wrong'))
    expect([refused.exitCode, refused.stdout]).toEqual([2, ''])
    expect(refused.stderr).toContain('a task without a cluster runs in Docker, and ')
    expect(await readdir(dir)).toEqual([])
  })
})
