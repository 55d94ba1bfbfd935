import { existsSync } from 'node:fs'
import path from 'node:path'
import type {
  HarborArtifact,
  HarborEnvironment,
  HarborHealthcheck,
  HarborStep,
  HarborVerifier,
} from '../task/harbor-task.ts'
import type { Task } from '../task/task.ts'

/** What one agent is told and one verifier judges: a step of a task, or the whole task where it has none. */
export interface Stage {
  /** The step's name; undefined for a whole task. */
  step: string | undefined
  instruction: string
  /** Without one, the agent has what the task gives. */
  agentTimeoutSec: number | undefined
  agentUser: string | number | undefined
  verifier: Pick<HarborVerifier, 'timeout_sec' | 'env'> & { user: string | number | undefined }
  minReward: number | Record<string, number> | undefined
  /** Asked before the agent begins. */
  healthcheck: HarborHealthcheck | undefined
  artifacts: HarborArtifact[]
  /** Commands that lay out what is to be collected, run once the agent is over. */
  collect: HarborVerifier['collect']
  /** What the verifier's machine is made of, where it has one of its own. */
  separate: SeparateVerifier | undefined
  /** Folders whose files make up /tests, absolute; the later over the earlier. */
  tests: string[]
  /** The folder with the solution, absolute. */
  solutionDir: string | undefined
  /** Files that come into the working directory before the step begins; setup.sh among them is run. */
  workdir: string | undefined
}

/** A machine that has the task's artifacts and nothing else of the agent's. */
export interface SeparateVerifier {
  /** An image by its name, or the folder, absolute, whose Dockerfile makes it. */
  image: { name: string } | { context: string }
  /** Whether the image has the tests. */
  isBundled: boolean
  environment: HarborEnvironment | undefined
}

/** The parts of a task in their order; what a step does not say, it has from the task. */
export function stagesOf(task: Task): Stage[] {
  const { toml, dir } = task
  const folder = (...names: string[]): string | undefined => {
    const place = path.join(dir, ...names)
    return existsSync(place) ? place : undefined
  }
  const solution = (...names: string[]): string | undefined =>
    existsSync(path.join(dir, ...names, 'solve.sh')) ? path.join(dir, ...names) : undefined
  if (task.steps.length === 0) {
    return [
      {
        step: undefined,
        instruction: task.instruction,
        agentTimeoutSec: toml.agent.timeout_sec,
        agentUser: toml.agent.user,
        verifier: { timeout_sec: toml.verifier.timeout_sec, env: toml.verifier.env, user: toml.verifier.user },
        minReward: undefined,
        healthcheck: undefined,
        artifacts: toml.artifacts,
        collect: toml.verifier.collect,
        separate: separateOf(task),
        tests: [path.join(dir, 'tests')],
        solutionDir: solution('solution'),
        workdir: undefined,
      },
    ]
  }
  return task.steps.map(({ name, instruction }, i) => {
    const step = toml.steps[i]
    const tests = [folder('tests'), folder('steps', name, 'tests')]
    return {
      step: name,
      instruction,
      agentTimeoutSec: step?.agent.timeout_sec ?? toml.agent.timeout_sec,
      agentUser: step?.agent.user ?? toml.agent.user,
      verifier: {
        timeout_sec: step?.verifier.timeout_sec ?? toml.verifier.timeout_sec,
        env: { ...toml.verifier.env, ...step?.verifier.env },
        user: step?.verifier.user ?? toml.verifier.user,
      },
      minReward: step?.min_reward,
      healthcheck: step?.healthcheck,
      artifacts: [...toml.artifacts, ...(step?.artifacts ?? [])],
      collect: [...toml.verifier.collect, ...(step?.verifier.collect ?? [])],
      separate: separateOf(task, step),
      tests: tests.filter((place) => place !== undefined),
      solutionDir: solution('steps', name, 'solution') ?? solution('solution'),
      workdir: folder('steps', name, 'workdir'),
    }
  })
}

/** As Harbor decides it: what the step says before what the task says, an image before a folder. */
function separateOf({ toml, dir }: Task, step?: HarborStep): SeparateVerifier | undefined {
  const modeOf = ({ environment_mode: mode, environment }: HarborVerifier): 'shared' | 'separate' | undefined =>
    mode ?? (environment ? 'separate' : undefined)
  const mode = (step && modeOf(step.verifier)) ?? modeOf(toml.verifier)
  if (mode !== 'separate') return undefined
  const environment = step?.verifier.environment ?? toml.verifier.environment ?? toml.environment
  const places = [
    ...(step ? [{ given: step.verifier.environment, context: path.join(dir, 'steps', step.name, 'tests') }] : []),
    { given: toml.verifier.environment, context: path.join(dir, 'tests') },
  ]
  for (const { given, context } of places) {
    const name = given?.docker_image
    if (name !== undefined) return { image: { name }, isBundled: true, environment }
    if (existsSync(path.join(context, 'Dockerfile'))) return { image: { context }, isBundled: true, environment }
  }
  const { docker_image: own } = toml.environment
  const image = own === undefined ? { context: path.join(dir, 'environment') } : { name: own }
  return { image, isBundled: false, environment }
}

export type Rewards = Record<string, number>

/** Why the steps that follow are not worth beginning, as `min_reward` has it; undefined when they are. */
export function whyNotOn({ minReward }: Pick<Stage, 'minReward'>, rewards: Readonly<Rewards>): string | undefined {
  if (minReward === undefined) return undefined
  const thresholds = typeof minReward === 'number' ? { reward: minReward } : minReward
  for (const [name, least] of Object.entries(thresholds)) {
    const got = rewards[name]
    if (got === undefined || got < least) return `its ${name} is ${got ?? 'missing'}, and min_reward is ${least}`
  }
  return undefined
}

/**
 * The rewards of a task from those of the steps that were judged, as Harbor counts: the mean of each, a missing one being
 * 0, or those of the last step.
 */
export function combineRewards(
  strategy: 'mean' | 'final' | undefined,
  judged: readonly Readonly<Rewards>[],
): Rewards | undefined {
  const last = judged.at(-1)
  if (last === undefined) return undefined
  if (judged.length === 1 || strategy === 'final') return { ...last }
  const names = new Set(judged.flatMap((rewards) => Object.keys(rewards)))
  const mean = (name: string): number => judged.reduce((sum, rewards) => sum + (rewards[name] ?? 0), 0) / judged.length
  return Object.fromEntries([...names].map((name) => [name, mean(name)]))
}
