import { certificates } from '../../images/catalog/trixie.ts'
import type { ImageRecipe } from '../../images/image-recipe.ts'

export const metricsServerImage: ImageRecipe = {
  names: ['registry.k8s.io/metrics-server/metrics-server:v0.9.0'],
  summary: 'resource metrics for kubectl top and HorizontalPodAutoscalers',
  differs: [],
  layers: [
    certificates,
    {
      kind: 'go',
      module: 'environments/addons/metrics-server/program',
      package: 'sigs.k8s.io/metrics-server/cmd/metrics-server',
      path: '/metrics-server',
      variables: { 'sigs.k8s.io/metrics-server/pkg/version.gitVersion': 'v0.9.0' },
    },
    { kind: 'files', files: { '/tmp': { folder: true, mode: 0o1777 } } },
  ],
  config: { Entrypoint: ['/metrics-server'], User: '65534' },
}
