import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { makeScratch } from '../base/scratch.ts'
import type { RunUnitTest } from '../manifest/judge-answer.ts'
import { createOnce } from '../manifest/site/evaluation-identity.ts'
import { kubeconfigOf } from './identity.ts'
import { runInSandbox } from './sandbox.ts'
import { readPort, writeSandboxKubeconfig } from './script-access.ts'
import type { TrialPrograms } from './trial-plan.ts'

/** Runs the scripts of tasks in the sandbox, with a token that is an admin's in the task's namespace and nobody's elsewhere. */
export function createUnitTestRunner(programs: TrialPrograms): RunUnitTest {
  return async (site, unitTest, answer) => {
    const { client, namespace, signal } = site
    if (namespace === undefined) throw new Error('a unit test works in a namespace, and this task has none')
    const timeoutMs = unitTest['timeout-seconds'] * 1000
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`
    await createOnce(client, accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } })
    await createOnce(client, `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    })
    const { status } = await client.create<{ status: { token: string } }>(`${accounts}/${name}/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: Math.max(600, Math.ceil(timeoutMs / 1000) + 60) },
    })
    await using access = await writeSandboxKubeconfig({ text: kubeconfigOf(client, status.token, namespace) })
    const dir = await makeScratch('unit-test')
    try {
      for (const [file, text] of Object.entries({ ...unitTest.files, [unitTest['answer-file']]: answer })) {
        await mkdir(path.dirname(path.join(dir, file)), { recursive: true })
        await writeFile(path.join(dir, file), text)
      }
      const { stdout, stderr, isTimedOut } = await runInSandbox({
        argv: ['bash', '-c', unitTest.script],
        mounts: [
          { from: access.file, to: '/root/.kube/config' },
          { from: dir, to: '/work', isWritable: true },
        ],
        cwd: '/work',
        programs: { kubectl: programs.kubectl },
        ports: [await readPort(access.file)],
        portal: programs.portal,
        timeoutMs,
        signal,
      })
      return { output: `${stdout}${stderr}`, isTimedOut }
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  }
}

const name = 'kubemend-unit-test'
