import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { packageRoot } from '../../../harness/base/package-root.ts'
import type { ImageRecipe } from '../image-recipe.ts'
import { catalog } from './catalog.ts'

/** The pages that are written from the catalog, by their path from the package root. */
export async function catalogPages(): Promise<Record<string, string>> {
  const docs = 'docs/images.md'
  const written = await readFile(path.join(packageRoot, docs), 'utf8')
  const [before = '', after = ''] = written.split(/<!-- images -->[^]*<!-- \/images -->/)
  return {
    'environments/images/DIFFERENCES.md': renderDifferences(catalog),
    [docs]: `${before}<!-- images -->\n${renderTable(catalog)}<!-- /images -->${after}`,
  }
}

function renderTable(recipes: readonly ImageRecipe[]): string {
  const rows = recipes.map((recipe) => {
    const others = [...recipe.names.slice(1), ...(recipe.standsInFor ?? [])]
    return `| \`${recipe.names[0]}\` | ${recipe.summary} | ${shorten(others)} |\n`
  })
  return `| image | what it is | also answers to |\n|---|---|---|\n${rows.join('')}`
}

/** Tags of one repository after its name: `nginx` 1.27 latest. */
function shorten(names: string[]): string {
  const tags = Map.groupBy(names, (name) => name.slice(0, name.lastIndexOf(':')))
  return [...tags]
    .map(([repository, all]) => `\`${repository}\` ${all.map((name) => name.slice(repository.length + 1)).join(' ')}`)
    .join(', ')
}

function renderDifferences(recipes: readonly ImageRecipe[]): string {
  const sections = recipes.map(({ names, standsInFor = [], differs }) => {
    const isOurs = names[0].startsWith('kubemend/')
    const lines = isOurs ? ['an image of ours: there is no other'] : differs.length > 0 ? differs : ['nothing known']
    const others = standsInFor.length > 0 ? `Stands in for ${shorten(standsInFor)}.\n\n` : ''
    return `## ${names.join(', ')}\n\n${others}${lines.map((line) => `- ${line}\n`).join('')}`
  })
  return `${heading}\n${sections.join('\n')}`
}

const heading = `# What made images differ in from the real ones

Where no registry is reachable, images are made here under their public names. Every image archive carries these lines
(\`ImageArchive.differs\`), so a record can tell what a trial ran on. A name under "Stands in for" holds another version than
it says. Written from the catalog by \`node environments/images/catalog/describe-catalog.ts\`.
`

if (import.meta.main) {
  for (const [name, text] of Object.entries(await catalogPages())) await writeFile(path.join(packageRoot, name), text)
}
