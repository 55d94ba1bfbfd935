import { writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { mapSeveral } from '../../base/map-several.ts'
import type { KnownSecret } from '../../record/redact-needles.ts'
import type { CredentialPattern } from '../../record/redact-patterns.ts'
import { Redactor, type RedactionReport } from '../../record/redact.ts'
import { TrialStore } from '../../store/trial-store.ts'
import type { TrialRow } from '../model/trial-row.ts'
import { trialPage, whatItDid } from '../pages/make-pages.ts'
import { trialTitle, type SiteFacts, type TrialData } from '../pages/page-data.ts'
import { renderPage } from '../pages/render-page.ts'
import { readStory } from '../story/read-story.ts'
import { checkChain } from './check-chain.ts'
import { gatherSecrets } from './gather-secrets.ts'
import { redactDocument, type Leftover } from './redact-document.ts'

/** One trial of which a page is made. */
export interface TrialTask {
  row: TrialRow
  /** Its folder. */
  dir: string
  info: TrialData['info']
  siblings: TrialData['siblings']
  isHeldOut: boolean
  canary: string | undefined
}

/** What can be done apart from everything else, in this thread or in another one. */
export type PublishWork =
  | { kind: 'secrets'; dirs: string[] }
  | {
      kind: 'pages'
      draft: string
      site: SiteFacts
      secrets: readonly KnownSecret[]
      patterns: readonly CredentialPattern[]
    }
  | { kind: 'trials'; trials: TrialTask[] }

export interface WorkDone {
  secrets: KnownSecret[]
  pages: number
  /** What each trial did to the cluster. */
  did: [id: string, did: string[]][]
  tampered: string[]
  leftovers: Leftover[]
  /** What was taken out in this piece of work. */
  redaction: RedactionReport
}

/** Where the work is done in a thread of its own. */
export const workFile: string = import.meta.filename

/** Someone who does pieces of the work; `pages` says for all later `trials` where they go. */
export function createPublishWorker(): (work: PublishWork) => Promise<WorkDone> {
  let pages: Extract<PublishWork, { kind: 'pages' }> | undefined
  let redactor = new Redactor()
  return async (work) => {
    const done: WorkDone = {
      secrets: [],
      pages: 0,
      did: [],
      tampered: [],
      leftovers: [],
      redaction: redactor.takeReport(),
    }
    if (work.kind === 'secrets') done.secrets = gatherSecrets(work.dirs.map((dir) => new TrialStore(dir)))
    else if (work.kind === 'pages') {
      pages = work
      redactor = new Redactor(work)
      await mkdir(path.join(work.draft, 'trials'), { recursive: true })
    } else if (pages) {
      const { draft, site } = pages
      await mapSeveral(work.trials, 4, (trial) => writeTrialPage(trial, { draft, site, redactor }, done))
    }
    return { ...done, redaction: redactor.takeReport() }
  }
}

async function writeTrialPage(
  task: TrialTask,
  { draft, site, redactor }: { draft: string; site: SiteFacts; redactor: Redactor },
  done: WorkDone,
): Promise<void> {
  const { row, info, siblings, isHeldOut, canary } = task
  const store = new TrialStore(task.dir)
  const { chain, problem } = await checkChain({ row, store })
  if (problem !== undefined) {
    done.tampered.push(problem)
    return
  }
  const story = isHeldOut ? undefined : await readStory(store)
  if (story) done.did.push([row.id, whatItDid(story)])
  const file = `trials/${row.id}.html`
  const { document, leftovers } = redactDocument(trialPage({ site, row, info, story, chain, siblings }), file, redactor)
  done.leftovers.push(...leftovers)
  const title = `${trialTitle(document.row)} · ${site.title}`
  const canaries = canary === undefined ? [] : [canary]
  // at once: the thread has nothing else to do, and it takes a third of the time
  writeFileSync(path.join(draft, file), renderPage(document, { title, root: '../', canaries }))
  done.pages++
}

const isPublishThread = !isMainThread && (workerData as { isPublishThread?: boolean } | null)?.isPublishThread === true
if (isPublishThread) {
  const work = createPublishWorker()
  // oxlint-disable unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.on('message', ({ id, piece }: { id: number; piece: PublishWork }) => {
    work(piece).then(
      (done) => parentPort?.postMessage({ id, done }),
      (error: unknown) => parentPort?.postMessage({ id, error }),
    )
  })
}
