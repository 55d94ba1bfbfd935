import { element, type Child } from './element.ts'

/** A text that people wrote: lines broken by hand flow again, and `code` is code. Nothing else is read into it. */
export function prose(text: string): Child[] {
  return reflow(text)
    .split(/(`[^`\n]+`)/)
    .map((part) => (/^`[^`]+`$/.test(part) ? element('code', {}, part.slice(1, -1)) : part))
}

/** Joins lines of a paragraph or of an item of a list; what is set out by lines stays as it is. */
export function reflow(text: string): string {
  const lines = text.split('\n')
  const flowing: string[] = []
  let isFenced = false
  for (const line of lines) {
    const last = flowing.at(-1)
    if (line.startsWith('```')) isFenced = !isFenced
    const isOwnLine = isFenced || line.trim() === '' || /^(?:\s*[-*+]\s|\s*\d+[.)]\s|#|>|\||```|\s{4})/.test(line)
    const goesOn = last !== undefined && last.trim() !== '' && !/^(?:#|\||```)/.test(last) && last.length > 60
    if (isOwnLine || !goesOn) flowing.push(line)
    else flowing[flowing.length - 1] = `${last} ${line.trim()}`
  }
  return flowing.join('\n')
}

/** A path that may be broken where people would break it. */
export function breakable(text: string): Child[] {
  return text.split(/(?<=[./[\]=,])/).flatMap((part, i) => (i === 0 ? [part] : [element('wbr'), part]))
}
