import type { ImageRecipe } from '../../images/image-recipe.ts'

export const provisionerImage: ImageRecipe = {
  names: ['rancher/local-path-provisioner:v0.0.30'],
  summary: 'makes volumes out of folders on the node',
  differs: ['no shell beside the program'],
  layers: [
    {
      kind: 'go',
      module: 'environments/addons/storage/program',
      package: 'github.com/rancher/local-path-provisioner',
      path: '/usr/bin/local-path-provisioner',
      variables: { 'main.VERSION': 'v0.0.30' },
    },
  ],
  config: { Cmd: ['local-path-provisioner'] },
}
