import type { ImageRecipe } from '../image-recipe.ts'
import { certificates } from './trixie.ts'

const coredns: ImageRecipe = {
  names: ['registry.k8s.io/coredns/coredns:v1.13.1', 'coredns/coredns:1.13.1'],
  summary: 'cluster DNS',
  differs: [
    'without the plugins azure, clouddns, dnssec, dnstap, etcd, geoip, grpc, nomad, quic, route53, sign, trace and tsig',
  ],
  layers: [certificates, { kind: 'go', module: 'environments/images/coredns', path: '/coredns', bindsLowPorts: true }],
  config: {
    Entrypoint: ['/coredns'],
    User: '65532:65532',
    WorkingDir: '/',
    ExposedPorts: ['53/tcp', '53/udp'],
  },
}

export const images: ImageRecipe[] = [coredns]
