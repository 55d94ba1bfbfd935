/** Light or dark as the system has it, until somebody chooses; the choice is kept where the browser allows it. */
export function setUpTheme(): void {
  const chosen = read()
  if (chosen) document.documentElement.dataset['theme'] = chosen
  document.querySelector('#theme')?.addEventListener('click', () => {
    const next = isDark() ? 'light' : 'dark'
    document.documentElement.dataset['theme'] = next
    try {
      localStorage.setItem('kubemend-theme', next)
    } catch {
      // pages from disk may keep nothing
    }
  })
}

function isDark(): boolean {
  const chosen = document.documentElement.dataset['theme']
  return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
}

function read(): string | undefined {
  try {
    return localStorage.getItem('kubemend-theme') ?? undefined
  } catch {
    return undefined
  }
}
