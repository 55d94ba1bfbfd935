import { normalizeImageRef } from '../image-ref.ts'
import type { ImageRecipe } from '../image-recipe.ts'
import { recipeNames } from '../make-image.ts'
import * as addons from '../../addons/images.ts'
import * as busybox from './busybox.ts'
import * as coredns from './coredns.ts'
import * as debian from './debian.ts'
import * as echo from './echo.ts'
import * as haproxy from './haproxy.ts'
import * as httpEcho from './http-echo.ts'
import * as httpd from './httpd.ts'
import * as memcached from './memcached.ts'
import * as nginx from './nginx.ts'
import * as pause from './pause.ts'
import * as postgres from './postgres.ts'
import * as python from './python.ts'
import * as redis from './redis.ts'
import * as toolbox from './toolbox.ts'

/** Every image that can be made here. A family of images is one file that exports `images`; add-ons add theirs. */
export const catalog: readonly ImageRecipe[] = [
  ...pause.images,
  ...coredns.images,
  ...echo.images,
  ...httpEcho.images,
  ...busybox.images,
  ...toolbox.images,
  ...debian.images,
  ...nginx.images,
  ...redis.images,
  ...postgres.images,
  ...python.images,
  ...httpd.images,
  ...haproxy.images,
  ...memcached.images,
  ...addons.images,
]

/** The recipe that answers to a name, whatever form the name is written in. */
export function findRecipe(ref: string): ImageRecipe | undefined {
  return (recipesByName ??= indexByName()).get(normalizeImageRef(ref))
}

let recipesByName: Map<string, ImageRecipe> | undefined

function indexByName(): Map<string, ImageRecipe> {
  return new Map(catalog.flatMap((recipe) => recipeNames(recipe).map((name) => [name, recipe] as const)))
}
