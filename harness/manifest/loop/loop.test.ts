import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../base/kube-client.ts'
import { canonicalText } from '../canonical.ts'
import { generateDataset } from '../generate/generate-dataset.ts'
import { leavesOfTask, nearDuplicate, similarityOf } from '../generate/split-tasks.ts'
import { isObject, parseAnswer } from '../parse-answer.ts'
import { judgeRequirements } from '../requirements/judge-requirements.ts'
import type { JudgedAnswer } from '../summarize-funnel.ts'
import { bareObject } from './bare-object.ts'
import { reverseTask } from './reverse-task.ts'
import { shareOut, synthesizeTasks } from './synthesize-tasks.ts'

const dataset = generateDataset()
const objectsOf = (text: string): KubeObject[] => parseAnswer(text).documents.filter(isObject)

describe('tasks against weak spots', () => {
  const failure = (task: string, more: Partial<JudgedAnswer> = {}): JudgedAnswer => {
    const { spec, level, split } = dataset.find(({ name }) => name === task) ?? { level: 'basic', split: 'train' }
    return {
      task,
      agent: 'model=a',
      kind: spec?.objects[0]?.kind ?? 'ConfigMap',
      operation: spec?.operation ?? 'read',
      level,
      split,
      stages: {},
      failedAt: 'L3',
      finding: 'L3/rules',
      isFullPass: false,
      isStrict: true,
      ...more,
    }
  }
  const train = (category: string): string[] =>
    dataset.filter((task) => task.category === category && task.split === 'train').map(({ name }) => name)

  test('each cluster of failures gets its share, of its kind, level and operation, with a mistake at its stage', () => {
    const roles = train('role').filter((name) => name.includes('advanced'))
    const answers = [
      ...roles.slice(0, 6).map((name) => failure(name)),
      ...train('hpa')
        .slice(0, 2)
        .map((name) => failure(name, { failedAt: 'validity', level: 'basic' })),
      ...train('update')
        .slice(0, 1)
        .map((name) => failure(name, { level: 'basic' })),
      failure('role-basic-01', { failedAt: undefined }),
      failure('mine', { kind: 'DaemonSet', operation: 'create' }),
    ]
    const { tasks, spots, withoutModel } = synthesizeTasks(answers, dataset, { count: 18, seed: 'a' })
    expect(spots.map(({ kind, operation, level, made }) => [operation, kind, level, made])).toEqual([
      ['create', 'Role', 'advanced', 11],
      ['create', 'HorizontalPodAutoscaler', 'basic', 4],
      ['update', 'ConfigMap', 'basic', 3],
    ])
    expect(tasks.map(({ category }) => category)).toEqual([
      ...Array.from({ length: 11 }, () => 'role'),
      ...Array.from({ length: 4 }, () => 'hpa'),
      'update',
      'update',
      'update',
    ])
    expect(tasks.slice(0, 11).every(({ wrong }) => wrong.some(({ fails }) => fails === 'L3'))).toBe(true)
    expect(withoutModel.map(({ kind }) => kind)).toEqual(['DaemonSet'])
    for (const task of tasks) expect(judgeRequirements(objectsOf(task.reference), task.spec)).toEqual([])
    expect(new Set(tasks.map(({ name }) => name)).size).toBe(18)
    expect(synthesizeTasks(answers, dataset, { count: 18, seed: 'a' }).tasks).toEqual(tasks)
    expect(synthesizeTasks(answers, dataset, { count: 18, seed: 'b' }).tasks).not.toEqual(tasks)
  })

  test(
    'nothing of a held-out task comes in: neither its failures nor anything that is nearly it',
    { timeout: 120_000 },
    () => {
      const heldOut = dataset.filter(({ split }) => split === 'test')
      const categories = ['role', 'configmap', 'serviceaccount']
      const answers = categories.flatMap((category) => train(category).map((name) => failure(name)))
      const { tasks, heldOut: none, tooNear } = synthesizeTasks(answers, dataset, { count: 50, seed: 'a' })
      expect(none).toBe(0)
      expect(tasks.length).toBeGreaterThan(30)
      const leaves = heldOut.map(leavesOfTask)
      for (const task of tasks) {
        const own = leavesOfTask(task)
        expect(Math.max(...leaves.map((other) => similarityOf(own, other)))).toBeLessThanOrEqual(nearDuplicate)
        expect(task.split).toBe('train')
      }
      // had one of them been nearly a held-out task, another would stand in its place
      const [one] = tasks.toSorted((a, b) => leavesOfTask(b).size - leavesOfTask(a).size)
      if (!one) throw new Error('there is no task')
      const nearly = one.reference.replace('metadata:\n', 'metadata:\n  annotations:\n    tier: gold\n')
      // its namespace is another one, so that the same names are free
      const spec = { ...one.spec, namespace: 'elsewhere' }
      const more = [...dataset, { ...one, spec, reference: nearly, split: 'test' as const }]
      const again = synthesizeTasks(answers, more, { count: 50, seed: 'a' })
      expect(again.tooNear).toBeGreaterThan(tooNear)
      expect(again.tasks.map(({ reference }) => reference)).not.toContain(one.reference)
      const onTest = heldOut.slice(0, 9).map(({ name }) => failure(name))
      expect(synthesizeTasks(onTest, dataset, { count: 10, seed: 'a' })).toMatchObject({
        tasks: [],
        spots: [],
        heldOut: 9,
      })
    },
  )

  test('a share is in proportion, and what is small still gets one', () => {
    expect(shareOut(10, [50, 30, 20])).toEqual([5, 3, 2])
    expect(shareOut(4, [97, 1, 1, 1])).toEqual([1, 1, 1, 1])
    expect(shareOut(2, [1, 1, 1])).toEqual([1, 1, 0])
    expect(shareOut(7, [2, 1])).toEqual([4, 3])
    expect(shareOut(5, [])).toEqual([])
  })
})

describe('the request that a manifest is the answer to', () => {
  const created = dataset.filter(({ spec, category }) => spec.operation === 'create' && category !== 'secret')
  const reversed = new Map(created.map((task) => [task.name, reverseTask(objectsOf(task.reference), 'again')]))

  test('is made of every reference of the dataset, is met by it, and says no more and no less than it', () => {
    for (const task of created) {
      const made = reversed.get(task.name)
      if (!made?.task) throw new Error(`${task.name}: ${made?.problem}`)
      const objects = objectsOf(made.task.reference)
      expect(judgeRequirements(objects, made.task.spec), task.name).toEqual([])
      for (const { metadata, kind } of objects) {
        expect(made.task.instruction).toContain(`\`${metadata.name}\``)
        expect(made.task.instruction.toLowerCase()).toContain(kind.toLowerCase())
      }
    }
  })

  test('rejects what the task it came from rejects at level 3', () => {
    const wrong = created.flatMap((task) =>
      task.wrong.filter(({ fails }) => fails === 'L3').map(({ text, because }) => ({ task, text, because })),
    )
    const accepted = wrong.filter(({ task, text }) => {
      const made = reversed.get(task.name)?.task
      return made !== undefined && judgeRequirements(objectsOf(text), made.spec).length === 0
    })
    expect(wrong.length).toBeGreaterThan(500)
    expect(accepted.map(({ task, because }) => `${task.name} ${because}`)).toEqual([])
  })

  const live = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: '0b3b',
      resourceVersion: '12',
      generation: 3,
      creationTimestamp: '2026-11-21T00:00:00Z',
      annotations: { 'deployment.kubernetes.io/revision': '3', owner: 'ana' },
      managedFields: [{}],
    },
    spec: {
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' }, creationTimestamp: null },
        spec: {
          restartPolicy: 'Always',
          dnsPolicy: 'ClusterFirst',
          schedulerName: 'default-scheduler',
          terminationGracePeriodSeconds: 30,
          securityContext: {},
          containers: [
            {
              name: 'web',
              image: 'kubemend/echo:1',
              imagePullPolicy: 'IfNotPresent',
              terminationMessagePath: '/dev/termination-log',
              terminationMessagePolicy: 'File',
              ports: [{ containerPort: 8080, protocol: 'TCP' }],
              resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '0.5', memory: '128Mi' } },
            },
          ],
        },
      },
    },
    status: { replicas: 1 },
  } as unknown as KubeObject

  test('leaves out what the server added and what is default anyway', () => {
    const bare = bareObject(live)
    expect(bare).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default', annotations: { owner: 'ana' } },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            containers: [
              {
                name: 'web',
                image: 'kubemend/echo:1',
                ports: [{ containerPort: 8080 }],
                resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '0.5', memory: '128Mi' } },
              },
            ],
          },
        },
      },
    })
    expect(canonicalText([bare])).toBe(canonicalText([live]))
    const { task } = reverseTask([live], 'web')
    expect(task?.spec.namespace).toBe('home-of-web')
    expect(task?.instruction).toContain(
      '`spec.template.spec.containers[name=web].resources.limits.cpu` set to the text "0.5"',
    )
    // another spelling of the same, with defaults written out, is the same answer
    const spelled = JSON.stringify(live).replaceAll('"0.5"', '"500m"').replaceAll('"default"', '"home-of-web"')
    expect(judgeRequirements([JSON.parse(spelled)], task?.spec ?? ({} as never))).toEqual([])
    const other = spelled.replaceAll('echo:1', 'echo:2')
    expect(judgeRequirements([JSON.parse(other)], task?.spec ?? ({} as never))).toMatchObject([{ id: 'L3/field' }])
  })

  test('is not made of Secrets, nor of what a controller made', () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, data: { k: 'dg==' } }
    expect(reverseTask([secret], 'a').problem).toContain('the values of a Secret would stand in the request')
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', ownerReferences: [{}] } } as KubeObject
    expect(reverseTask([pod], 'a').problem).toContain('is made by another object')
  })
})
