import type { ImageRecipe } from '../image-recipe.ts'
import { busyboxTools } from './busybox-tools.ts'
import { tagged } from './tagged.ts'
import { debianFiles, trixie, trixieDiffers } from './trixie.ts'

const memcached: ImageRecipe = {
  names: ['memcached:1.6'],
  standsInFor: tagged('memcached', '1 1.5 latest'),
  summary: 'cache on port 11211',
  differs: [...trixieDiffers, 'as Debian builds it'],
  layers: [
    trixie,
    {
      kind: 'debian',
      packages: ['memcached'],
      without: ['adduser', 'debconf', 'init-system-helpers', 'lsb-base', 'perl', 'sysvinit-utils'],
      drop: ['/etc/memcached.conf', '/etc/default/'],
    },
    debianFiles(
      {
        '/usr/local/bin/docker-entrypoint.sh': {
          content:
            '#!/bin/sh\n# Options alone mean memcached.\ncase "${1:-}" in\n-*) set -- memcached "$@" ;;\nesac\nexec "$@"\n',
          mode: 0o755,
        },
      },
      [{ name: 'memcache', uid: 11211, gid: 11211, home: '/' }],
    ),
  ],
  config: {
    Entrypoint: ['docker-entrypoint.sh'],
    Cmd: ['memcached'],
    User: 'memcache',
    ExposedPorts: ['11211/tcp'],
  },
}

const memcachedAlpine: ImageRecipe = {
  ...memcached,
  names: ['memcached:1.6-alpine'],
  standsInFor: tagged('memcached', '1-alpine alpine'),
  summary: 'the same with busybox wget, nslookup and the like',
  differs: [...memcached.differs, 'not Alpine: no apk, no musl; /bin/sh is dash'],
  layers: [...memcached.layers, ...busyboxTools],
}

export const images: ImageRecipe[] = [memcached, memcachedAlpine]
