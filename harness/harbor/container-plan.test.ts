import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tryLoadTask } from '../task/load-task.ts'
import { formatProblem } from '../task/problem.ts'
import { hasCluster, planContainers, type ContainerPlan } from './container-plan.ts'

let dir: string
let count = 0
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'containers-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const sound: Record<string, string | undefined> = {
  'task.toml': '[environment]\nmemory_mb = 512\n',
  'instruction.md': 'Mend it.\n',
  'environment/Dockerfile': 'FROM debian\n',
  'tests/test.sh': '#!/bin/bash\n',
}

/** The sound task with these files in place of its own, planned, or what is said of it. */
async function plan(files: Record<string, string | undefined>): Promise<ContainerPlan | string[]> {
  const place = path.join(dir, `task-${++count}`)
  for (const [file, text] of Object.entries({ ...sound, ...files })) {
    if (text === undefined) continue
    await mkdir(path.dirname(path.join(place, file)), { recursive: true })
    await writeFile(path.join(place, file), text)
  }
  const loaded = await tryLoadTask(place)
  if (loaded.task) expect(await hasCluster(loaded.task)).toBe(false)
  const found = loaded.task ? await planContainers(loaded.task, { GIVEN: 'by the host' }) : loaded
  return 'plan' in found && found.plan
    ? found.plan
    : found.problems.map((one) => formatProblem(one).replace(`${place}/`, ''))
}

describe('a Harbor task without a cluster', () => {
  it('is built, with what its task.toml says', async () => {
    const toml = `[environment]
allow_internet = false
cpus = 2
[environment.env]
A = "\${GIVEN}"
[verifier]
network_mode = "public"
[verifier.env]
B = "\${MISSING:-nothing}"
`
    const made = await plan({ 'task.toml': toml })
    expect(made).toMatchObject({
      main: { build: true },
      environment: { A: 'by the host' },
      network: { agent: false, verifier: true },
      limits: { cpus: 2 },
    })
    expect((made as ContainerPlan).stages.map(({ verifierEnvironment }) => verifierEnvironment)).toEqual([
      { B: 'nothing' },
    ])
  })

  it('has its verifier where Harbor would: in an image, a folder, or where the agent was', async () => {
    const separate = async (files: Record<string, string>): Promise<unknown> => {
      const made = await plan(files)
      return (made as ContainerPlan).stages.map((stage) => stage.separate)
    }
    expect(await separate({ 'task.toml': '[verifier.environment]\ndocker_image = "judge:1"\n' })).toMatchObject([
      { image: { name: 'judge:1' }, isBundled: true },
    ])
    const mode = '[verifier]\nenvironment_mode = "separate"\n'
    const own = { 'task.toml': mode, 'tests/Dockerfile': 'FROM debian\n' }
    expect(await separate(own)).toMatchObject([
      { image: { context: expect.stringMatching(/tests$/) }, isBundled: true },
    ])
    expect(await separate({ 'task.toml': mode })).toMatchObject([
      { image: { context: expect.stringMatching(/environment$/) }, isBundled: false },
    ])
    const steps = {
      'task.toml': `${mode}[[steps]]\nname = "one"\n[[steps]]\nname = "two"\n[steps.verifier]\nenvironment_mode = "shared"\n`,
      'steps/one/instruction.md': 'First.\n',
      'steps/two/instruction.md': 'Second.\n',
      'steps/one/tests/Dockerfile': 'FROM debian\n',
    }
    expect(await separate(steps)).toMatchObject([
      { image: { context: expect.stringMatching(/one\/tests$/) } },
      undefined,
    ])
  })

  const cases: Record<string, [Record<string, string | undefined>, string[]]> = {
    'nothing to make main of': [
      { 'environment/Dockerfile': undefined, 'environment/data.txt': '' },
      ['environment: expected a Dockerfile, a docker-compose.yaml or [environment].docker_image in task.toml'],
    ],
    "a compose file that reads the machine's files": [
      { 'environment/docker-compose.yaml': 'services:\n  main:\n    env_file: ../../keys\n' },
      ["environment/docker-compose.yaml:3: ../../keys leads out of the task's environment folder"],
    ],
    'everything that is not here': [
      {
        'task.toml':
          '[environment]\ngpus = 1\n[environment.env]\nA = "${MISSING}"\n[[environment.mcp_servers]]\nname = "x"\nurl = "https://x/mcp"\n',
        'tests/docker-compose.yaml': 'services: {}\n',
      },
      [
        'task.toml: environment.gpus: there are no GPUs here, and the task asks for 1',
        'task.toml: environment.mcp_servers[0].url: expected http://SERVICE:PORT/..., what main reaches without TLS, got "https://x/mcp"',
        'tests/docker-compose.yaml: a verifier with services of its own does not run here yet',
        'task.toml: environment.env.A: the environment variable MISSING is not set and has no default',
      ],
    ],
    'a step without an instruction, and one without a verifier': [
      {
        'task.toml': '[[steps]]\nname = "one"\n[[steps]]\nname = "two"\n',
        'tests/test.sh': undefined,
        'steps/one/tests/test.sh': '#!/bin/bash\n',
        'steps/two/instruction.md': 'Second.\n',
      },
      [
        'steps/one/instruction.md: missing; expected what the agent is told',
        'tests/test.sh: missing; expected the script that judges',
      ],
    ],
  }
  for (const [name, [files, expected]] of Object.entries(cases)) {
    it(`is refused with ${name}`, async () => {
      expect(await plan(files)).toEqual(expected)
    })
  }
})
