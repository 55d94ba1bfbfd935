import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCommand } from '../../harness/base/command.ts'
import { judge } from '../sample-cluster.ts'
import type { Verifier, VerifyContext } from '../verifier.ts'
import { fileEquals } from './file-equals.ts'
import { fileUnchanged } from './file-unchanged.ts'
import { manifestsValid } from './manifests-valid.ts'
import { yamlFieldEquals } from './yaml-field-equals.ts'

let workspace = ''
beforeEach(async () => {
  workspace = await mkdtemp(path.join(os.tmpdir(), 'workspace-checks-'))
  await mkdir(path.join(workspace, 'deploy'))
  await write('version.txt', '1.4.2\n')
  await write('deploy/web.yaml', deployment('web', 3))
})
afterEach(() => rm(workspace, { recursive: true, force: true }))

describe('file-equals', () => {
  it('judges the content of a file', async () => {
    expect(await ask(fileEquals, { path: 'version.txt', equals: '1.4.2' })).toMatch(/^met/)
    expect(await ask(fileEquals, { path: 'version.txt', matches: '^2' })).toMatch(
      /^not-met version\.txt does not match/,
    )
    expect(await ask(fileEquals, { path: 'none.txt' })).toBe('not-met there is no none.txt')
    expect(await ask(fileEquals, { path: 'none.txt', absent: true })).toMatch(/^met/)
  })

  it('follows no links and waits for no pipes that somebody left there', async () => {
    await symlink('/etc/hostname', path.join(workspace, 'link'))
    await symlink('deploy', path.join(workspace, 'folder'))
    await runCommand(['mkfifo', path.join(workspace, 'pipe')])
    expect(await ask(fileEquals, { path: 'link' })).toBe('not-met link is a link, not a file')
    expect(await ask(fileEquals, { path: 'folder/web.yaml' })).toMatch(/^not-met folder\/web\.yaml is a link/)
    expect(await ask(fileEquals, { path: 'pipe' })).toBe('not-met pipe is not a file')
    expect(await ask(fileEquals, { path: 'deploy' })).toBe('not-met deploy is not a file')
  })

  it('refuses paths out of the workspace', () => {
    for (const file of ['/etc/passwd', '../x', 'a/../../x'])
      expect(fileEquals.params.safeParse({ path: file }).success).toBe(false)
  })

  it('is unknown without a workspace', async () => {
    expect(await judge(fileEquals, { path: 'x' }, [])).toBe('unknown this task has no workspace')
  })
})

describe('file-unchanged', () => {
  it('compares with how the file was', async () => {
    const workspaceBefore = { 'version.txt': createHash('sha256').update('1.4.2\n').digest('hex') }
    expect(await ask(fileUnchanged, { path: 'version.txt' }, { workspaceBefore })).toMatch(/^met/)
    await write('version.txt', '1.4.3\n')
    expect(await ask(fileUnchanged, { path: 'version.txt' }, { workspaceBefore })).toBe(
      'not-met version.txt was changed',
    )
    expect(await ask(fileUnchanged, { path: 'other.txt' }, { workspaceBefore })).toMatch(
      /^unknown there was no other\.txt/,
    )
    expect(await ask(fileUnchanged, { path: 'version.txt' })).toMatch(/^unknown/)
  })
})

describe('yaml-field-equals', () => {
  const params = { object: 'deployment/web', path: 'spec.replicas', equals: 3 }

  it('finds an object by kind and name', async () => {
    expect(await ask(yamlFieldEquals, params)).toMatch(/^met deployment\/web in deploy\/web\.yaml/)
    expect(await ask(yamlFieldEquals, { ...params, equals: 2 })).toMatch(/^not-met .*spec\.replicas: 3, not 2/)
    expect(await ask(yamlFieldEquals, { ...params, object: 'sts/web' })).toBe('not-met the workspace holds no sts/web')
    expect(await ask(yamlFieldEquals, { ...params, namespace: 'vault' })).toMatch(/^not-met/)
  })

  it('finds it among documents and in lists, and takes two for a mistake', async () => {
    await write(
      'deploy/more.yaml',
      `${deployment('api', 1)}---\napiVersion: v1\nkind: List\nitems:\n- ${deployment('job', 1).replaceAll('\n', '\n  ')}`,
    )
    expect(await ask(yamlFieldEquals, { ...params, object: 'deploy/job', equals: 1 })).toMatch(/^met/)
    await write('deploy/twice.yaml', deployment('web', 3))
    expect(await ask(yamlFieldEquals, params)).toMatch(
      /^not-met deployment\/web is there twice: deploy\/twice\.yaml:1 and deploy\/web\.yaml:1/,
    )
  })

  it('takes a file without objects as one document', async () => {
    await write('values.yaml', 'image: { tag: "2" }\n')
    expect(await ask(yamlFieldEquals, { file: 'values.yaml', path: 'image.tag', equals: '2' })).toMatch(/^met/)
  })

  it('is not met by what cannot be read', async () => {
    await write('deploy/web.yaml', 'kind: [')
    expect(await ask(yamlFieldEquals, params)).toMatch(/^not-met deploy\/web\.yaml: /)
  })
})

describe('manifests-valid', () => {
  it('is met by objects that are named once', async () => {
    await write('deploy/kustomization.yaml', 'resources: [web.yaml]\n')
    expect(await ask(manifestsValid, { folder: 'deploy' })).toMatch(/^met all 1 objects in 2 files/)
    expect(await ask(manifestsValid, { folder: 'deploy', 'at-least': 2 })).toMatch(
      /^not-met deploy holds 1 objects, not 2/,
    )
    expect(await ask(manifestsValid, { folder: 'none' })).toMatch(/^not-met none holds 0 objects/)
  })

  it('names the file and line of what is wrong', async () => {
    await write('deploy/b.yaml', `${deployment('web', 1)}---\nkind: Service\nmetadata: {}\n`)
    await write('deploy/c.yaml', 'a: 1\na: 2\n')
    expect(await ask(manifestsValid, {})).toMatch(/^not-met deploy\/c\.yaml: Map keys must be unique.* \(and 2 more\)$/)
    await rm(path.join(workspace, 'deploy/c.yaml'))
    expect(await ask(manifestsValid, {})).toMatch(
      /^not-met deploy\/b\.yaml:\d+: Service has no apiVersion, metadata\.name/,
    )
  })
})

function write(file: string, text: string): Promise<void> {
  return writeFile(path.join(workspace, file), text)
}

function deployment(name: string, replicas: number): string {
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: ${name}, namespace: shop }\nspec: { replicas: ${replicas} }\n`
}

function ask(verifier: Verifier, params: object, context: Partial<VerifyContext> = {}): Promise<string> {
  return judge(verifier, params, [], { context: { workspace, ...context } })
}
