import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { KubemendError, InputError } from '../../base/errors.ts'
import { mapSeveral } from '../../base/map-several.ts'
import type { KnownSecret } from '../../record/redact-needles.ts'
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
  siblingsOf,
  trialIndex,
  trialsPage,
  type Report,
} from '../pages/make-pages.ts'
import { slugOf, trialTitle, type PageData } from '../pages/page-data.ts'
import { embedJson, renderPage } from '../pages/render-page.ts'
import { loadSiteAssets } from '../pages/site-assets.ts'
import { uniqueSecrets } from './gather-secrets.ts'
import type { TrialTask, WorkDone } from './publish-work.ts'
import { redactDocument, type Leftover } from './redact-document.ts'
import { resultsCsv, resultsJson, runJson, runResults } from './tables.ts'
import { createWorkForce, threadsFor, type WorkForce } from './work-force.ts'

export interface PublishOptions {
  jobs: readonly string[]
  out: string
  title: string
  kubemend: string
  /** Whether a task is held out: its verdicts are told, its solutions and steps are not. */
  isHeldOut?: (task: string) => boolean
  patterns?: readonly CredentialPattern[]
  /** How many threads make pages; by default none for few trials, else one a processor. */
  threads?: number
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
  const out = path.resolve(options.out)
  await checkTarget(out)
  const draft = `${out}.${process.pid}.part`
  await using force = createWorkForce(options.threads ?? threadsFor(trials.length))
  const secrets = await gatherAllSecrets(force, trials)
  const patterns = options.patterns ?? []
  const redactor = new Redactor({ secrets, patterns })
  const site = new SiteWriter(draft, redactor, infos)
  site.leftovers.push(...credentialsInNames(report, redactor))
  try {
    await site.begin()
    await force.all({ kind: 'pages', draft, site: site.redacted(report.site, 'site'), secrets, patterns })
    await writeTrials(site, report, force, options.onProgress)
    await writeOverviews(site, withoutCredentials(report, site))
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

/** In pieces small enough that nobody waits long for the last one. */
const pieceOfTrials = 20

async function gatherAllSecrets(force: WorkForce, trials: readonly ReportTrial[]): Promise<KnownSecret[]> {
  const dirs = trials.map(({ store }) => store.dir)
  const found = await Promise.all(piecesOf(dirs, 100).map((piece) => force.some({ kind: 'secrets', dirs: piece })))
  return uniqueSecrets(found.flatMap(({ secrets }) => secrets))
}

async function writeTrials(
  site: SiteWriter,
  report: Report,
  force: WorkForce,
  onProgress: PublishOptions['onProgress'],
): Promise<void> {
  const siblings = new Map(
    [...groupBy(report.trials, ({ row }) => row.task)].map(([task, group]) => [
      task,
      siblingsOf(group.map(({ row }) => row)),
    ]),
  )
  const infos = new Map(report.infos.map((info) => [info.task, info]))
  const taskOf = ({ row, store }: ReportTrial): TrialTask => ({
    row,
    dir: store.dir,
    info: { difficulty: infos.get(row.task)?.difficulty, category: infos.get(row.task)?.category },
    siblings: siblings.get(row.task) ?? [],
    isHeldOut: report.heldOut.has(row.task),
    canary: infos.get(row.task)?.canary,
  })
  let done = 0
  await mapSeveral(piecesOf(report.trials, pieceOfTrials), 2 * force.size, async (piece) => {
    site.take(await force.some({ kind: 'trials', trials: piece.map(taskOf) }))
    done += piece.length
    onProgress?.(done, report.trials.length)
  })
}

function piecesOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
}

/** Pages of many trials, made of rows that were cleaned once. */
async function writeOverviews(site: SiteWriter, report: Report): Promise<void> {
  const rows = report.trials.map(({ row }) => row)
  for (const page of taskPages(report, (id) => site.did.get(id) ?? []))
    await site.page(`tasks/${slugOf(page.info.task)}.html`, page, page.info.task)
  for (const page of agentPages(report)) await site.page(`agents/${slugOf(page.agent)}.html`, page)
  await site.page('tasks.html', tasksPage(report))
  await site.page('trials.html', trialsPage(report))
  await site.page('compare.html', comparePage(report))
  await site.page('index.html', leaderboardPage(report))
  await site.text('assets/trials.js', `kubemendTrials(${embedJson(trialIndex(report))})\n`)
  await site.text('results.json', `${JSON.stringify(resultsJson(report), undefined, 2)}\n`)
  await site.text('results.csv', resultsCsv(rows))
  for (const job of report.jobs) {
    const own = rows.filter((row) => row.job === job.name)
    const run = site.redacted(runJson(job.name, job.createdAt, own, summarizeAgents(own, report.infos)), 'run.json')
    await site.text(`jobs/${slugOf(job.name)}/run.json`, `${JSON.stringify(run, undefined, 2)}\n`)
    await site.text(`jobs/${slugOf(job.name)}/results.json`, `${JSON.stringify(runResults(own), undefined, 2)}\n`)
  }
  await site.page('method.html', methodPage(report, site.redactionCount))
}

/** What overviews are made of, looked at once and not for each of them. */
function withoutCredentials(report: Report, site: SiteWriter): Report {
  const rows = piecesOf(report.trials, 100).flatMap((piece) =>
    site.redacted(
      piece.map(({ row }) => row),
      'results.json',
    ),
  )
  return {
    ...report,
    trials: report.trials.map((trial, i) => ({ ...trial, row: rows[i] ?? trial.row })),
    infos: site.redacted(report.infos, 'tasks'),
    site: site.redacted(report.site, 'site'),
  }
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

  /** Takes over what others have done. */
  take({ pages, did, tampered, leftovers, redaction }: WorkDone): void {
    for (const [id, what] of did) this.did.set(id, what)
    this.tampered.push(...tampered)
    this.leftovers.push(...leftovers)
    this.#redactor.absorb(redaction)
    this.pages += pages
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
      return `${trialTitle(data.row)} · ${title}`
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
