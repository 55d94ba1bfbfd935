import path from 'node:path'
import type { HarborArtifact } from '../task/harbor-task.ts'

/** Something of a service that a task wants to be kept. */
export interface WantedArtifact {
  /** Absolute, in the service. */
  source: string
  service: string
  /** Where it is kept, below the trial's artifacts. */
  destination: string
  /** Patterns of tar's, for what of a folder is left out. */
  exclude: string[]
  /** Whether the task names it, and not just everybody has it. */
  isAsked: boolean
}

/** What is to be kept of a task's services, as Harbor counts it: what main publishes comes first, unless the task says more of it. */
export function wantedArtifacts(artifacts: readonly HarborArtifact[]): WantedArtifact[] {
  const asked = artifacts.map((one): WantedArtifact => {
    const {
      source,
      service = 'main',
      destination,
      exclude,
    } = typeof one === 'string' ? { source: one, exclude: [] } : one
    const place = path.posix.normalize(path.posix.resolve('/', source)).replace(/(?<=.)\/$/, '')
    return { source: place, service, destination: below(destination ?? place), exclude, isAsked: true }
  })
  if (asked.some(({ source, service }) => source === published && service === 'main')) return asked
  const byDefault = { source: published, service: 'main', destination: below(published), exclude: [], isAsked: false }
  return [byDefault, ...asked]
}

const published = '/logs/artifacts'

/** A place without anything that could lead out of the folder it is put below. */
function below(place: string): string {
  const parts = place.split('/').filter((part) => part !== '' && part !== '.' && part !== '..')
  return parts.length === 0 ? '.' : parts.join('/')
}
