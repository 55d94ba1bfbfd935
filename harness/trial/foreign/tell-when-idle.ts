/** A command line that does this where it would do nothing for ever: at its end, or as what its entrypoint becomes. */
export function tellWhenIdle(argv: readonly string[], what: string): string[] {
  const idleTail = /(?:exec +)?(?:sleep infinity|tail -f \/dev\/null)\s*$/
  const last = argv.at(-1) ?? ''
  if (idleTail.test(last)) return [...argv.slice(0, -1), last.replace(idleTail, `{ ${what}; exec sleep infinity; }`)]
  const idle = [
    ['sleep', 'infinity'],
    ['tail', '-f', '/dev/null'],
  ].find((words) => argv.slice(-words.length).join(' ') === words.join(' '))
  return idle ? [...argv.slice(0, -idle.length), 'sh', '-c', `${what}; exec sleep infinity`] : [...argv]
}
