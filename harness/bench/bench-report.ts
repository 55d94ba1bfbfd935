import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { publishSite } from '../report/publish/publish-site.ts'
import { writeSampleJob } from '../report/sample-results.ts'

export interface ReportBench {
  trials: number
  /** Tool calls of each trial. */
  calls: number
  /** From the jobs on disk to the whole site. */
  buildMs: number
  cpuMs: number
  /** The most memory that the process took while the site was made, threads included. */
  peakMb: number
  /** What a browser loads before the leaderboard is there: the page, its style and its script. */
  firstPageKb: number
  siteMb: number
}

/** Measures how long a site of many made-up trials takes, and what its first page weighs. */
export async function benchReport(options: {
  trials: number
  calls: number
  onProgress: (line: string) => void
}): Promise<ReportBench> {
  const { trials, calls, onProgress } = options
  const dir = await mkdtemp(path.join(os.tmpdir(), 'bench-report-'))
  try {
    const attempts = Math.max(1, Math.min(10, Math.floor(trials / (agents.length * 20))))
    const tasks = Math.ceil(trials / (agents.length * attempts))
    onProgress(`writing ${tasks * agents.length * attempts} trials`)
    const job = await writeSampleJob({ jobsDir: dir, jobName: 'bench', agents, tasks, attempts, calls })
    const site = path.join(dir, 'site')
    let peak = 0
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20)
    const [from, cpu] = [performance.now(), process.cpuUsage()]
    onProgress('making the site')
    const { trials: published } = await publishSite({ jobs: [job], out: site, title: 'Bench', kubemend: 'bench' })
    const { user, system } = process.cpuUsage(cpu)
    const buildMs = performance.now() - from
    clearInterval(watch)
    const first = ['index.html', 'assets/site.css', 'assets/site.js'].map((file) => path.join(site, file))
    return {
      trials: published,
      calls,
      buildMs: Math.round(buildMs),
      cpuMs: Math.round((user + system) / 1000),
      peakMb: Math.round(peak / 1024 ** 2),
      firstPageKb: Math.round((await sizeOf(first)) / 1024),
      siteMb: Math.round((await sizeOf(await allFiles(site))) / 1024 ** 2),
    }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

const agents = ['a', 'b', 'c', 'd', 'e'].map((model) => ({ name: 'model', model: `acme/${model}` }))

async function allFiles(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name))
}

async function sizeOf(files: readonly string[]): Promise<number> {
  let bytes = 0
  for (const file of files) bytes += (await stat(file)).size
  return bytes
}
