/** Splits a command as a shell would into words: quotes and backslashes understood, nothing expanded. */
export function splitWords(text: string): string[] | undefined {
  const words: string[] = []
  let word = ''
  let isOpen = false
  let quote = ''
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? ''
    if (quote === "'") {
      if (char === quote) quote = ''
      else word += char
    } else if (char === '\\' && i + 1 < text.length) {
      const next = text[++i] ?? ''
      word += quote === '"' && !'$`"\\\n'.includes(next) ? `\\${next}` : next === '\n' ? '' : next
      isOpen = true
    } else if (quote === '"') {
      if (char === quote) quote = ''
      else word += char
    } else if (char === '"' || char === "'") {
      quote = char
      isOpen = true
    } else if (/\s/.test(char)) {
      if (isOpen || word !== '') words.push(word)
      word = ''
      isOpen = false
    } else word += char
  }
  if (quote !== '') return undefined
  if (isOpen || word !== '') words.push(word)
  return words
}
