import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { runCommand } from '../base/command.ts'
import { InputError } from '../base/errors.ts'
import { loadTask } from './load-task.ts'
import { sampleTask, writeSampleTask, type TaskFiles } from './sample-task.ts'

/** Everything that has gone wrong in task folders, and exactly what its author is told. */
interface Malformed {
  name: string
  files?: TaskFiles
  /** What cannot be said with files. */
  prepare?: (dir: string) => Promise<unknown>
  says: string[]
}

const verifiers = {
  'deployment-available': {
    params: z.strictObject({ namespace: z.string(), name: z.string(), replicas: z.int().positive().optional() }),
  },
  script: { params: z.strictObject({ file: z.string() }) },
  'http-answers': { params: z.strictObject({ url: z.string(), body: z.string().optional() }) },
}

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'kubemend-malformed-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const toml = sampleTask['task.toml'] ?? ''
const contract = sampleTask['tests/contract.yaml'] ?? ''
const inMetadata = (line: string): TaskFiles => ({ 'task.toml': toml.replace('tags = ["env"]', line) })
const inContract = (text: string): TaskFiles => ({ 'tests/contract.yaml': `${contract}${text}\n` })
const inWorld = (text: string): TaskFiles => ({ 'environment/world/20-more.yaml': text })

const table: Malformed[] = [
  {
    name: 'a wrong escape in TOML, for which Harbor drops a task in silence',
    files: { 'task.toml': toml.replace('"Checkout cannot reach orders"', String.raw`"C:\users"`) },
    says: ['task.toml:5: not TOML: Invalid escape sequence'],
  },
  {
    name: 'the same key twice in TOML',
    files: inMetadata('kind = "workspace"'),
    says: ["task.toml:11: not TOML: Cannot redefine existing key 'metadata.kubemend.kind'"],
  },
  {
    name: 'a check that runs a script that is not there',
    files: inContract('symptom:\n  - script: { file: is-it-broken.sh }'),
    says: ['tests/contract.yaml: symptom[0]: script is-it-broken.sh: there is no tests/is-it-broken.sh'],
  },
  {
    name: 'no task.toml',
    files: { 'task.toml': undefined },
    says: ['task.toml: missing; expected what the task is'],
  },
  {
    name: 'a mistyped field in our metadata',
    files: inMetadata('tag = ["env"]'),
    says: ['task.toml: metadata.kubemend.tag: unknown field; did you mean tags?'],
  },
  {
    name: 'a difficulty that does not exist',
    files: { 'task.toml': toml.replace('"easy"', '"trivial"') },
    says: ['task.toml: metadata.kubemend.difficulty: expected one of easy, medium, hard, got "trivial"'],
  },
  {
    name: 'metadata of the wrong type',
    files: { 'task.toml': toml.replace('"configuration"', '7').replace('["env"]', '"env"') },
    says: [
      'task.toml: metadata.kubemend.category: expected text, got 7',
      'task.toml: metadata.kubemend.tags: expected a list, got "env"',
    ],
  },
  {
    name: 'a canary that is no UUID',
    files: { 'task.toml': toml.replace('11111111-2222-4333-8444-555555555555', 'tweet') },
    says: ['task.toml: metadata.kubemend.canary: expected a UUID, got "tweet"'],
  },
  {
    name: 'a task name without its organisation, and a timeout in words',
    files: { 'task.toml': toml.replace('acme/checkout', 'checkout').replace('600', '"10 minutes"') },
    says: [
      'task.toml: task.name: expected a name such as acme/checkout, got "checkout"',
      'task.toml: agent.timeout_sec: expected a number, got "10 minutes"',
    ],
  },
  {
    name: 'half a processor, and an environment variable that is a number',
    files: { 'task.toml': `${toml}cpus = 0.5\n[environment.env]\nPORT = 80\n` },
    says: [
      'task.toml: environment.cpus: expected a whole number, got 0.5',
      'task.toml: environment.env.PORT: expected text, got 80',
    ],
  },
  {
    name: 'permissions that would let the agent take more',
    files: inMetadata(
      'permissions = ["impersonate users", "edit -A", "read secrets -A", "create serviceaccounts/token", "* pods"]',
    ),
    says: [
      'task.toml: metadata.kubemend.permissions[0]: impersonate would let the agent take rights it was not given',
      'task.toml: metadata.kubemend.permissions[1]: "edit -A" would open the secrets of every namespace; name the namespaces with -n',
      'task.toml: metadata.kubemend.permissions[2]: -A on secrets would open the secrets of every namespace; name the namespaces with -n',
      'task.toml: metadata.kubemend.permissions[3]: serviceaccounts/token would let the agent become another identity',
      'task.toml: metadata.kubemend.permissions[4]: * would let the agent take rights it was not given',
    ],
  },
  {
    name: 'permissions in a namespace that nobody makes, and secrets of the cluster',
    files: inMetadata('permissions = ["edit -n shpo", "read secrets -n kube-public"]'),
    says: [
      'task.toml: metadata.kubemend.permissions: "edit -n shpo": there is no namespace shpo; did you mean shop?',
      'task.toml: metadata.kubemend.permissions: "read secrets -n kube-public" would open the secrets of kube-public, which is not a namespace of the task (shop)',
    ],
  },
  {
    name: 'permissions that cannot be read',
    files: inMetadata('permissions = ["everything", "fetch pods", "read podz", "read nodes -n shop", "read a/b/c/d"]'),
    says: [
      'task.toml: metadata.kubemend.permissions[0]: expected "edit", "view" or "VERB RESOURCE [-n NAMESPACE]", got "everything"',
      'task.toml: metadata.kubemend.permissions[1]: expected verbs of read, write, get, list, watch, create, update, patch, delete, deletecollection, got "fetch"',
      'task.toml: metadata.kubemend.permissions[2]: expected a resource such as deployments or widgets.example.com, got "podz"',
      'task.toml: metadata.kubemend.permissions[3]: nodes have no namespace; leave -n out',
      'task.toml: metadata.kubemend.permissions[4]: expected RESOURCE, RESOURCE/NAME or RESOURCE/SUBRESOURCE, got "a/b/c/d"',
    ],
  },
  {
    name: 'our files without our metadata',
    files: { 'task.toml': '[metadata]\n' },
    says: ['task.toml: metadata.kubemend: missing; a task with tests/contract.yaml needs it'],
  },
  {
    name: 'no instruction',
    files: { 'instruction.md': undefined },
    says: ['instruction.md: missing; expected what the agent is told'],
  },
  {
    name: 'an instruction that is only its canary',
    files: { 'instruction.md': '<!-- canary 1 -->\n\n' },
    says: ['instruction.md: expected what the agent is told, got no text'],
  },
  {
    name: 'an instruction that is a folder',
    files: { 'instruction.md': undefined },
    prepare: (task) => mkdir(path.join(task, 'instruction.md')),
    says: ['instruction.md: expected a file, got a folder'],
  },
  {
    name: 'an instruction that is a picture',
    files: { 'instruction.md': Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 13]) },
    says: ['instruction.md: expected text, got a binary file'],
  },
  {
    name: 'an instruction in Latin-1',
    files: { 'instruction.md': Buffer.from('caf\xe9', 'latin1') },
    says: ['instruction.md: expected UTF-8 text, got other bytes'],
  },
  {
    name: 'an instruction of two megabytes',
    files: { 'instruction.md': 'x'.repeat(2 * 2 ** 20) },
    says: ['instruction.md: expected at most 1 MiB of text, got 2.0 MiB'],
  },
  {
    name: 'a byte order mark before TOML and before a script',
    files: { 'task.toml': `\uFEFF${toml}`, 'solution/solve.sh': '\uFEFF#!/bin/sh\n' },
    says: [
      'task.toml: starts with a byte order mark; save it as UTF-8 without one',
      'solution/solve.sh: starts with a byte order mark; save it as UTF-8 without one',
    ],
  },
  {
    name: 'scripts saved on Windows',
    files: { 'tests/test.sh': '#!/bin/sh\r\nkubemend-verify\r\n' },
    says: ['tests/test.sh:1: expected lines that end in LF, got CRLF'],
  },
  {
    name: 'scripts without an interpreter',
    files: { 'solution/solve.sh': 'kubectl version\n', 'environment/fault/20.sh': '\n#!/bin/sh\n' },
    says: [
      'environment/fault/20.sh:1: expected a first line such as #!/bin/bash: scripts are run as programs',
      'solution/solve.sh:1: expected a first line such as #!/bin/bash: scripts are run as programs',
    ],
  },
  {
    name: 'a pipe in the place of a contract, which must not be waited for',
    files: { 'tests/contract.yaml': undefined },
    prepare: (task) => runCommand(['mkfifo', path.join(task, 'tests/contract.yaml')]),
    says: ['tests/contract.yaml: expected a plain file, got a pipe, socket or device'],
  },
  {
    name: 'links that lead out of the task, and to themselves',
    files: { 'instruction.md': undefined, 'tests/contract.yaml': undefined },
    prepare: async (task) => {
      await symlink('/etc/passwd', path.join(task, 'instruction.md'))
      await symlink('contract.yaml', path.join(task, 'tests/contract.yaml'))
    },
    says: ['tests/contract.yaml: is a link to itself', 'instruction.md: is a link that leads out of the task'],
  },
  {
    name: 'a verifier that does not exist, one with a mistyped parameter, one without a required one',
    files: {
      'tests/contract.yaml':
        'outcome:\n  - deployment-availabel: { name: x }\n  - http-answers: { url: x, bdoy: ok }\n  - deployment-available: { namespace: 7 }\n  - ports-open\n',
    },
    says: [
      'tests/contract.yaml: outcome[0]: there is no verifier "deployment-availabel"; did you mean deployment-available?',
      'tests/contract.yaml: outcome[1].http-answers.bdoy: unknown field; did you mean body?',
      'tests/contract.yaml: outcome[2].deployment-available.namespace: expected text, got 7',
      'tests/contract.yaml: outcome[2].deployment-available.name: missing; expected text',
      'tests/contract.yaml: outcome[3]: there is no verifier "ports-open"; kubemend explain lists all',
    ],
  },
  {
    name: 'two verifiers in one entry, because a dash is missing',
    files: { 'tests/contract.yaml': 'outcome:\n  - deployment-available: {}\n    http-answers: {}\n' },
    says: [
      'tests/contract.yaml: outcome[0]: expected one verifier, got deployment-available, http-answers: start each with a dash',
    ],
  },
  {
    name: 'a contract whose parts are wrong in every way',
    files: inContract(
      'stable-for: 10\nwithin: soon\naccept: [probe-remove]\nforbid: [everything]\ninvariants: { a: 1 }\nmay-grant: [{ a: [x] }]',
    ),
    says: [
      'tests/contract.yaml: invariants: expected a list, got a map',
      'tests/contract.yaml: within: expected a duration such as 10s or 1m30s, got "soon"',
      'tests/contract.yaml: stable-for: expected text, got 10',
      expect.stringMatching(
        /^tests\/contract\.yaml: accept\[0\]: expected one of host-access, .*, got "probe-remove"$/,
      ),
      'tests/contract.yaml: forbid[0]: expected "get,list secrets -n vault", got "everything"',
      'tests/contract.yaml: may-grant[0]: a: "x": expected "get,list pods -n shop" or "get /metrics"',
    ],
  },
  {
    name: 'allowances that name nothing',
    files: {
      'tests/contract.yaml':
        'outcome: [deployment-available: { namespace: a, name: b }]\nmay-change:\n  - checkout: [spec]\n  - deployment/checkout -n shop: ["spec..x"]\n  - deployment/web -n shop: []\n',
    },
    says: [
      'tests/contract.yaml: may-change[2]["deployment/web -n shop"]: expected at least one entry, got none',
      'tests/contract.yaml: may-change[0]: object "checkout": expected kind/name -n namespace',
      'tests/contract.yaml: may-change[1]: deployment/checkout -n shop: path "spec..x": expected a field name at character 6',
    ],
  },
  {
    name: 'the same key twice in YAML',
    files: inContract('outcome: []'),
    says: ['tests/contract.yaml:5: Map keys must be unique'],
  },
  {
    name: 'a YAML bomb',
    files: { 'tests/contract.yaml': bomb() },
    says: ['tests/contract.yaml: expands without end: too many aliases of aliases'],
  },
  {
    name: 'YAML nested beyond any stack',
    files: { 'environment/cluster.yaml': '['.repeat(100_000) },
    says: ['environment/cluster.yaml: is nested too deeply to be read'],
  },
  {
    name: 'tabs in YAML, and a tag of a programming language',
    files: {
      'tests/contract.yaml': 'outcome:\n\t- a\n',
      'environment/cluster.yaml': 'images: !!python/object/apply:os.system ["true"]\n',
    },
    says: [
      'tests/contract.yaml:2: Tabs are not allowed as indentation',
      'environment/cluster.yaml:1: Unresolved tag: tag:yaml.org,2002:python/object/apply:os.system',
    ],
  },
  {
    name: 'a contract of two documents, and one that is a list',
    files: { 'tests/contract.yaml': `${contract}---\na: 1\n`, 'environment/cluster.yaml': '- a\n' },
    says: [
      'tests/contract.yaml:6: expected one document, got a second',
      'environment/cluster.yaml: expected a map, got a list',
    ],
  },
  {
    name: 'a contract under a name that nobody reads',
    files: { 'tests/contract.yaml': undefined, 'tests/contract.yml': contract },
    says: [
      'tests/contract.yaml: missing; tests/test.sh judges by it',
      'tests/contract.yml: is not read by anyone; did you mean contract.yaml?',
    ],
  },
  {
    name: 'a world in a mistyped folder',
    files: {
      'environment/world/00-namespace.yaml': undefined,
      'environment/world/10-checkout.yaml': undefined,
      'environment/worlds/x.yaml': 'a: 1\n',
      'environment/fault/10-wrong-port.yaml': undefined,
    },
    says: [
      'environment/world: missing; expected the manifests of the healthy system',
      'environment/fault: missing; expected what breaks the world',
      'environment/worlds: is not read by anyone; did you mean world?',
    ],
  },
  {
    name: 'a cluster that cannot be',
    files: {
      'environment/cluster.yaml':
        'kubernetes: 1.30\nnodes:\n  - name: Node_1\n    taints: ["a=b", "x:Never"]\n    capacity: { cpu: lots }\n    role: worker\naddons: [network-polcy]\n',
    },
    says: [
      'environment/cluster.yaml: kubernetes: expected a minor version in quotes, such as "1.35", got the number 1.3',
      'environment/cluster.yaml: nodes[0].name: expected a lower-case DNS name, got "Node_1"',
      'environment/cluster.yaml: nodes[0].taints[0]: expected KEY=VALUE:EFFECT with an effect of NoSchedule, PreferNoSchedule, NoExecute, got "a=b"',
      'environment/cluster.yaml: nodes[0].taints[1]: expected KEY=VALUE:EFFECT with an effect of NoSchedule, PreferNoSchedule, NoExecute, got "x:Never"',
      'environment/cluster.yaml: nodes[0].capacity.cpu: expected a quantity such as 4, 500m or 16Gi, got "lots"',
      'environment/cluster.yaml: nodes[0].role: unknown field; known are name, labels, taints, capacity',
      'environment/cluster.yaml: addons[0]: expected one of network-policy, metrics-server, storage, ingress, got "network-polcy"',
    ],
  },
  {
    name: 'objects that the API server could not even name',
    files: inWorld(
      'kind: Pod\n---\napiVersion: v1\nkind: Deployment\nmetadata: { name: a, namespace: shop }\n---\napiVersion: apps/v1\nkind: Deploymnet\nmetadata: { name: a, namespace: shop }\n---\napiVersion: v1\nkind: List\nitems: []\nmetadata: { name: a }\n---\njust text\n---\napiVersion: v1\nkind: Pod\nmetadata: { generateName: a-, namespace: shop }\n---\napiVersion: v1\nkind: Pod\nmetadata: { name: 7, namespace: shop }\n',
    ),
    says: [
      'environment/world/20-more.yaml:1: apiVersion: missing; expected text',
      'environment/world/20-more.yaml:1: metadata: missing; expected a name',
      'environment/world/20-more.yaml:3: apiVersion: expected apps/... for a Deployment, got v1',
      'environment/world/20-more.yaml:7: kind: there is no Deploymnet in apps/v1; did you mean Deployment?',
      'environment/world/20-more.yaml:11: kind: expected one object a document, got a List',
      'environment/world/20-more.yaml:16: expected an object with apiVersion, kind and metadata, got "just text"',
      'environment/world/20-more.yaml:18: metadata.name: missing; expected a name, because generateName makes another one every time',
      'environment/world/20-more.yaml:22: metadata.name: expected text in quotes, got 7',
    ],
  },
  {
    name: 'objects without a namespace, with one too many, in one that nobody makes, and twice',
    files: inWorld(
      'apiVersion: v1\nkind: Secret\nmetadata: { name: a }\n---\napiVersion: v1\nkind: Node\nmetadata: { name: a, namespace: shop }\n---\napiVersion: v1\nkind: Secret\nmetadata: { name: a, namespace: shpo }\n---\napiVersion: v1\nkind: Service\nmetadata: { name: checkout, namespace: shop }\n',
    ),
    says: [
      'environment/world/20-more.yaml:1: metadata.namespace: missing; every Secret lives in a namespace',
      'environment/world/20-more.yaml:5: metadata.namespace: expected none: a Node has no namespace',
      'environment/world/20-more.yaml:13: Service/checkout -n shop is already in 10-checkout.yaml:14',
      'environment/world/20-more.yaml:9: metadata.namespace: there is no namespace shpo; did you mean shop?',
    ],
  },
  {
    name: 'an empty world file, a chart, a folder, and a fault that deletes what is not there',
    files: {
      'environment/world/30-empty.yaml': '# nothing\n',
      'environment/world/Chart.lock': 'x',
      'environment/world/deep/a.yaml': 'x',
      'environment/fault/20-gone.yaml':
        'apiVersion: v1\nkind: Secret\nmetadata: { name: a, namespace: shop }\n$patch: delete\n',
    },
    says: [
      'environment/world/deep: expected a file, got a folder',
      'environment/world/30-empty.yaml: expected objects, got an empty file',
      'environment/world/Chart.lock: expected only .yaml, .yml and .json files in world/',
      'environment/fault/20-gone.yaml:1: there is no Secret/a -n shop in the world to delete',
    ],
  },
  {
    name: 'an image that no registry could have',
    files: { 'environment/cluster.yaml': 'images: ["Nginx:latest"]\n' },
    says: [
      'environment/cluster.yaml: image "Nginx:latest": expected [registry/]name[:tag]; one that is part of the fault belongs under absent-images in cluster.yaml',
    ],
  },
  {
    name: 'a workspace task with a cluster and without files',
    files: { 'task.toml': toml.replace('"repair"', '"workspace"') },
    says: [
      'environment/workspace: missing; expected the files to repair',
      'environment/world: expected none: a workspace task has no cluster',
      'environment/cluster.yaml: expected none: a workspace task has no cluster',
      'environment/fault: expected none in a workspace task',
    ],
  },
  {
    name: 'no oracle and no verifier script',
    files: { 'solution/solve.sh': undefined, 'tests/test.sh': undefined },
    says: [
      'tests/test.sh: missing; expected the script that judges',
      'solution/solve.sh: missing; expected the repair that proves the task can be solved',
    ],
  },
  {
    name: 'a step without its folder',
    files: { 'task.toml': '[[steps]]\nname = "one"\n[[steps]]\nname = "../two"\n', 'tests/contract.yaml': undefined },
    says: ['task.toml: steps[1].name: expected the name of a folder under steps/'],
  },
  {
    name: 'a file in the place of the world folder',
    files: {
      'environment/world/00-namespace.yaml': undefined,
      'environment/world/10-checkout.yaml': undefined,
      'environment/world': 'x',
    },
    says: [
      'environment/world: expected a folder, got a file',
      'environment/fault/10-wrong-port.yaml:1: metadata.namespace: there is no namespace shop; no world file makes it',
    ],
  },
]

describe('a malformed task', () => {
  it.each(table)('$name', async ({ files = {}, prepare, says }) => {
    await writeSampleTask(dir, files)
    await prepare?.(dir)
    const error = await loadTask(dir, { verifiers }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(InputError)
    expect((error as InputError).problems.map((line) => line.replace(`${dir}/`, ''))).toEqual(says)
  })

  it('no folder at all', async () => {
    await expect(loadTask(path.join(dir, 'nowhere'))).rejects.toThrow(`${dir}/nowhere: expected a task folder`)
    await writeFile(path.join(dir, 'file'), '')
    await expect(loadTask(path.join(dir, 'file'))).rejects.toThrow(`${dir}/file: expected a task folder`)
  })

  it('the sample itself is in order', async () => {
    await writeSampleTask(dir)
    await expect(loadTask(dir, { verifiers })).resolves.toMatchObject({ name: 'acme/checkout' })
  })
})

function bomb(): string {
  const rows = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
  for (let i = 1; i < 10; i++)
    rows.push(
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    )
  return `${rows.join('\n')}\n`
}
