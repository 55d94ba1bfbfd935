import type { ImageRecipe } from '../image-recipe.ts'

const echo: ImageRecipe = {
  names: ['kubemend/echo:1'],
  summary: 'HTTP echo and fault server of our own: see environments/images/echo/README.md',
  differs: [],
  layers: [
    { kind: 'go', module: 'environments/images/echo', path: '/echo' },
    { kind: 'files', files: { '/tmp': { folder: true, mode: 0o1777 } } },
  ],
  config: { Entrypoint: ['/echo'], User: '65532:65532', ExposedPorts: ['8080/tcp'] },
}

export const images: ImageRecipe[] = [echo]
