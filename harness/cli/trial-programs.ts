import path from 'node:path'
import { ensureBinaries } from '../../environments/node/binaries.ts'
import { findDocker } from './find-docker.ts'
import type { TrialPrograms } from '../trial/trial-plan.ts'
import { say } from './output.ts'

/** The programs of ours that a trial runs beside its cluster, whatever Kubernetes that is of; built or downloaded first. */
export async function ensureTrialPrograms(): Promise<TrialPrograms> {
  const { bin } = await ensureBinaries('1.35', say)
  return { kubectl: path.join(bin, 'kubectl'), portal: path.join(bin, 'portal'), findDocker }
}
