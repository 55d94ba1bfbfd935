import { findEngine } from '../../environments/kind/engine.ts'
import { createDocker, type FoundDocker } from '../trial/foreign/docker.ts'

/** The Docker of this machine, or our own where that runs. */
export async function findDocker(): Promise<FoundDocker> {
  const found = await findEngine()
  if ('problems' in found) {
    const [first] = found.problems
    return { missing: first?.what ?? 'there is no Docker', cure: first?.cure ?? 'install Docker' }
  }
  const { name, program, env } = found.engine
  if (name !== 'docker') return { missing: `there is ${name}, and no Docker`, cure: 'install Docker' }
  return { docker: createDocker(program, env) }
}
