/**
 * The instruction as the agent sees it: the canary lines that mark benchmark text for crawlers are taken off, exactly
 * as Harbor does it (leading comments that hold the word, and the blank lines after them).
 */
export function stripCanary(text: string): string {
  const lines = text.split('\n')
  let start = 0
  while (canaryLine.test(lines[start]?.trim() ?? '')) start += 1
  while (start < lines.length && lines[start]?.trim() === '') start += 1
  return lines.slice(start).join('\n')
}

const canaryLine = /^(<!--.*canary.*-->|#.*canary.*)$/i
