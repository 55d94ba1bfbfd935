import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import os from 'node:os'
import { isUnified } from '../../../environments/node/cgroup.ts'
import { machineLimits } from '../../../environments/node/machine-limits.ts'
import { runCommand } from '../../base/command.ts'
import { messageOf } from '../../base/errors.ts'
import { cacheDir } from '../../base/places.ts'
import { allProviders } from '../providers.ts'

export interface Finding {
  name: string
  /** limited: works, with what is said. */
  status: 'ok' | 'limited' | 'no'
  says: string
  cure?: string
  /** Whether it is about making clusters: one such that is ok is enough to work. */
  isCluster?: boolean
}

/** Looks at everything Kubemend may need on this machine; starts nothing and changes nothing. */
export async function checkMachine(): Promise<Finding[]> {
  const checks = [checkProviders, checkLimits, checkCgroups, checkMemory, checkDisk, checkSandbox, checkGo]
  const findings = await Promise.all(
    checks.map((check) =>
      check().catch((error: unknown): Finding[] => [{ name: check.name, status: 'no', says: messageOf(error) }]),
    ),
  )
  return findings.flat()
}

async function checkProviders(): Promise<Finding[]> {
  const providers = await allProviders()
  return Promise.all(
    providers.map(async (provider): Promise<Finding> => {
      const problems = await provider.problems()
      const name = `cluster ${provider.name}`
      if (problems.length === 0) return { name, status: 'ok', says: 'can run here', isCluster: true }
      const cure = problems.map((problem) => problem.cure).join('; ')
      return { name, status: 'no', says: problems.map((problem) => problem.what).join('; '), cure, isCluster: true }
    }),
  )
}

async function checkLimits(): Promise<Finding[]> {
  const tooLow: string[] = []
  for (const limit of machineLimits) {
    const now = Number(await readFile(limit.file, 'utf8').catch(() => String(limit.wanted)))
    if (now < limit.wanted)
      tooLow.push(
        `${limit.file} is ${now}: raised to ${limit.wanted} while clusters run, put back after (${limit.why})`,
      )
  }
  return [
    tooLow.length === 0
      ? { name: 'kernel limits', status: 'ok', says: 'high enough as they are' }
      : { name: 'kernel limits', status: 'limited', says: tooLow.join('; ') },
  ]
}

async function checkCgroups(): Promise<Finding[]> {
  if (process.platform !== 'linux') return []
  return [
    isUnified
      ? { name: 'cgroups', status: 'ok', says: 'v2' }
      : {
          name: 'cgroups',
          status: 'limited',
          says: 'v1: the kubelet says so in a node event',
          cure: 'boot with systemd.unified_cgroup_hierarchy=1',
        },
  ]
}

async function checkMemory(): Promise<Finding[]> {
  const freeMb = Math.round(os.freemem() / 1024 ** 2)
  const clusters = Math.floor(freeMb / 900)
  return [
    clusters >= 1
      ? { name: 'memory', status: 'ok', says: `${freeMb} MB free: room for about ${clusters} small clusters at once` }
      : {
          name: 'memory',
          status: 'no',
          says: `${freeMb} MB free; a small cluster takes about 900 MB`,
          cure: 'free some memory',
        },
  ]
}

async function checkDisk(): Promise<Finding[]> {
  const result = await runCommand(['df', '--output=avail', '-BM', existsSync(cacheDir) ? cacheDir : os.homedir()])
  const freeMb = Number(/(\d+)M/.exec(result.stdout)?.[1] ?? Number.NaN)
  if (Number.isNaN(freeMb)) return []
  const name = 'disk'
  return [
    freeMb > 8000
      ? { name, status: 'ok', says: `${freeMb} MB free for ${cacheDir}` }
      : {
          name,
          status: 'limited',
          says: `${freeMb} MB free for ${cacheDir}; building from source wants 8000`,
          cure: 'free some, or set KUBEMEND_CACHE',
        },
  ]
}

async function checkSandbox(): Promise<Finding[]> {
  const works = await runCommand(['bwrap', '--ro-bind', '/', '/', '--unshare-all', 'true'])
  return [
    works.exitCode === 0
      ? { name: 'script sandbox', status: 'ok', says: 'bubblewrap works' }
      : {
          name: 'script sandbox',
          status: 'no',
          says: `bubblewrap does not run${works.stderr ? `: ${works.stderr.trim()}` : ''}`,
          cure: 'apt-get install bubblewrap',
        },
  ]
}

async function checkGo(): Promise<Finding[]> {
  const go = await runCommand(['go', 'version'])
  return [
    go.exitCode === 0
      ? { name: 'go', status: 'ok', says: go.stdout.trim() }
      : {
          name: 'go',
          status: 'limited',
          says: 'not installed: images of our own and builds from source need it',
          cure: 'install Go 1.26 or newer',
        },
  ]
}
