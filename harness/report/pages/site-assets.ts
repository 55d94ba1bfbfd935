import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { packageRoot } from '../../base/package-root.ts'

export interface SiteAssets {
  css: string
  js: string
}

/** The browser's part: as it was built into the package, or from a checkout as it is now. */
export async function loadSiteAssets(): Promise<SiteAssets> {
  if (import.meta.filename.endsWith('.ts')) {
    // the bundler is there in a checkout only
    const { bundleSite } = await import('./bundle-site.ts')
    return bundleSite()
  }
  const dir = path.join(packageRoot, 'dist', 'site')
  const [css, js] = await Promise.all(['site.css', 'site.js'].map((file) => readFile(path.join(dir, file), 'utf8')))
  return { css: css ?? '', js: js ?? '' }
}
