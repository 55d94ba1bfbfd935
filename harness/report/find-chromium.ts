import { existsSync } from 'node:fs'
import path from 'node:path'

/** The browser that pages are tested and photographed with: Debian's, or what people usually have. */
export function findChromium(): string | undefined {
  const named = process.env['KUBEMEND_CHROMIUM']
  if (named !== undefined && named !== '') return named
  const folders = (process.env['PATH'] ?? '').split(':')
  return ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
    .flatMap((program) => folders.map((folder) => path.join(folder, program)))
    .find((file) => existsSync(file))
}

/** Chromium's own sandbox does not work for root. */
export const chromiumArgs: readonly string[] = process.getuid?.() === 0 ? ['--no-sandbox'] : []
