import { expect, test } from 'vitest'
import { findRecipe } from '../images/catalog/catalog.ts'
import { addonNames, type ClusterSpec } from '../provider.ts'
import { addons } from './addon.ts'
import { addonBootRules, addonImages } from './install-addons.ts'

const spec: ClusterSpec = { name: 'any', kubernetes: '1.35', nodes: [], addons: [], images: [] }

test.each(addonNames)('%s goes by the name it is asked for', (name) => {
  expect(addons[name].name).toBe(name)
})

test.each(addonNames)('every object of %s has a kind and a name, and none comes twice', (name) => {
  const keys = addons[name]
    .objects(spec)
    .map((o) => `${o.apiVersion} ${o.kind} ${o.metadata.namespace ?? ''}/${o.metadata.name}`)
  expect(keys.every((key) => !key.includes('undefined'))).toBe(true)
  expect(new Set(keys).size).toBe(keys.length)
})

test.each(addonNames)('every image of %s can be made here', (name) => {
  expect(addons[name].images.length).toBeGreaterThan(0)
  expect(addons[name].images.filter((image) => findRecipe(image) === undefined)).toEqual([])
})

test.each(addonNames)('no pod of %s asks for an image that the add-on does not name', (name) => {
  const text = JSON.stringify(addons[name].objects(spec))
  const used = [...text.matchAll(/"?image"?: ?\\?['"]([^'"\\]+)/g)].map(([, image]) => image)
  expect(used.filter((image) => !addons[name].images.includes(image ?? ''))).toEqual([])
})

test('images that add-ons share are named once', () => {
  const images = addonImages([...addonNames, ...addonNames])
  expect(new Set(images).size).toBe(images.length)
})

test('only network policy guards nodes before their first pod', () => {
  expect(addonBootRules(['storage', 'ingress', 'metrics-server'])).toEqual([])
  expect(addonBootRules(['network-policy']).join()).toContain('policy drop')
})
