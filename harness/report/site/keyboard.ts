/** j and k move through rows and steps, Enter opens one, Esc goes back, / searches. */
export function setUpKeyboard(openSearch: (() => void) | undefined): void {
  let current: HTMLElement | undefined
  const rows = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('[data-row]:not([hidden])')]
  const move = (by: number): void => {
    const all = rows()
    const from = current && all.includes(current) ? all.indexOf(current) : by > 0 ? -1 : all.length
    const next = all[Math.max(0, Math.min(all.length - 1, from + by))]
    if (!next) return
    current?.classList.remove('current')
    current = next
    next.classList.add('current')
    next.scrollIntoView({ block: 'nearest' })
    const target = next.querySelector<HTMLElement>('a') ?? next
    target.focus({ preventScroll: true })
  }
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const target = event.target as HTMLElement
    const isTyping = target.closest('input, select, textarea, dialog') !== null
    if (event.key === 'Escape') {
      if (target.closest('dialog')) return
      if (isTyping) target.blur()
      else if (document.querySelector('header nav') && history.length > 1) history.back()
      return
    }
    if (isTyping) return
    if (event.key === 'j') move(1)
    else if (event.key === 'k') move(-1)
    else if (event.key === '/' && openSearch) openSearch()
    else if (event.key === 'Enter' && current && target === document.body)
      current.querySelector<HTMLElement>('a.open, a')?.click()
    else return
    event.preventDefault()
  })
}
