import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startFakeServer } from '../../agents/model/fake-server/start-fake-server.ts'
import { createNodeProvider } from '../../environments/node/node-provider.ts'
import type { Cluster } from '../../environments/provider.ts'
import { runCommand } from '../base/command.ts'
import { KubeClient } from '../base/kube-client.ts'
import { packageRoot } from '../base/package-root.ts'
import { unitTestRunner } from '../cli/unit-test-runner.ts'
import { JobStore } from '../store/job-store.ts'
import { selectTasks } from '../task/find-tasks.ts'
import { specOf } from '../trial/prepare-cluster.ts'
import { importCloudEval } from './import/import-cloudeval.ts'
import { proveTasks } from './prove-tasks.ts'

/** One task of every kind that needs no pods; the sweep proves all of them. */
const sample = [
  'clusterrole-advanced-02',
  'clusterrolebinding-intermediate-01',
  'configmap-advanced-01',
  'namespace-advanced-01',
  'role-advanced-01',
  'rolebinding-intermediate-01',
  'secret-advanced-01',
  'serviceaccount-advanced-01',
  'read-basic-01',
  'update-intermediate-01',
  'delete-intermediate-01',
  'networkpolicy-advanced-01',
  'cronjob-intermediate-01',
  'pvc-intermediate-01',
  'resourcequota-advanced-01',
  'validatingadmissionpolicy-basic-01',
]

describe('manifest tasks on a cluster', () => {
  let cluster: Cluster
  let dir: string

  beforeAll(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'kubemend-manifest-'))
    const [task] = await selectTasks({ paths: ['manifests'], names: ['role-basic-01'] })
    if (!task) throw new Error('there is no task role-basic-01')
    cluster = await createNodeProvider().create(specOf(task, `manifest-${process.pid}`), { owner: 'this-process' })
  })
  afterAll(async () => {
    await cluster?.destroy()
    await rm(dir, { recursive: true, force: true })
  })

  test('references pass every stage, and wrong answers fail where their tasks say', async () => {
    const chosen = await selectTasks({ paths: sample.map((name) => `manifests/${name}`) })
    const tasks = chosen.flatMap(({ manifest, name, world, images }) =>
      manifest ? [{ ...manifest, name, images, world: world.map(({ object }) => object) }] : [],
    )
    using client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
    const rows = await proveTasks(tasks, { client, concurrency: 4, signal: new AbortController().signal })
    expect(rows.filter(({ isProven }) => !isProven)).toEqual([])
    expect(rows).toHaveLength(sample.length * 4)
  })

  test('a unit test of somebody else judges by its marker, and reaches nothing but its namespace', async () => {
    const place = path.join(dir, 'dataset/Kubernetes/configmap/q1')
    await mkdir(place, { recursive: true })
    const script = `kubectl apply -f labeled_code.yaml
[ "$(kubectl get configmap settings -o jsonpath='{.data.color}')" = "$(cat wanted.txt)" ] && echo cloudeval_unit_test_passed
exit 1
`
    const reference = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  color: green # *\n'
    await writeFile(path.join(place, 'question.txt'), 'A ConfigMap called settings with the color green.')
    await writeFile(path.join(place, 'labeled_code.yaml'), reference)
    await writeFile(path.join(place, 'unit_test.sh'), script)
    await writeFile(path.join(place, 'wanted.txt'), 'green')
    const { tasks, left } = await importCloudEval(path.join(dir, 'dataset'), 'original')
    expect(left).toEqual([])
    const curious = `kubectl get secrets -n kube-system && exit 1\nkubectl get nodes && exit 1\n${script}`
    for (const { spec } of tasks) if (spec['unit-test']) spec['unit-test'].script = curious
    const red = { name: 'red', fails: 'accuracy' as const, because: 'is red', text: reference.replace('green', 'red') }
    using client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
    const runUnitTest = await unitTestRunner(tasks.map(({ spec }) => spec))
    const rows = await proveTasks(
      tasks.map((task) => ({ ...task, wrong: [...task.wrong, red] })),
      { client, concurrency: 2, signal: new AbortController().signal, ...(runUnitTest ? { runUnitTest } : {}) },
    )
    expect(rows.filter(({ isProven }) => !isProven)).toEqual([])
    expect(rows.map(({ answer }) => answer).toSorted()).toEqual(['red', 'reference', 'wrong-1', 'wrong-2', 'wrong-3'])
    expect(rows.find(({ answer }) => answer === 'red')?.because).toContain(
      'the unit test did not print cloudeval_unit_test_passed',
    )
  })

  test('kubemend run gives their trials the report of all trials, with a funnel', async () => {
    const names = ['role-basic-01', 'update-basic-01']
    const [role] = await selectTasks({ paths: ['manifests/role-basic-01'] })
    const answers = path.join(dir, 'answers.jsonl')
    const fenced = `Here it is:\n\`\`\`yaml\n${role?.manifest?.reference.replaceAll('get', 'delete')}\`\`\`\n`
    await writeFile(answers, `${JSON.stringify({ task: 'role-basic-01', answer: fenced })}\n`)
    const kubemend = (...words: string[]): ReturnType<typeof runCommand> =>
      runCommand([process.execPath, path.join(packageRoot, 'harness/cli/main.ts'), ...words], {
        cwd: packageRoot,
        timeoutMs: 280_000,
      })
    // a model that looks once, and then answers; the base URL is of no matter to the others
    const references = await selectTasks({ paths: names.map((name) => `manifests/${name}`) })
    await using server = await startFakeServer(({ toolResults, body }) => {
      const asked = references.find(({ instruction }) =>
        JSON.stringify(body).includes(JSON.stringify(instruction).slice(1, -1)),
      )
      const look = `get configmaps,secrets -n ${asked?.manifest?.spec.namespace}`
      if (toolResults.length === 0) return { calls: [{ tool: 'kubectl', args: { args: look } }] }
      return { say: asked?.manifest?.reference ?? 'I do not know this request.' }
    })
    const out = await mkdtemp(path.join(dir, 'jobs-'))
    const ran = await kubemend(
      'run',
      ...names.map((name) => `manifests/${name}`),
      '--agent=oracle',
      `--agent=answers=${answers}`,
      '--agent=model=local/fake',
      `--base-url=${server.url}/v1`,
      `--out=${out}`,
      '--job-name=job',
    )
    const trials = await (await JobStore.open(path.join(out, 'job'))).trials()
    const outcomes = Object.fromEntries(
      trials.flatMap(({ state }) => {
        if (state.state !== 'finished') return []
        const { agent, outcome } = state.result.x_kubemend
        return [[`${state.result.task_name} ${agent.name}`, outcome]]
      }),
    )
    expect(outcomes).toEqual({
      'kubemend/role-basic-01 oracle': 'solved',
      'kubemend/update-basic-01 oracle': 'solved',
      'kubemend/role-basic-01 answers': 'failed',
      'kubemend/update-basic-01 answers': 'agent-error',
      'kubemend/role-basic-01 model': 'solved',
      'kubemend/update-basic-01 model': 'solved',
    })
    // it saw what there was, but for Secrets, and could change nothing; what it made is kept for judges
    const seen = server.requests.flatMap(({ toolResults }) => toolResults).join('\n')
    expect(seen).toContain('broker-alpha')
    expect(seen).toMatch(/secrets is forbidden/)
    const [kept = ''] = trials.flatMap(({ store }) =>
      store.name.startsWith('role-basic-01') ? [store.liveObjects] : [],
    )
    expect(await readFile(kept, 'utf8')).toContain('"kind": "Role"')
    expect(ran.stdout).toMatch(/AGENT +ANSWERS +EXTRACT +L1 +L2 +L3 +L4 +RUNTIME +VALIDITY +ACCURACY/)
    expect(ran.stdout).toMatch(/model=local\/fake +2 +2 +2 +2 +2 +2 +2 +2 +2 +100\.0 %/)
    const funnel = await kubemend('manifest', 'funnel', path.join(out, 'job'), '--json')
    const { funnels } = JSON.parse(funnel.stdout) as { funnels: { agent: string; reached: Record<string, number> }[] }
    expect(funnels.find(({ agent }) => agent === 'oracle')?.reached).toMatchObject({ extract: 2, L4: 2, accuracy: 2 })
    expect(funnels.find(({ agent }) => agent.startsWith('answers'))?.reached).toMatchObject({
      extract: 1,
      L2: 1,
      L3: 0,
    })
    const pairs = path.join(dir, 'pairs.jsonl')
    expect((await kubemend('manifest', 'export', path.join(out, 'job'), pairs, '--with-test')).exitCode).toBe(0)
    const lines = (await readFile(pairs, 'utf8')).trim().split('\n')
    // the model gave the answers that the oracle gave: a pair is there once
    expect(lines).toHaveLength(2)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      answer: { agent: expect.stringMatching(/^(oracle|model=)/) as string },
      evidence: { stages: [{ stage: 'extract', status: 'met' }, {}, {}, {}, {}, {}, {}, {}] },
    })
  })
})
