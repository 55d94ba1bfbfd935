import type { DebianLayer, FileRecipe, ImageConfig, ImageRecipe } from '../image-recipe.ts'
import { tagged } from './tagged.ts'
import { busyboxTools } from './busybox-tools.ts'
import { debianFiles, trixie, trixieDiffers } from './trixie.ts'

const nginxPackages: DebianLayer = {
  kind: 'debian',
  packages: ['nginx', 'gettext-base', 'curl', 'ca-certificates'],
  without: ['debconf', 'init-system-helpers', 'iproute2', 'openssl'],
  drop: [
    ...['conf.d/', 'fastcgi.conf', 'koi-', 'modules-', 'nginx.conf', 'proxy_params', 'sites-', 'snippets/', 'win-'].map(
      (name) => `/etc/nginx/${name}`,
    ),
    '/var/lib/nginx',
    '/var/log/nginx',
    '/var/www/',
    '/usr/share/nginx/html/',
    '/etc/default/',
    '/etc/ufw/',
  ],
}

const user = { uid: 101, gid: 101 }

/** The public image's layout: configuration, pages, logs on the standard streams, the start script and its parts. */
const nginxFiles: Record<string, FileRecipe> = {
  '/docker-entrypoint.sh': { from: 'environments/images/catalog/nginx/docker-entrypoint.sh' },
  '/docker-entrypoint.d': { from: 'environments/images/catalog/nginx/docker-entrypoint.d' },
  '/etc/nginx': { from: 'environments/images/catalog/nginx/etc' },
  '/usr/share/nginx/stock': { from: 'environments/images/catalog/nginx/etc/conf.d' },
  '/etc/nginx/modules': { link: '/usr/lib/nginx/modules' },
  '/usr/share/nginx/html': { from: 'environments/images/catalog/nginx/html' },
  '/var/cache/nginx': { folder: true },
  '/var/lib/nginx': { link: '/var/cache/nginx' },
  '/var/log/nginx': { folder: true },
  '/var/log/nginx/access.log': { link: '/dev/stdout' },
  '/var/log/nginx/error.log': { link: '/dev/stderr' },
}

const config: ImageConfig = {
  Entrypoint: ['/docker-entrypoint.sh'],
  Cmd: ['nginx', '-g', 'daemon off;'],
  Env: ['NGINX_VERSION=1.26.3'],
  ExposedPorts: ['80/tcp'],
  StopSignal: 'SIGQUIT',
}

const layers = [
  trixie,
  nginxPackages,
  debianFiles(nginxFiles, [{ name: 'nginx', ...user, home: '/nonexistent', shell: '/bin/false' }]),
]

const differs = [
  ...trixieDiffers,
  'nginx 1.26.3 as Debian builds it: relative paths are relative to /usr/share/nginx, temporary files lie in /var/cache/nginx/{body,proxy,fastcgi,uwsgi,scgi}',
  'no njs, no dynamic modules; without a `user` line, workers run as nobody',
]

const nginx: ImageRecipe = {
  names: ['nginx:1.26', 'nginx:1.26.3'],
  standsInFor: tagged(
    'nginx',
    '1.29 1.28 1.27 1.27.0 1.27.1 1.27.2 1.27.3 1.27.4 1.27.5 1.25 1.25.3 1.24 1.23 1.21 1.19 1.14.2 1 latest stable mainline',
  ),
  summary: 'web server on port 80',
  differs,
  layers,
  config,
}

const nginxAlpine: ImageRecipe = {
  names: ['nginx:1.26-alpine'],
  standsInFor: tagged(
    'nginx',
    '1.29-alpine 1.28-alpine 1.27-alpine 1.27.5-alpine 1.25-alpine 1.24-alpine 1.23-alpine 1.21-alpine alpine stable-alpine mainline-alpine alpine-slim',
  ),
  summary: 'the same with busybox wget, nslookup and the like',
  differs: [...differs, 'not Alpine: no apk, no musl; /bin/sh is dash'],
  layers: [...layers, ...busyboxTools],
  config,
}

const nginxUnprivileged: ImageRecipe = {
  names: ['nginxinc/nginx-unprivileged:1.26'],
  standsInFor: tagged('nginxinc/nginx-unprivileged', '1.27 1.27-alpine 1.25 latest stable alpine stable-alpine'),
  summary: 'web server on port 8080 that never was root',
  differs,
  layers: [
    ...layers,
    {
      kind: 'files',
      files: {
        '/etc/nginx': { from: 'environments/images/catalog/nginx/unprivileged', ...user },
        '/var/cache/nginx': { folder: true, ...user },
      },
    },
  ],
  config: { ...config, User: '101', ExposedPorts: ['8080/tcp'] },
}

export const images: ImageRecipe[] = [nginx, nginxAlpine, nginxUnprivileged]
