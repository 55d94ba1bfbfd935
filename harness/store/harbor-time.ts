/** A moment as Harbor writes it: UTC with microseconds. */
export function harborTime(date: Date): string {
  return date.toISOString().replace(/Z$/, '000Z')
}
