import { rm } from 'node:fs/promises'
import { imageProblems } from '../../environments/images/ensure-images.ts'
import { InputError } from '../base/errors.ts'
import { once } from '../base/once.ts'
import { makeScratch } from '../base/scratch.ts'
import { hasCluster, planContainers, type ContainerPlan } from '../harbor/container-plan.ts'
import { isForeign, planForeign } from '../harbor/foreign-plan.ts'
import { formatProblem } from '../task/problem.ts'
import type { Task } from '../task/task.ts'
import { hasCompose, type FoundDocker } from '../trial/foreign/docker.ts'
import { readComposeProject } from '../trial/foreign/compose-project.ts'
import { findDocker } from './find-docker.ts'

/**
 * Whether tasks that somebody else wrote can run here: everything that cannot be mapped, every image that is neither
 * pulled nor made, and a Docker that is not there, are named before anything is started.
 */
export async function checkForeign(tasks: readonly Task[], absentImages: readonly string[]): Promise<void> {
  const problems: string[] = []
  let hint = ''
  const docker = once(findDocker)
  for (const task of tasks.filter(isForeign)) {
    if (await hasCluster(task)) {
      const found = await planForeign(task, process.env, async () => 'docker' in (await docker()))
      problems.push(...found.problems.map(formatProblem))
      const images = (found.plan?.images ?? []).filter((image) => !absentImages.includes(image))
      const missing = await imageProblems(images)
      problems.push(...missing.map((problem) => `${task.name}: ${problem}`))
      if (missing.length > 0) hint = 'an image whose absence is the fault is named with --absent-image'
      continue
    }
    const found = await planContainers(task)
    if (!found.plan) problems.push(...found.problems.map(formatProblem))
    else {
      const without = await whyNotInDocker(found.plan, await docker())
      problems.push(...without.problems.map((problem) => `${task.name}: ${problem}`))
      hint ||= without.cure
    }
  }
  if (problems.length > 0) throw new InputError(problems, hint === '' ? {} : { hint })
}

async function whyNotInDocker(plan: ContainerPlan, found: FoundDocker): Promise<{ problems: string[]; cure: string }> {
  if (!('docker' in found)) {
    return { problems: [`a task without a cluster runs in Docker, and ${found.missing}`], cure: found.cure }
  }
  if (!plan.hasCompose) return { problems: [], cure: '' }
  if (!(await hasCompose(found.docker))) {
    return {
      problems: ['its docker-compose.yaml takes Docker Compose, which is not here'],
      cure: 'install Docker Compose',
    }
  }
  const dir = await makeScratch('compose')
  try {
    const { problems } = await readComposeProject(found.docker, plan, dir)
    return { problems, cure: '' }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
