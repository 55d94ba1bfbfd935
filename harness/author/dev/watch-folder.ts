import { watch } from 'node:fs'

/** Calls back once for each burst of saved files, with their paths from the folder. */
export function watchFolder(dir: string, onSave: (files: string[]) => void): Disposable {
  let changed = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  const watcher = watch(dir, { recursive: true }, (_event, name) => {
    if (name === null || isLeftover(name)) return
    changed.add(name)
    clearTimeout(timer)
    timer = setTimeout(() => {
      const files = [...changed].toSorted()
      changed = new Set()
      onSave(files)
    }, quietMs)
  })
  // a folder that goes away while it is watched is found out by whoever reads it next
  watcher.on('error', () => watcher.close())
  return {
    [Symbol.dispose]() {
      clearTimeout(timer)
      watcher.close()
    },
  }
}

/** What editors write beside the file that is meant. */
function isLeftover(name: string): boolean {
  return /(^|\/)(\.|4913$)|~$|\.sw[a-z]$|\.tmp$/.test(name)
}

/** Editors write a file in several steps. */
const quietMs = 150
