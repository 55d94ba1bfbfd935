import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { KubemendError } from '../base/errors.ts'
import { readLines } from '../record/lines.ts'
import { readJobs, type OpenTrial } from './model/read-jobs.ts'
import { readTaskInfos, type TaskInfo } from './model/task-info.ts'
import {
  agentPages,
  comparePage,
  leaderboardPage,
  makeReport,
  methodPage,
  openLine,
  taskPages,
  tasksPage,
  trialIndex,
  infoOf,
  siblingsOf,
  trialPage,
  trialsPage,
  whatItDid,
  type Report,
} from './pages/make-pages.ts'
import { slugOf, type OpenLine, type PageData } from './pages/page-data.ts'
import { embedJson, renderPage } from './pages/render-page.ts'
import { loadSiteAssets, type SiteAssets } from './pages/site-assets.ts'
import { checkChain } from './publish/check-chain.ts'
import { readStory } from './story/read-story.ts'

export interface ReportServer extends AsyncDisposable {
  url: string
}

/** Serves the pages of results over loopback as they are on disk now, and tells open pages when that has changed. */
export async function serveReport(options: { results: string; port: number; kubemend: string }): Promise<ReportServer> {
  const live = new LiveResults(options)
  await live.report()
  const assets = await loadSiteAssets()
  const listeners = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    answer({ live, assets, listeners }, request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' })
      response.end(String(error))
    })
  })
  const timer = setInterval(() => {
    if (listeners.size === 0) return
    void live.stamp().then(
      (stamp) => {
        if (stamp === live.toldStamp) return undefined
        live.toldStamp = stamp
        for (const listener of listeners) listener.write('data: changed\n\n')
        return undefined
      },
      () => undefined,
    )
  }, 1000)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new KubemendError('port-taken', `127.0.0.1:${options.port}: ${cause.message}`, {
          hint: 'choose another with --port',
          cause,
        }),
      ),
    )
    server.listen(options.port, '127.0.0.1', resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : options.port
  return {
    url: `http://127.0.0.1:${port}/`,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      for (const listener of listeners) listener.end()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Serving {
  live: LiveResults
  assets: SiteAssets
  listeners: Set<ServerResponse>
}

async function answer(
  { live, assets, listeners }: Serving,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // a page of another site may send requests here under its own name
  const host = (request.headers.host ?? '').replace(/:\d+$/, '')
  if (host !== '127.0.0.1' && host !== 'localhost') return void response.writeHead(403).end()
  if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end()
  const { pathname } = new URL(request.url ?? '/', 'http://localhost')
  const send = (type: string, text: string): void => {
    response.writeHead(200, {
      'content-type': `${type}; charset=utf-8`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    response.end(request.method === 'HEAD' ? undefined : text)
  }
  if (pathname === '/assets/site.css') return send('text/css', assets.css)
  if (pathname === '/assets/site.js') return send('text/javascript', assets.js)
  if (pathname === '/changes') {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write(': listening\n\n')
    listeners.add(response)
    response.on('close', () => listeners.delete(response))
    return
  }
  if (pathname === '/assets/trials.js')
    return send('text/javascript', `kubemendTrials(${embedJson(trialIndex(await live.report()))})`)
  const page = await live.page(decodeURIComponent(pathname))
  if (!page) return void response.writeHead(404, { 'content-type': 'text/plain' }).end('there is no such page')
  if (request.headers.accept === 'application/json') return send('application/json', JSON.stringify(page))
  const root = pathname.split('/').length > 2 ? '../' : ''
  send('text/html', renderPage(page, { title: page.site.title, root, canaries: live.canaries }))
}

/** The results as they are now; read anew only when something on disk has changed. */
class LiveResults {
  toldStamp = ''
  #stamp = ''
  #report: Report | undefined
  #infos: TaskInfo[] = []
  readonly #options: { results: string; kubemend: string }

  constructor(options: { results: string; kubemend: string }) {
    this.#options = options
  }

  get canaries(): string[] {
    return this.#infos.flatMap(({ canary }) => canary ?? [])
  }

  /** What changes whenever a trial begins, goes on or ends. */
  async stamp(): Promise<string> {
    const report = this.#report
    if (!report) return ''
    const files = report.jobs.flatMap((job) => [
      job.dir,
      path.join(job.dir, 'result.json'),
      ...job.open.flatMap(({ store }) => [store.record, store.result]),
    ])
    const parents = [...new Set(report.jobs.map(({ dir }) => path.dirname(dir)))]
    const stats = await Promise.all(
      [...parents, ...files].map((file) =>
        stat(file).then(
          ({ mtimeMs, size }) => `${mtimeMs}:${size}`,
          () => '-',
        ),
      ),
    )
    return stats.join(' ')
  }

  async report(): Promise<Report> {
    const stamp = await this.stamp()
    if (this.#report && stamp === this.#stamp) return this.#report
    const jobs = await readJobs([this.#options.results])
    const trials = jobs.flatMap((job) => job.trials)
    const known = new Set(this.#infos.map(({ task }) => task))
    if (trials.some(({ row }) => !known.has(row.task))) this.#infos = await readTaskInfos(trials)
    const title =
      jobs.length === 1
        ? (jobs[0]?.name ?? '')
        : `${path.basename(path.resolve(this.#options.results))}: ${jobs.length} jobs`
    this.#report = makeReport(jobs, this.#infos, { title, kubemend: this.#options.kubemend, isLive: true })
    this.#stamp = await this.stamp()
    return this.#report
  }

  async page(pathname: string): Promise<PageData | undefined> {
    const report = await this.report()
    const [, folder = '', file] = pathname.split('/')
    const name = (file ?? '').replace(/\.html$/, '')
    switch (file === undefined ? folder.replace(/\.html$/, '') : folder) {
      case '':
      case 'index':
        return leaderboardPage(report, await openLines(report))
      case 'tasks':
        return file === undefined ? tasksPage(report) : this.#taskPage(report, name)
      case 'trials':
        return file === undefined ? trialsPage(report) : this.#trialPage(report, name)
      case 'agents':
        return agentPages(report).find(({ agent }) => slugOf(agent) === name)
      case 'compare':
        return comparePage(report)
      case 'method':
        return methodPage(report, undefined)
      default:
        return undefined
    }
  }

  async #taskPage(report: Report, slug: string): Promise<PageData | undefined> {
    const own = report.trials.filter(({ row }) => slugOf(row.task) === slug)
    const did = new Map<string, string[]>()
    for (const { row, store } of own.slice(0, 40)) did.set(row.id, whatItDid(await readStory(store)))
    return taskPages(report, (id) => did.get(id) ?? []).find(({ info }) => slugOf(info.task) === slug)
  }

  async #trialPage(report: Report, id: string): Promise<PageData | undefined> {
    const trial = report.trials.find(({ row }) => row.id === id)
    if (trial) {
      const { chain } = await checkChain(trial)
      const { row } = trial
      const siblings = siblingsOf(report.trials.map((other) => other.row).filter(({ task }) => task === row.task))
      const story = await readStory(trial.store)
      return trialPage({ site: report.site, row, info: infoOf(report, row.task), story, chain, siblings })
    }
    const open = report.jobs.flatMap((job) => job.open).find((one) => one.id === id)
    return open && openTrialPage(report, open)
  }
}

/** A trial that is under way, as far as it has got. */
async function openTrialPage(report: Report, open: OpenTrial): Promise<PageData> {
  const story = await readStory(open.store)
  const because =
    open.state === 'running'
      ? `This trial is under way: ${(await phaseOf(open)) ?? 'it begins'}.`
      : `This trial ${open.state === 'crashed' ? 'was cut off' : 'has a damaged result'}.`
  const row = {
    id: open.id,
    job: open.job,
    trial: open.store.name,
    task: open.task,
    dataset: '',
    digest: '',
    agent: open.agent,
    model: undefined,
    effort: undefined,
    attempt: open.attempt,
    outcome: 'invalid' as const,
    reward: undefined,
    because,
    startedAt: open.startedAt,
    seconds: story.ends / 1000,
    agentSeconds: undefined,
    toolCalls: story.steps.filter(({ kind }) => kind === 'call').length,
    inputTokens: undefined,
    cachedTokens: undefined,
    outputTokens: undefined,
    costUsd: undefined,
    verdicts: undefined,
    head: undefined,
  }
  const info = infoOf(report, row.task)
  return trialPage({ site: report.site, row, info, story, chain: undefined, siblings: [], openState: open.state })
}

async function openLines(report: Report): Promise<OpenLine[]> {
  return Promise.all(report.jobs.flatMap((job) => job.open).map(async (open) => openLine(open, await phaseOf(open))))
}

/** The phase that a running trial is in: the last one that its record says was begun. */
async function phaseOf({ store }: OpenTrial): Promise<string | undefined> {
  let phase: string | undefined
  try {
    for await (const { text, isWhole } of readLines(store.record)) {
      const name = isWhole ? /"type":"phase-started","phase":"([\w-]+)"/.exec(text)?.[1] : undefined
      phase = name ?? phase
    }
  } catch {
    return undefined
  }
  return phase
}
