import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { KubemendError, InputError } from '../../base/errors.ts'
import { Redactor, type RedactionReport } from '../../record/redact.ts'
import type { CredentialPattern } from '../../record/redact-patterns.ts'
import { readJobs, type ReportTrial } from '../model/read-jobs.ts'
import { groupBy, summarizeAgents } from '../model/summarize-agents.ts'
import { readTaskInfos, type TaskInfo } from '../model/task-info.ts'
import {
  agentPages,
  comparePage,
  leaderboardPage,
  makeReport,
  methodPage,
  taskPages,
  tasksPage,
  trialIndex,
  trialPage,
  trialsPage,
  whatItDid,
  type Report,
} from '../pages/make-pages.ts'
import { slugOf, type PageData } from '../pages/page-data.ts'
import { embedJson, renderPage } from '../pages/render-page.ts'
import { loadSiteAssets } from '../pages/site-assets.ts'
import { readStory } from '../story/read-story.ts'
import { checkChain } from './check-chain.ts'
import { gatherSecrets } from './gather-secrets.ts'
import { redactDocument, type Leftover } from './redact-document.ts'
import { resultsCsv, resultsJson, runJson, runResults } from './tables.ts'

export interface PublishOptions {
  jobs: readonly string[]
  out: string
  title: string
  kubemend: string
  /** Whether a task is held out: its verdicts are told, its solutions and steps are not. */
  isHeldOut?: (task: string) => boolean
  patterns?: readonly CredentialPattern[]
  onProgress?: (done: number, total: number) => void
}

export interface Publication {
  out: string
  pages: number
  trials: number
  heldOut: string[]
  /** Trials that have not ended: they are not published. */
  leftOut: number
  redaction: RedactionReport
}

/**
 * Makes a site of static files from jobs. Nothing appears at `out` unless every record is whole and nothing that looks
 * like a credential is left in any page.
 */
export async function publishSite(options: PublishOptions): Promise<Publication> {
  const jobs = await readJobs(options.jobs)
  const trials = jobs.flatMap((job) => job.trials)
  if (trials.length === 0)
    throw new InputError([`${options.jobs.join(' ')}: no trial has ended yet, so there is nothing to publish`])
  const infos = await readTaskInfos(trials)
  const heldOut = new Set(infos.flatMap(({ task }) => (options.isHeldOut?.(task) ? [task] : [])))
  const report = makeReport(jobs, infos, { ...options, heldOut })
  const secrets = await gatherSecrets(trials.map(({ store }) => store))
  const redactor = new Redactor({ secrets, patterns: options.patterns ?? [] })
  const out = path.resolve(options.out)
  await checkTarget(out)
  const draft = `${out}.${process.pid}.part`
  const site = new SiteWriter(draft, redactor, infos)
  site.leftovers.push(...credentialsInNames(report, redactor))
  try {
    await site.begin()
    await writeTrials(site, report, options.onProgress)
    await writeOverviews(site, report)
    if (site.tampered.length > 0)
      throw new KubemendError(
        'tampered-record',
        `records that are not what was recorded:\n${site.tampered.join('\n')}`,
        {
          hint: 'nothing was published; look into these trials, or leave their job out',
        },
      )
    refuse(site.leftovers)
    await site.text('redactions.json', `${JSON.stringify(redactor.report, undefined, 2)}\n`)
    await replaceFolder(draft, out)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return {
    out,
    pages: site.pages,
    trials: trials.length,
    heldOut: [...heldOut],
    leftOut: jobs.reduce((total, { open }) => total + open.length, 0),
    redaction: redactor.report,
  }
}

async function writeTrials(site: SiteWriter, report: Report, onProgress: PublishOptions['onProgress']): Promise<void> {
  const byTask = groupBy(report.trials, ({ row }) => row.task)
  let done = 0
  const writeOne = async (trial: ReportTrial): Promise<void> => {
    const { row, store } = trial
    const { chain, problem } = await checkChain(trial)
    if (problem !== undefined) site.tampered.push(problem)
    const story = report.heldOut.has(row.task) || problem !== undefined ? undefined : await readStory(store)
    if (story) site.did.set(row.id, whatItDid(story))
    const siblings = (byTask.get(row.task) ?? []).map((sibling) => sibling.row)
    await site.page(`trials/${row.id}.html`, trialPage(report, trial, { story, chain, siblings }), row.task)
    onProgress?.(++done, report.trials.length)
  }
  const queue = [...report.trials]
  const worker = async (): Promise<void> => {
    for (let next = queue.pop(); next; next = queue.pop()) await writeOne(next)
  }
  await Promise.all(Array.from({ length: 8 }, worker))
}

async function writeOverviews(site: SiteWriter, report: Report): Promise<void> {
  const rows = report.trials.map(({ row }) => row)
  for (const page of taskPages(report, (id) => site.did.get(id) ?? []))
    await site.page(`tasks/${slugOf(page.info.task)}.html`, page, page.info.task)
  for (const page of agentPages(report)) await site.page(`agents/${slugOf(page.agent)}.html`, page)
  await site.page('tasks.html', tasksPage(report))
  await site.page('trials.html', trialsPage(report))
  await site.page('compare.html', comparePage(report))
  await site.page('index.html', leaderboardPage(report))
  const index = site.redacted(trialIndex(report), 'assets/trials.js')
  await site.text('assets/trials.js', `kubemendTrials(${embedJson(index)})\n`)
  const results = site.redacted(resultsJson(report), 'results.json')
  await site.text('results.json', `${JSON.stringify(results, undefined, 2)}\n`)
  await site.text('results.csv', resultsCsv(site.redacted(rows, 'results.csv')))
  for (const job of report.jobs) {
    const own = rows.filter((row) => row.job === job.name)
    const run = site.redacted(runJson(job.name, job.createdAt, own, summarizeAgents(own, report.infos)), 'run.json')
    await site.text(`jobs/${slugOf(job.name)}/run.json`, `${JSON.stringify(run, undefined, 2)}\n`)
    const lines = site.redacted(runResults(own), 'results.json')
    await site.text(`jobs/${slugOf(job.name)}/results.json`, `${JSON.stringify(lines, undefined, 2)}\n`)
  }
  await site.page('method.html', methodPage(report, site.redactionCount))
}

/** Writes pages into a folder that nobody sees yet, without what is secret. */
class SiteWriter {
  readonly tampered: string[] = []
  readonly leftovers: Leftover[] = []
  readonly did = new Map<string, string[]>()
  pages = 0
  readonly #dir: string
  readonly #redactor: Redactor
  readonly #canaries: ReadonlyMap<string, string>
  readonly #folders = new Set<string>()

  constructor(dir: string, redactor: Redactor, infos: readonly TaskInfo[]) {
    this.#dir = dir
    this.#redactor = redactor
    this.#canaries = new Map(
      infos.flatMap(({ task, canary }) => (canary === undefined ? [] : [[task, canary] as const])),
    )
  }

  get redactionCount(): number {
    return this.#redactor.report.total
  }

  async begin(): Promise<void> {
    const { css, js } = await loadSiteAssets()
    await this.text('assets/site.css', css)
    await this.text('assets/site.js', js)
  }

  /** A page with the canary of its task, or of all tasks. */
  async page(file: string, data: PageData, task?: string): Promise<void> {
    const canary = task === undefined ? undefined : this.#canaries.get(task)
    const canaries = task === undefined ? [...this.#canaries.values()] : canary === undefined ? [] : [canary]
    const document = this.redacted(data, file)
    const title = this.redacted(titleOf(data), file)
    await this.text(file, renderPage(document, { title, root: file.includes('/') ? '../' : '', canaries }))
    this.pages++
  }

  redacted<T>(document: T, where: string): T {
    const { document: clean, leftovers } = redactDocument(document, where, this.#redactor)
    this.leftovers.push(...leftovers)
    return clean
  }

  async text(file: string, text: string): Promise<void> {
    const target = path.join(this.#dir, file)
    const folder = path.dirname(target)
    if (!this.#folders.has(folder)) {
      await mkdir(folder, { recursive: true })
      this.#folders.add(folder)
    }
    await writeFile(target, text)
  }
}

function titleOf(data: PageData): string {
  const { title } = data.site
  switch (data.page) {
    case 'leaderboard':
      return title
    case 'agent':
      return `${data.agent} · ${title}`
    case 'task':
      return `${data.info.task} · ${title}`
    case 'trial':
      return `${data.row.outcome}: ${data.row.task} by ${data.row.agent} · ${title}`
    case 'tasks':
      return `Tasks · ${title}`
    case 'trials':
      return `Trials · ${title}`
    case 'compare':
      return `Comparison · ${title}`
    default:
      return `Method · ${title}`
  }
}

/** Pages are named after agents, tasks, jobs and trials, and nothing can be taken out of a name. */
function credentialsInNames({ trials }: Report, redactor: Redactor): Leftover[] {
  const names = new Set(trials.flatMap(({ row }) => [row.job, row.agent, row.task, row.id]))
  return [...names].flatMap((text) =>
    redactor.ranges(text).map(({ name }) => ({ where: `the name ${redactor.text(text)}`, name })),
  )
}

function refuse(leftovers: readonly Leftover[]): void {
  if (leftovers.length === 0) return
  const lines = leftovers.slice(0, 20).map(({ where, name }) => `${where}: ${name}`)
  throw new KubemendError('credentials-left', `something that looks like a credential is left:\n${lines.join('\n')}`, {
    hint: 'nothing was published; name what it is with --redact PATTERN, or leave the trial out',
  })
}

/** A folder with anything but a site of ours in it is never replaced. */
async function checkTarget(out: string): Promise<void> {
  const names = await readdir(out).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    throw new InputError([`--out ${out}: expected a folder: ${error.message}`], { cause: error })
  })
  if (names.length > 0 && !names.includes('redactions.json'))
    throw new InputError([`--out ${out}: expected a new folder, or one that a site was published to`])
}

/** The old site stays until the new one is whole. */
async function replaceFolder(draft: string, out: string): Promise<void> {
  const old = `${out}.${process.pid}.old`
  await mkdir(path.dirname(out), { recursive: true })
  await rename(out, old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  await rename(draft, out)
  await rm(old, { recursive: true, force: true })
}
