import { mkdir, readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { chromium } from 'playwright-core'
import { chromiumArgs, findChromium } from './find-chromium.ts'

/**
 * Takes the pictures of the documentation: `npm run screenshots -- SITE [FOLDER]`. The site is one that
 * `kubemend publish` made; the trial is the longest one with something to show.
 */
const [site = 'site', out = 'docs/images'] = process.argv.slice(2)
const executablePath = findChromium()
if (executablePath === undefined) throw new Error('screenshots need Chromium: apt-get install chromium')
await mkdir(out, { recursive: true })
const browser = await chromium.launch({ executablePath, args: [...chromiumArgs] })
try {
  const trial = await mostTelling(path.join(site, 'trials'))
  const task = await mostTelling(path.join(site, 'tasks'))
  const pages = {
    leaderboard: 'index.html',
    trial: `trials/${trial}`,
    task: `tasks/${task}`,
    comparison: 'compare.html',
  }
  for (const colorScheme of ['light', 'dark'] as const)
    for (const [name, file] of Object.entries(pages)) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, colorScheme })
      await page.goto(`file://${path.resolve(site, file)}`)
      await page.screenshot({ path: path.join(out, `${name}${colorScheme === 'dark' ? '-dark' : ''}.png`) })
      await page.close()
    }
  const phone = await browser.newPage({ viewport: { width: 390, height: 844 } })
  await phone.goto(`file://${path.resolve(site, pages.trial)}`)
  await phone.screenshot({ path: path.join(out, 'trial-phone.png') })
} finally {
  await browser.close()
}

/** An unsafe trial's page where there is one, else the largest. */
async function mostTelling(dir: string): Promise<string> {
  const names = await readdir(dir)
  const sized = await Promise.all(names.map(async (name) => ({ name, size: (await stat(path.join(dir, name))).size })))
  const wanted = process.env['KUBEMEND_SHOW']
  const found = wanted === undefined ? undefined : names.find((name) => name.includes(wanted))
  return found ?? sized.toSorted((a, b) => b.size - a.size)[0]?.name ?? ''
}
