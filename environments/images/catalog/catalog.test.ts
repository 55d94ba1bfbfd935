import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../../../harness/base/package-root.ts'
import { parseImageRef } from '../image-ref.ts'
import { recipeNames } from '../make-image.ts'
import { catalog, findRecipe } from './catalog.ts'
import { catalogPages } from './describe-catalog.ts'

test('every name belongs to one image only', () => {
  const names = catalog.flatMap(recipeNames)
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
})

test('every image has something to start and a tag to be found by', () => {
  for (const recipe of catalog) {
    expect([recipe.names[0], Boolean(recipe.config.Entrypoint ?? recipe.config.Cmd)]).toEqual([recipe.names[0], true])
    for (const name of recipeNames(recipe)) expect(parseImageRef(name).tag).toBeDefined()
  }
})

test('names are found in every way they can be written', () => {
  for (const ref of ['nginx', 'nginx:latest', 'docker.io/nginx:1.27', 'docker.io/library/nginx:1.26']) {
    expect(findRecipe(ref)?.names[0]).toBe('nginx:1.26')
  }
  expect(findRecipe('nginx:no-such-tag')).toBe(undefined)
})

test('every file and module that a recipe takes in is there', async () => {
  const sources = catalog.flatMap(({ layers }) =>
    layers.flatMap((layer) => {
      if (layer.kind === 'go') return [path.join(layer.module, 'go.mod'), path.join(layer.module, 'go.sum')]
      return layer.kind === 'files'
        ? Object.values(layer.files).flatMap((file) => ('from' in file ? [file.from] : []))
        : []
    }),
  )
  // modules without dependencies have no go.sum
  const wanted = [...new Set(sources)].filter((file) => !/images\/(pause|echo)\/go\.sum$/.test(file))
  await Promise.all(wanted.map((file) => stat(path.join(packageRoot, file))))
  expect(wanted.length).toBeGreaterThan(5)
})

test('the pages written from the catalog are up to date', async () => {
  for (const [name, text] of Object.entries(await catalogPages())) {
    expect(
      await readFile(path.join(packageRoot, name), 'utf8'),
      `run node environments/images/catalog/describe-catalog.ts`,
    ).toBe(text)
  }
})
