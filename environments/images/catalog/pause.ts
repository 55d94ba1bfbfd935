import type { ImageRecipe } from '../image-recipe.ts'
import { tagged } from './tagged.ts'

const pause: ImageRecipe = {
  names: ['registry.k8s.io/pause:3.10.1'],
  standsInFor: tagged('registry.k8s.io/pause', '3.10 3.9 3.8 3.6'),
  summary: 'holds the namespaces of a pod',
  differs: ['a program of our own with the same behaviour'],
  layers: [{ kind: 'go', module: 'environments/images/pause', path: '/pause' }],
  config: {
    Entrypoint: ['/pause'],
    User: '65535:65535',
    Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  },
}

export const images: ImageRecipe[] = [pause]
