import type { PageData } from '../pages/page-data.ts'
import { append, type Child } from './element.ts'
import { frame } from './frame.ts'
import { setUpKeyboard } from './keyboard.ts'
import { followChanges } from './live.ts'
import { setUpSearch } from './search.ts'
import { setUpTheme } from './theme.ts'
import { agentView } from './views/agent.ts'
import { compareView } from './views/compare.ts'
import { leaderboard } from './views/leaderboard.ts'
import { methodView } from './views/method.ts'
import { taskView } from './views/task.ts'
import { tasksView } from './views/tasks.ts'
import { trialView } from './views/trial.ts'
import { trialsView } from './views/trials.ts'
import './site.css'

let data = JSON.parse(document.querySelector('#data')?.textContent ?? 'null') as PageData
const app = document.querySelector('#app')

function content(width: number): Child[] {
  switch (data.page) {
    case 'leaderboard':
      return leaderboard(data, width)
    case 'agent':
      return agentView(data, width)
    case 'tasks':
      return tasksView(data)
    case 'task':
      return taskView(data)
    case 'trials':
      return trialsView()
    case 'trial':
      return trialView(data, width)
    case 'compare':
      return compareView(data, width)
    default:
      return methodView(data)
  }
}

function draw(): void {
  if (!app) return
  const width = Math.min(1240, app.clientWidth - (app.clientWidth < 700 ? 28 : 56))
  app.replaceChildren()
  append(app, frame(data, content(width)))
  document.querySelector('#unfold-all')?.addEventListener('click', () => {
    for (const button of document.querySelectorAll<HTMLElement>('.unfold[aria-expanded="false"]')) button.click()
    for (const details of document.querySelectorAll('details')) details.open = true
  })
  setUpTheme()
}

/** Goes where the address points: the browser did so before there was anything to go to. */
function goToPlace(): void {
  const id = location.hash.slice(1)
  if (!/^(?:step-\d+|verdicts)$/.test(id)) return
  const target = document.getElementById(id)
  for (const marked of document.querySelectorAll('.target')) marked.classList.remove('target')
  target?.classList.add('target')
  target?.scrollIntoView({ block: 'start' })
  target?.focus({ preventScroll: true })
}

draw()
const isAlone = data.page === 'trial' && data.isAlone
let search = isAlone ? undefined : setUpSearch()
setUpKeyboard(search && (() => search?.open()))
goToPlace()
addEventListener('hashchange', () => {
  if (data.page === 'leaderboard') redraw()
  goToPlace()
})
let drawnAt = innerWidth
addEventListener('resize', () => {
  if (Math.abs(innerWidth - drawnAt) < 40 || data.page === 'trials') return
  drawnAt = innerWidth
  redraw()
})
if (data.site.isLive)
  followChanges((next) => {
    data = next
    if (data.page !== 'trials' && data.page !== 'compare') redraw()
  })

/** Everything anew, in the same place. */
function redraw(): void {
  const { scrollX, scrollY } = globalThis
  draw()
  document.querySelector('dialog.search')?.remove()
  if (!isAlone) search = setUpSearch()
  scrollTo(scrollX, scrollY)
}
