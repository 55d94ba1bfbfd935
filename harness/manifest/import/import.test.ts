import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { measureText } from '../metrics/text-metrics.ts'
import { isObject, parseAnswer } from '../parse-answer.ts'
import { judgeRequirements } from '../requirements/judge-requirements.ts'
import { importCloudEval } from './import-cloudeval.ts'
import { importJsonl } from './import-jsonl.ts'

const map = `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings-v1 # *
data:
  color: green
`
const passing = `kubectl apply -f labeled_code.yaml
[ "$(kubectl get configmaps -o=jsonpath='{.items[?(@.data.color=="green")].data.color}')" = green ] && echo cloudeval_unit_test_passed
`

describe("CloudEval-YAML's layout", () => {
  let dir: string
  beforeEach(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'kubemend-cloudeval-'))
  })
  afterEach(() => rm(dir, { recursive: true, force: true }))

  const problem = async (at: string, files: Record<string, string>): Promise<void> => {
    for (const [file, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(dir, at, file)), { recursive: true })
      await writeFile(path.join(dir, at, file), text)
    }
  }
  const whole = {
    'question.txt': 'A ConfigMap with the color green.',
    'labeled_code.yaml': map,
    'unit_test.sh': passing,
  }

  test('gives a task with question, context, labelled reference and unit test for each problem', async () => {
    await problem('Kubernetes/configmap/q2', {
      ...whole,
      'context/old.yaml': 'kind: Old\n',
      'question_simplified.txt': 'Green map.',
    })
    await problem('Kubernetes/configmap/q10', whole)
    const { tasks, left } = await importCloudEval(dir, 'original')
    expect(left).toEqual([])
    expect(tasks.map(({ name, category, level }) => [name, category, level])).toEqual([
      ['cloudeval-kubernetes-configmap-q2', 'configmap', 'basic'],
      ['cloudeval-kubernetes-configmap-q10', 'configmap', 'basic'],
    ])
    const [first, second] = tasks
    expect(first?.instruction).toMatch(/^A ConfigMap with the color green\.\n/)
    expect(first?.spec).toMatchObject({
      namespace: 'cloudeval-kubernetes-configmap-q2',
      objects: [],
      'unit-test': {
        script: passing,
        marker: 'cloudeval_unit_test_passed',
        files: { 'context/old.yaml': 'kind: Old\n' },
      },
    })
    // the comment that makes a value a wildcard is still there, and read
    const renamed = map.replace('settings-v1', 'anything')
    expect(measureText(renamed, first?.reference ?? '')).toMatchObject({ kvWildcard: 1, kvExact: 0 })
    expect(measureText(renamed.replace('green', 'red'), first?.reference ?? '').kvWildcard).toBeLessThan(1)
    // nearly the same: both in the same half
    expect(first?.split).toBe(second?.split)
    const simplified = await importCloudEval(dir, 'simplified')
    expect(simplified.tasks.map(({ instruction }) => instruction.split('\n')[0])).toEqual(['Green map.'])
    expect(simplified.left).toEqual([
      { name: 'cloudeval-kubernetes-configmap-q10', because: 'there is no question_simplified.txt' },
    ])
  })

  test.each([
    [
      'a test that cannot pass',
      { 'unit_test.sh': 'kubectl apply -f labeled_code.yaml\n' },
      'its unit test never prints cloudeval_unit_test_passed',
    ],
    ['another program', { 'labeled_code.yaml': 'static_resources: {}\n' }, 'its reference is no Kubernetes object'],
    [
      'a kind of its own',
      { 'labeled_code.yaml': map.replace('v1\nkind: ConfigMap', 'networking.istio.io/v1\nkind: Gateway') },
      'Gateway/settings-v1 is of a kind that a plain cluster does not serve',
    ],
    [
      'an object for the whole cluster',
      { 'labeled_code.yaml': map.replace('ConfigMap', 'Namespace') },
      'Namespace/settings-v1 lies in no namespace',
    ],
    [
      'a namespace',
      { 'labeled_code.yaml': map.replace('# *', '# *\n  namespace: mine') },
      'ConfigMap/settings-v1 names a namespace of its own',
    ],
    ['minikube', { 'unit_test.sh': `curl $(minikube ip)\n${passing}` }, 'its unit test uses minikube'],
    [
      'a new namespace',
      { 'unit_test.sh': `kubectl create ns other\n${passing}` },
      'its unit test uses other namespaces',
    ],
    [
      'nodes',
      { 'unit_test.sh': `kubectl label nodes worker-a x=y\n${passing}` },
      'its unit test asks for what lies in no namespace',
    ],
    [
      'identities',
      { 'unit_test.sh': `kubectl auth can-i get pods --as=me\n${passing}` },
      'its unit test takes on other identities',
    ],
    ['broken YAML', { 'labeled_code.yaml': 'a: [1\n' }, 'its reference is not YAML: not YAML: '],
  ])('leaves out %s, and says why', async (_, files, because) => {
    await problem('Kubernetes/x/q1', { ...whole, ...files })
    const { tasks, left } = await importCloudEval(dir, 'original')
    expect(tasks).toEqual([])
    expect(left[0]?.because).toContain(because)
  })

  test('does not mistake a path or a word for what lies in no namespace', async () => {
    await problem('Kubernetes/x/q1', {
      ...whole,
      'unit_test.sh': `# nodes and minikube\nkubectl get pods -l app=nodes\necho nodes\n${passing}`,
    })
    expect((await importCloudEval(dir, 'original')).left).toEqual([])
  })
})

describe('a JSONL of requests and references', () => {
  const prompt =
    'Create a Deployment named web with 3 replicas of the image nginx:1.27, container port 8080, label app: web.'
  const reference = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: { app: web, tier: backend }
spec:
  replicas: 3
  minReadySeconds: 7
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - { name: web, image: "nginx:1.27", ports: [{ containerPort: 8080 }] }
`
  const line = (fields: object): string => `${JSON.stringify(fields)}\n`

  test('asks for what the reference has and the request says, and for nothing else', () => {
    const { tasks, left } = importJsonl(line({ prompt, reference }), 'mine', {
      prompt: 'prompt',
      reference: 'reference',
    })
    expect(left).toEqual([])
    const [task] = tasks
    if (!task) throw new Error('there is no task')
    expect(task.name).toBe('mine-0001')
    expect(task.images).toEqual(['nginx:1.27'])
    const judge = (text: string): string[] =>
      judgeRequirements(parseAnswer(text).documents.filter(isObject), task.spec).map(({ at = '' }) => at)
    expect(judge(reference)).toEqual([])
    // a tier and a delay were never asked for, three replicas and a port were
    expect(judge(reference.replace(', tier: backend', '').replace('  minReadySeconds: 7\n', ''))).toEqual([])
    expect(judge(reference.replace('replicas: 3', 'replicas: 2'))).toEqual(['spec.replicas'])
    expect(judge(reference.replace('8080', '80'))).toEqual(['spec.template.spec.containers[name=web].ports'])
    expect(judge(reference.replace('1.27', '1.26'))).toEqual(['spec.template.spec.containers[name=web].image'])
  })

  test('takes other fields, and says of each line that makes no task why', () => {
    const messages = [{ role: 'user', content: 'Make a Role called a.' }]
    const role = 'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: { name: a }\nrules: []\n'
    const text = [
      JSON.stringify({ messages, answer: role }),
      'no json',
      JSON.stringify({ messages }),
      '',
      JSON.stringify({ messages, answer: role.replace('name: a', 'name: other') }),
      JSON.stringify({ messages, answer: 'just words' }),
      JSON.stringify({ messages, answer: role.replace('name: a', 'name: a, namespace: kube-system') }),
    ].join('\n')
    const { tasks, left } = importJsonl(text, 'mine', { prompt: 'messages.0.content', reference: 'answer' })
    expect(tasks.map(({ name }) => name)).toEqual(['mine-0001'])
    expect(left).toEqual([
      { name: 'line 2', because: 'is no JSON' },
      { name: 'line 3', because: 'has no text in answer' },
      { name: 'line 5', because: 'the request does not say the name of Role/other' },
      { name: 'line 6', because: 'its reference is not YAML: expected a mapping, got plain text' },
      { name: 'line 7', because: 'its reference lies in kube-system' },
    ])
  })
})
