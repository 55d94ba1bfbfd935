import type { ImageRecipe } from '../image-recipe.ts'
import { tagged } from './tagged.ts'
import { debianFiles, trixie, trixieDiffers } from './trixie.ts'

const haproxy: ImageRecipe = {
  names: ['haproxy:3.0'],
  standsInFor: tagged('haproxy', '2.8 2.9 3 3.1 3.2 latest lts'),
  summary: 'load balancer; wants /usr/local/etc/haproxy/haproxy.cfg',
  differs: [...trixieDiffers, 'HAProxy 3.0 as Debian builds it'],
  layers: [
    trixie,
    {
      kind: 'debian',
      packages: ['haproxy'],
      without: ['adduser', 'debconf', 'init-system-helpers', 'lsb-base', 'sysvinit-utils', 'perl-base'],
      drop: ['/etc/haproxy', '/etc/default/', '/etc/rsyslog.d/', '/var/lib/haproxy'],
    },
    debianFiles(
      {
        '/usr/local/bin/docker-entrypoint.sh': { from: 'environments/images/catalog/haproxy/docker-entrypoint.sh' },
        '/usr/local/sbin/haproxy': { link: '/usr/sbin/haproxy' },
        '/usr/local/etc/haproxy': { folder: true },
        '/usr/local/etc/haproxy/errors': { link: '/usr/share/haproxy/errors' },
        '/var/lib/haproxy': { folder: true, uid: 99, gid: 99 },
      },
      [{ name: 'haproxy', uid: 99, gid: 99, home: '/var/lib/haproxy' }],
    ),
  ],
  config: {
    Entrypoint: ['docker-entrypoint.sh'],
    Cmd: ['haproxy', '-f', '/usr/local/etc/haproxy/haproxy.cfg'],
    Env: ['HAPROXY_VERSION=3.0.11'],
    User: 'haproxy',
    WorkingDir: '/var/lib/haproxy',
    StopSignal: 'SIGUSR1',
  },
}

export const images: ImageRecipe[] = [haproxy]
