/** Progress and remarks for people: stderr, so that stdout holds results only. */
export function say(line: string): void {
  console.error(line)
}

/** A job goes on when nobody reads any more what it says, as after `| head`: what counts is on disk. */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}

/** The command's result for people. */
export function print(text: string): void {
  console.log(text)
}

/** The command's result for machines: one document. */
export function printJson(document: unknown): void {
  console.log(JSON.stringify(document, undefined, 2))
}

/** Rows under a header, in columns as wide as their widest cell. */
export function table(header: string[], rows: string[][]): string {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)))
  const line = (cells: string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()
  return [line(header), ...rows.map(line)].join('\n')
}
