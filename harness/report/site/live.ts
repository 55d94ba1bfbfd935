import type { PageData } from '../pages/page-data.ts'

/** While `kubemend view` serves the page: fetches its data again whenever something has changed on disk. */
export function followChanges(draw: (data: PageData) => void): void {
  const source = new EventSource('/changes')
  let isBusy = false
  let isStale = false
  const refresh = async (): Promise<void> => {
    if (isBusy) {
      isStale = true
      return
    }
    isBusy = true
    try {
      const answer = await fetch(location.pathname, { headers: { accept: 'application/json' } })
      if (answer.ok) draw((await answer.json()) as PageData)
    } finally {
      isBusy = false
      if (isStale) {
        isStale = false
        void refresh()
      }
    }
  }
  source.addEventListener('message', () => void refresh().catch(() => undefined))
}
