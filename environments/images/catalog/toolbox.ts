import type { DebianLayer, GoLayer, ImageRecipe } from '../image-recipe.ts'
import { tagged } from './tagged.ts'
import { busyboxLayers } from './busybox.ts'
import { debianFiles, trixie, trixieDiffers } from './trixie.ts'

const kubectlVersion = 'v1.35.4'

function kubectlAt(path: string): GoLayer {
  return {
    kind: 'go',
    module: 'environments/images/kubectl',
    path,
    variables: { 'k8s.io/component-base/version.gitVersion': kubectlVersion },
  }
}

const curlPackages: DebianLayer = {
  kind: 'debian',
  packages: ['curl', 'ca-certificates'],
  without: ['debconf', 'openssl'],
}

const toolbox: ImageRecipe = {
  names: ['kubemend/toolbox:1'],
  summary: 'curl, kubectl, jq, dig, openssl, nc, psql and redis-cli, for checks from inside a cluster',
  differs: [],
  layers: [
    trixie,
    {
      kind: 'debian',
      packages: [
        'bind9-dnsutils',
        'ca-certificates',
        'curl',
        'iproute2',
        'iputils-ping',
        'jq',
        'netcat-openbsd',
        'openssl',
        'postgresql-client-17',
        'procps',
        'redis-tools',
      ],
      without: ['debconf', 'init-system-helpers', 'postgresql-client-common'],
    },
    kubectlAt('/usr/local/bin/kubectl'),
    debianFiles({ '/usr/bin/nc': { link: 'nc.openbsd' }, '/usr/bin/psql': { link: '../lib/postgresql/17/bin/psql' } }),
  ],
  config: { Cmd: ['sleep', 'infinity'] },
}

const curl: ImageRecipe = {
  names: ['curlimages/curl:8.14.1'],
  standsInFor: tagged(
    'curlimages/curl',
    'latest 7.88.1 8.1.2 8.4.0 8.5.0 8.6.0 8.7.1 8.8.0 8.9.1 8.10.0 8.10.1 8.11.0 8.11.1 8.12.1 8.13.0 8.15.0 8.16.0',
  ),
  summary: 'curl and a shell',
  differs: ['curl 8.14 of Debian trixie on busybox with glibc: not Alpine, no apk'],
  layers: [
    ...busyboxLayers,
    curlPackages,
    {
      kind: 'files',
      files: {
        '/etc/passwd': {
          content: 'root:x:0:0:root:/root:/bin/sh\ncurl_user:x:100:101:Linux User,,,:/home/curl_user:/bin/sh\n',
        },
        '/etc/group': { content: 'root:x:0:\ncurl_group:x:101:\n' },
        '/home/curl_user': { folder: true, uid: 100, gid: 101 },
        '/entrypoint.sh': {
          content:
            '#!/bin/sh\n# Options and addresses alone mean curl.\ncase "${1:-}" in\n-* | *://*) set -- curl "$@" ;;\nesac\nexec "$@"\n',
          mode: 0o755,
        },
        '/cacert.pem': { link: '/etc/ssl/certs/ca-certificates.crt' },
      },
    },
  ],
  config: {
    Entrypoint: ['/entrypoint.sh'],
    Cmd: ['curl'],
    User: 'curl_user',
    WorkingDir: '/home/curl_user',
    Env: ['CURL_VERSION=8.14.1'],
  },
}

const kubectl: ImageRecipe = {
  names: ['registry.k8s.io/kubectl:v1.35.4'],
  standsInFor: tagged('registry.k8s.io/kubectl', 'v1.35.0 v1.34.0'),
  summary: 'kubectl and nothing else',
  differs: ['built from the same module with our own main package'],
  layers: [kubectlAt('/bin/kubectl')],
  config: { Entrypoint: ['/bin/kubectl'], User: '65535' },
}

const kubectlWithShell: ImageRecipe = {
  names: ['bitnami/kubectl:1.35'],
  standsInFor: [
    'bitnami/kubectl:latest',
    'bitnamilegacy/kubectl:latest',
    'rancher/kubectl:v1.35.4',
    'alpine/k8s:1.35.4',
    'alpine/kubectl:1.35.4',
  ],
  summary: 'kubectl, jq, curl and a shell',
  differs: [
    ...trixieDiffers,
    'kubectl from its module with our own main package; none of the other tools some of these images carry',
  ],
  layers: [
    trixie,
    { ...curlPackages, packages: [...curlPackages.packages, 'jq'] },
    kubectlAt('/usr/local/bin/kubectl'),
    debianFiles({ '/opt/bitnami/kubectl/bin/kubectl': { link: '/usr/local/bin/kubectl' } }),
  ],
  config: { Entrypoint: ['kubectl'], Cmd: ['--help'], User: '1001' },
}

export const images: ImageRecipe[] = [toolbox, curl, kubectl, kubectlWithShell]
