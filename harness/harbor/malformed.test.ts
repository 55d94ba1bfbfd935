import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadTask, tryLoadTask } from '../task/load-task.ts'
import { formatProblem } from '../task/problem.ts'
import { planForeign } from './foreign-plan.ts'

let dir: string
let count = 0
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'malformed-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const sound: Record<string, string> = {
  'task.toml': '[metadata]\ndifficulty = "easy"\n\n[environment.env]\nKUBECONFIG = "/kube/config"\n',
  'instruction.md': 'Repair it.\n',
  'environment/Dockerfile': 'FROM debian:bookworm-slim\nWORKDIR /app\n',
  'environment/seed/seed.sh': '#!/bin/bash\n',
  'environment/docker-compose.yaml': `services:
  main:
    depends_on:
      seed: { condition: service_completed_successfully }
    volumes: ["kube:/kube"]
  k3s:
    image: rancher/k3s:v1.35.3-k3s1
    command: server --write-kubeconfig /admin/config
    volumes: ["admin:/admin"]
  seed:
    image: debian:bookworm-slim
    command: ["bash", "/seed/seed.sh"]
    depends_on: [k3s]
    volumes: ["admin:/admin", "kube:/kube", "./seed:/seed:ro"]
volumes: { kube: {}, admin: {} }
`,
  'tests/test.sh': '#!/bin/bash\necho 1 >/logs/verifier/reward.txt\n',
}

/** The sound task with these files in place of its own; `undefined` takes one away. */
async function write(files: Record<string, string | undefined>): Promise<string> {
  const task = path.join(dir, `task-${++count}`)
  for (const [file, text] of Object.entries({ ...sound, ...files })) {
    if (text === undefined) continue
    await mkdir(path.dirname(path.join(task, file)), { recursive: true })
    await writeFile(path.join(task, file), text)
  }
  return task
}

async function said(files: Record<string, string | undefined>): Promise<string[]> {
  const task = await write(files)
  const loaded = await tryLoadTask(task)
  const problems = loaded.task ? (await planForeign(loaded.task, {})).problems : loaded.problems
  return problems.map((problem) => formatProblem(problem).replace(`${task}/`, ''))
}

const compose = (from: string, to: string): Record<string, string> => {
  const text = sound['environment/docker-compose.yaml'] ?? ''
  if (!text.includes(from)) throw new Error(`the sound task has no ${from}`)
  return { 'environment/docker-compose.yaml': text.replace(from, to) }
}
const at = 'environment/docker-compose.yaml'

const cases: Record<string, [Record<string, string | undefined>, string[]]> = {
  'a compose file that is no YAML': [
    { [at]: 'services:\n  main: [\n' },
    [`${at}:3: not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]`],
  ],
  'a compose file without services': [{ [at]: 'volumes: {}\n' }, [`${at}:1: expected at least one service`]],
  'a misspelt field': [
    compose('    depends_on: [k3s]', '    depend_on: [k3s]'),
    [`${at}:13: unknown field depend_on; did you mean depends_on?`],
  ],
  'a service that nobody has': [
    compose('depends_on: [k3s]', 'depends_on: [k3z]'),
    [`${at}:13: there is no service k3z; did you mean k3s?`],
  ],
  'services that wait for each other': [
    compose('    image: rancher', '    depends_on: [seed]\n    image: rancher'),
    [`${at}:11: services wait for each other: seed, k3s`],
  ],
  'a condition that there is not': [
    compose('service_completed_successfully', 'service_done'),
    [
      `${at}:4: expected a condition of service_started, service_healthy, service_completed_successfully, got "service_done"`,
    ],
  ],
  'a volume that is not listed': [
    compose('"kube:/kube"]', '"cube:/kube"]'),
    [`${at}:5: there is no volume cube; did you mean kube?`],
  ],
  "a mount of the machine's own folder": [
    compose('./seed:/seed:ro', '/var/run/docker.sock:/seed'),
    [`${at}:14: /var/run/docker.sock is a folder of the machine; only folders of the task can be mounted`],
  ],
  'a mount of a folder that is not there': [
    compose('./seed:/seed', './seeds:/seed'),
    [`${at}:14: there is no ./seeds in environment/`],
  ],
  'a mount that leads out of the task': [
    compose('./seed:/seed', '../../other:/seed'),
    [`${at}:14: ../../other leads out of the task's environment folder`],
  ],
  'a variable that nobody sets': [
    compose('v1.35.3-k3s1', '${K3S_TAG}'),
    [`${at}:7: the variable K3S_TAG is not set; [environment].env of task.toml can set it`],
  ],
  'agents without a server': [
    compose('command: server --write-kubeconfig /admin/config', 'command: agent --server https://k3s:6443'),
    [`${at}:6: there are agents and no server: expected one service that is the control plane`],
  ],
  'a flag that makes another cluster': [
    compose('command: server ', 'command: server --kube-apiserver-arg=feature-gates=X=true '),
    [`${at}:8: k3s: --kube-apiserver-arg changes how the cluster works, and the cluster that stands in cannot do so`],
  ],
  'a cluster whose image is built with more in it': [
    {
      ...compose('    image: rancher/k3s:v1.35.3-k3s1', '    build: { context: ./k3s }'),
      'environment/k3s/Dockerfile':
        'ARG TAG=v1.35.3-k3s1\nFROM rancher/k3s:${TAG} AS node\nENV A=b\nCOPY x.tar /images/\n',
    },
    ['environment/k3s/Dockerfile:4: COPY: k3s is replaced by a cluster of ours, which has nothing of its image'],
  ],
  'a cluster that starts with a script': [
    compose(
      'command: server --write-kubeconfig /admin/config',
      'command: sh -c "k3s server & sleep 9; kubectl apply -f /x"',
    ),
    [
      `${at}:8: k3s starts with a script, which the cluster that stands in does not run; let another service do its work`,
    ],
  ],
  'a cluster with settings in a file': [
    compose('volumes: ["admin:/admin"]\n  seed', 'volumes: ["admin:/admin", "./seed:/etc/rancher/k3s"]\n  seed'),
    [`${at}:9: k3s is replaced by a cluster of ours, which does not read /etc/rancher/k3s`],
  ],
  'a taint that is none': [
    compose('command: server ', 'command: server --node-taint=gpu '),
    [`${at}:8: k3s: expected a taint KEY=VALUE:EFFECT, got "gpu"`],
  ],
  'an image that is no toolbox': [
    compose('image: debian:bookworm-slim', 'image: postgres:17'),
    [`${at}:10: seed: postgres:17 is no toolbox image that the script sandbox can stand in for; it takes Docker`],
  ],
  'services that cannot be told apart by their ports': [
    compose('    depends_on: [k3s]', '    depends_on: [k3s]\n    ports: ["8080:6443", "53:53/udp", "web"]'),
    [
      `${at}:14: port 53: services reach each other over TCP only here, got udp`,
      `${at}:14: expected a port such as 8080 or "80:8080", got "web"`,
      `${at}:14: k3s and seed both listen on 6443: services have one address here, and are told apart by their ports`,
    ],
  ],
  'a Dockerfile with commands that cannot be mapped, and every one of them': [
    {
      'environment/Dockerfile':
        'FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y curl erlang\nRUN make && make install\nCOPY missing.txt /app/\nCOPY task.conf /usr/lib/x\nUSER builder\n',
      'environment/task.conf': '',
    },
    [
      'environment/Dockerfile:2: the script sandbox has no erlang; it takes Docker to install it',
      'environment/Dockerfile:3: cannot be mapped onto the script sandbox: make',
      'environment/Dockerfile:4: COPY missing.txt: there is no such file in environment/',
      "environment/Dockerfile:5: COPY task.conf to /usr/lib/x: /usr is the sandbox's own; /usr/local and every other folder can take files",
      'environment/Dockerfile:6: USER builder: there is no such user; no useradd before it makes one',
    ],
  ],
  'a Dockerfile without FROM, and one with a word that is none': [
    { 'environment/Dockerfile': 'FORM debian\nRUN true\n' },
    [
      'environment/Dockerfile:1: expected a Dockerfile instruction, got "FORM debian"',
      'environment/Dockerfile:1: expected a FROM instruction',
    ],
  ],
  'a verifier that downloads its tools': [
    {
      'tests/test.sh':
        '#!/bin/bash\n# curl astral.sh/uv in a comment is fine\ncurl -LsSf https://astral.sh/uv/install.sh | sh\n',
    },
    ['tests/test.sh:3: astral.sh/uv: the script sandbox has no network but the cluster'],
  ],
  'no cluster at all': [{ [at]: undefined }, ['environment: there is no docker-compose.yaml with a cluster']],
  'a task.toml that asks for what is not here': [
    {
      'task.toml':
        '[environment]\ngpus = 1\nos = "windows"\n[[environment.mcp_servers]]\nname = "docs"\ncommand = "docs"\ntransport = "stdio"\n',
      'tests/test.bat': '',
    },
    [
      'task.toml: environment.os: tasks for Windows do not run here',
      'task.toml: environment.gpus: there are no GPUs here, and the task asks for 1',
      "task.toml: environment.mcp_servers: where the task has a cluster, the agent gets our gateway and nothing else; the task's own MCP servers do not run",
    ],
  ],
  'a verifier that is made as nothing here can be, and evidence of services that nobody has': [
    {
      'task.toml': `artifacts = [{ source = "/out", service = "watch" }]
[verifier]
environment_mode = "separate"
[[verifier.collect]]
service = "seeds"
command = "true"
`,
      'tests/Dockerfile': 'FROM debian:bookworm-slim\nRUN make judge\nCOPY . /tests/\n',
    },
    [
      'tests/Dockerfile:2: cannot be mapped onto the script sandbox: make judge',
      'task.toml: verifier.collect: there is no service seeds; did you mean seed?',
      'task.toml: artifacts: there is no service watch',
    ],
  ],
  'no tests': [{ 'tests/test.sh': undefined }, ['tests/test.sh: missing; expected the script that judges']],
  'a variable of the host that is not set': [
    { 'task.toml': '[verifier.env]\nAPI_KEY = "${ACME_KEY}"\n' },
    ['task.toml: verifier.env.API_KEY: the environment variable ACME_KEY is not set and has no default'],
  ],
}

describe('a Harbor folder that cannot run here', () => {
  it('is told apart from one that can', async () => {
    expect(await said({})).toEqual([])
  })

  it('is told apart from one whose cluster is built of nothing but a distribution', async () => {
    const files = {
      ...compose('    image: rancher/k3s:v1.35.3-k3s1', '    build: ./k3s'),
      'environment/k3s/Dockerfile': 'FROM rancher/k3s:v1.34.1-k3s1 AS node\nFROM node\n',
    }
    const { plan, problems } = await planForeign(await loadTask(await write(files)), {})
    expect(problems).toEqual([])
    expect(plan?.cluster).toMatchObject({ distribution: 'k3s', minor: '1.34' })
  })

  it('is told apart from one whose cluster is started as clusters are', async () => {
    const volumes =
      '["admin:/admin", "./seed:/out", "./seed:/var/lib/rancher/k3s/server/manifests", "/lib/modules:/lib/modules:ro"]'
    const files = compose(
      'command: server --write-kubeconfig /admin/config\n    volumes: ["admin:/admin"]',
      `command: ["sh", "-c", "exec k3s server --write-kubeconfig /admin/config --node-label=a=b"]\n    volumes: ${volumes}`,
    )
    const { plan } = await planForeign(await loadTask(await write(files)), {})
    expect(plan?.cluster.nodes[0]?.labels).toEqual({ a: 'b' })
    expect(plan?.cluster.mounts.map(({ target }) => target)).toEqual([
      '/admin',
      '/out',
      '/var/lib/rancher/k3s/server/manifests',
    ])
  })

  it('is told apart from one that loses something, which its record says', async () => {
    const toml = `${sound['task.toml']}[agent]\nnetwork_mode = "allowlist"\nallowed_hosts = ["example.org"]\n`
    const { plan } = await planForeign(await loadTask(await write({ 'task.toml': toml })), {})
    expect(plan?.notes).toEqual([
      'k3s (k3s v1.35.3-k3s1) is replaced by a cluster of ours',
      expect.stringContaining('no file of the task speaks of it'),
      "environment.network_mode (public): nothing is reached from here but the cluster and the task's own services",
      "agent.allowed_hosts (example.org): nothing is reached from here but the cluster and the task's own services",
    ])
  })

  it('is told apart from one whose verifier has a machine of its own, and asks the control plane', async () => {
    const files = {
      'task.toml': `[verifier]
environment_mode = "separate"
[[verifier.collect]]
service = "k3s"
command = "kubectl get pods -A >/tmp/pods"
`,
      'tests/Dockerfile': 'FROM debian:bookworm-slim\nENV RULE=strict\nWORKDIR /judge\nCOPY . /tests/\n',
    }
    const { plan, problems } = await planForeign(await loadTask(await write(files)), {})
    expect(problems).toEqual([])
    expect(plan?.stages[0]?.verifierBox).toMatchObject({
      workdir: '/judge',
      environment: { RULE: 'strict' },
      files: [{ to: '/tests' }],
    })
    const bare = { 'task.toml': '[verifier]\nenvironment_mode = "separate"\n' }
    const without = await planForeign(await loadTask(await write(bare)), {})
    expect(without.plan?.stages[0]?.verifierBox?.workdir).toBe('/app')
    expect(without.plan?.notes.at(-1)).toContain("main's files and tools anew, and no cluster")
  })

  it('is left to Docker where that is at hand, and only what cannot be mapped', async () => {
    const files = {
      'environment/Dockerfile': 'FROM debian:bookworm-slim AS build\nRUN make\n',
      ...compose('image: debian:bookworm-slim', 'image: postgres:17'),
    }
    const { plan } = await planForeign(await loadTask(await write(files)), {}, () => Promise.resolve(true))
    expect(plan?.main.box.image).toMatchObject({ dockerfile: expect.stringContaining('environment/Dockerfile') })
    expect(plan?.services.map(({ box }) => box.image)).toEqual([{ pull: 'postgres:17' }])
    expect(plan?.notes.slice(-2)).toEqual([
      expect.stringMatching(/^main has the files of its image|^seed has the files of postgres:17/),
      expect.stringMatching(/^main has the files of its image|^seed has the files of postgres:17/),
    ])
    const mapped = await planForeign(await loadTask(await write({})), {}, () => Promise.resolve(true))
    expect(mapped.plan?.main.box.image).toBeUndefined()
  })

  it('is refused where Docker would be given files of this machine', async () => {
    const files = compose('    image: debian:bookworm-slim', '    build: { context: ../.., dockerfile: Dockerfile }')
    const task = await loadTask(await write(files))
    await writeFile(path.join(dir, 'Dockerfile'), 'FROM debian\nRUN make\n')
    const { problems } = await planForeign(task, {}, () => Promise.resolve(true))
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining("leads out of the task's environment folder"),
    ])
  })

  for (const [name, [files, expected]] of Object.entries(cases)) {
    it(`says what is wrong with ${name}`, async () => {
      expect(await said(files)).toEqual(expected)
    })
  }
})
