import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { build } from 'esbuild'

/** Bundles the browser's part into one script and one style sheet, which also work from `file://`. */
export async function bundleSite(): Promise<{ css: string; js: string }> {
  const { outputFiles } = await build({
    entryPoints: [path.join(import.meta.dirname, '../site/site.ts')],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    write: false,
    outdir: '/',
  })
  const textOf = (extension: string): string =>
    outputFiles.find(({ path: file }) => file.endsWith(extension))?.text ?? ''
  return { css: textOf('.css'), js: textOf('.js') }
}

if (import.meta.main) {
  const dir = process.argv[2] ?? 'dist/site'
  const { css, js } = await bundleSite()
  await mkdir(dir, { recursive: true })
  await writeFile(path.join(dir, 'site.css'), css)
  await writeFile(path.join(dir, 'site.js'), js)
}
