/** The text of an ATIF message or observation; pictures are left out. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.flatMap((part: { text?: string }) => part.text ?? []).join('\n')
}
