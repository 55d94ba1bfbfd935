import { libraryLinks } from '../library-links.ts'
import type { ImageRecipe } from '../../images/image-recipe.ts'

export const enforcerImage: ImageRecipe = {
  names: ['kubemend/network-policy-enforcer:1'],
  summary: 'NetworkPolicy enforcement of our own: see environments/addons/network-policy/README.md',
  differs: [],
  layers: [
    {
      kind: 'debian',
      packages: ['nftables'],
      without: ['debconf', 'libgcc-s1'],
      drop: ['/usr/lib/x86_64-linux-gnu/gconv/', '/usr/lib/systemd/', '/usr/share/'],
    },
    { kind: 'go', module: 'environments/addons/network-policy/enforcer', path: '/enforcer' },
    libraryLinks,
  ],
  config: { Entrypoint: ['/enforcer'] },
}
