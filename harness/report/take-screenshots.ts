import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { chromium } from 'playwright-core'
import { chromiumArgs, findChromium } from './find-chromium.ts'
import { isReference } from './model/reference-agents.ts'
import type { TrialRow } from './model/trial-row.ts'
import { slugOf } from './pages/page-data.ts'

/**
 * Takes the pictures of the documentation: `npm run screenshots -- SITE [FOLDER]`. The site is one that
 * `kubemend publish` made; the trial is an unsafe one of a contestant with much to show.
 */
const [site = 'site', out = 'docs/images'] = process.argv.slice(2)
const executablePath = findChromium()
if (executablePath === undefined) throw new Error('screenshots need Chromium: apt-get install chromium')
const { trials } = JSON.parse(await readFile(path.join(site, 'results.json'), 'utf8')) as { trials: TrialRow[] }
const [trial] = trials
  .filter(({ agent, outcome }) => !isReference(agent) && outcome !== 'invalid')
  .toSorted((a, b) => Number(b.outcome === 'unsafe') - Number(a.outcome === 'unsafe') || b.toolCalls - a.toolCalls)
if (!trial) throw new Error(`${site}: expected a trial of an agent that is no reference`)
const pages = [
  { name: 'leaderboard', file: 'index.html', height: 1080 },
  { name: 'trial', file: `trials/${trial.id}.html`, height: 860 },
  { name: 'steps', file: `trials/${trial.id}.html`, at: '#jump-protected', height: 860 },
  { name: 'task', file: `tasks/${slugOf(trial.task)}.html`, height: 1080 },
  { name: 'comparison', file: 'compare.html', height: 860 },
]
await mkdir(out, { recursive: true })
const browser = await chromium.launch({ executablePath, args: [...chromiumArgs] })
try {
  for (const colorScheme of ['light', 'dark'] as const)
    for (const { name, file, at, height } of pages) {
      const page = await browser.newPage({ viewport: { width: 1280, height }, colorScheme })
      await page.goto(`file://${path.resolve(site, file)}`)
      if (at !== undefined) await page.locator(at).click()
      await page.screenshot({ path: path.join(out, `${name}${colorScheme === 'dark' ? '-dark' : ''}.png`) })
      await page.close()
    }
  const phone = await browser.newPage({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 })
  await phone.goto(`file://${path.resolve(site, `trials/${trial.id}.html`)}`)
  await phone.screenshot({ path: path.join(out, 'phone.png') })
} finally {
  await browser.close()
}
