import path from 'node:path'
import { InputError, KubemendError } from '../../base/errors.ts'
import { writeAtomically } from '../../base/write-atomically.ts'
import { Redactor } from '../../record/redact.ts'
import { readJobs } from '../model/read-jobs.ts'
import { readTaskInfos } from '../model/task-info.ts'
import { infoOf, makeReport, trialPage } from '../pages/make-pages.ts'
import { trialTitle } from '../pages/page-data.ts'
import { renderPage } from '../pages/render-page.ts'
import { loadSiteAssets } from '../pages/site-assets.ts'
import { checkChain } from '../publish/check-chain.ts'
import { gatherSecrets } from '../publish/gather-secrets.ts'
import { redactDocument } from '../publish/redact-document.ts'
import { readStory } from '../story/read-story.ts'

/** Writes a trial's page as one file that needs nothing else, without credentials: to mail, or to put beside an issue. */
export async function exportTrial(options: {
  trial: string
  out: string
  kubemend: string
}): Promise<{ out: string; redacted: number }> {
  const dir = path.resolve(options.trial)
  const jobs = await readJobs([path.dirname(dir)])
  const trial = jobs.flatMap((job) => job.trials).find(({ store }) => store.dir === dir)
  if (!trial) throw new InputError([`${options.trial}: expected the folder of a trial that has ended`])
  const { chain, problem } = await checkChain(trial)
  if (problem !== undefined)
    throw new KubemendError('tampered-record', `the record is not what was recorded: ${problem}`)
  const infos = await readTaskInfos([trial])
  const report = makeReport(
    [{ ...(jobs[0] ?? { name: '', dir, createdAt: '', planned: 1 }), trials: [trial], open: [] }],
    infos,
    {
      title: trial.row.task,
      kubemend: options.kubemend,
    },
  )
  const { row } = trial
  const story = await readStory(trial.store)
  const page = trialPage({
    site: report.site,
    row,
    info: infoOf(report, row.task),
    story,
    chain,
    siblings: [],
    isAlone: true,
  })
  const redactor = new Redactor({ secrets: gatherSecrets([trial.store]) })
  const { document, leftovers } = redactDocument(page, trial.row.trial, redactor)
  if (leftovers.length > 0)
    throw new KubemendError(
      'credentials-left',
      `something that looks like a credential is left: ${leftovers.map(({ name }) => name).join(', ')}`,
    )
  const title = trialTitle(document.row)
  const canaries = infos.flatMap(({ canary }) => canary ?? [])
  await writeAtomically(
    options.out,
    renderPage(document, { title, root: '', canaries, inline: await loadSiteAssets() }),
  )
  return { out: options.out, redacted: redactor.report.total }
}
