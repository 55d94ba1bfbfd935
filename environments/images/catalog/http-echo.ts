import type { ImageRecipe } from '../image-recipe.ts'
import { tagged } from './tagged.ts'

const httpEcho: ImageRecipe = {
  names: ['hashicorp/http-echo:1.0'],
  standsInFor: tagged('hashicorp/http-echo', '1.0.0 0.2.3 latest'),
  summary: 'answers every request with -text, on port 5678 or -listen',
  differs: ['our own echo server under that name: -status-code is -status, log lines look otherwise'],
  layers: [{ kind: 'go', module: 'environments/images/echo', path: '/http-echo' }],
  config: { Entrypoint: ['/http-echo'], Env: ['ECHO_PORT=5678'], User: '65532', ExposedPorts: ['5678/tcp'] },
}

export const images: ImageRecipe[] = [httpEcho]
