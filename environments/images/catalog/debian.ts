import type { ImageRecipe } from '../image-recipe.ts'
import { tagged } from './tagged.ts'
import { debianFiles, trixie, trixieDiffers } from './trixie.ts'

const debian: ImageRecipe = {
  names: ['debian:trixie-slim', 'debian:13-slim', 'debian:trixie', 'debian:13'],
  standsInFor: [
    ...tagged('debian', 'latest stable stable-slim bookworm bookworm-slim 12 12-slim'),
    ...tagged('ubuntu', 'latest 20.04 22.04 24.04'),
  ],
  summary: 'a shell and the usual tools',
  differs: [...trixieDiffers, 'Debian trixie also where the tag says bookworm or Ubuntu'],
  layers: [trixie, debianFiles({})],
  config: { Cmd: ['bash'] },
}

export const images: ImageRecipe[] = [debian]
