import type { ImageRecipe } from '../image-recipe.ts'
import { tagged } from './tagged.ts'
import { busyboxTools } from './busybox-tools.ts'
import { debianFiles, trixie, trixieDiffers } from './trixie.ts'

const user = { uid: 999, gid: 999 }

const redis: ImageRecipe = {
  names: ['redis:8', 'redis:8.0'],
  standsInFor: tagged('redis', '8.2 7 7.0 7.2 7.4 6 6.2 5 latest bookworm'),
  summary: 'key-value store on port 6379',
  differs: [
    ...trixieDiffers,
    'redis 8.0 as Debian builds it, without the modules (search, JSON, time series, Bloom)',
    'protected mode is switched off by a wrapper, /usr/local/bin/redis-server, not in the program',
  ],
  layers: [
    trixie,
    {
      kind: 'debian',
      packages: ['redis-server', 'redis-tools'],
      without: ['debconf', 'init-system-helpers', 'adduser', 'lsb-base', 'sysvinit-utils'],
      drop: ['/etc/redis', '/etc/default/', '/var/lib/redis', '/var/log/redis'],
    },
    debianFiles(
      {
        '/usr/local/bin/docker-entrypoint.sh': { from: 'environments/images/catalog/redis/docker-entrypoint.sh' },
        '/usr/local/bin/redis-server': { from: 'environments/images/catalog/redis/redis-server.sh' },
        ...Object.fromEntries(
          ['redis-cli', 'redis-benchmark', 'redis-check-aof', 'redis-check-rdb'].map((name) => [
            `/usr/local/bin/${name}`,
            { link: `/usr/bin/${name}` },
          ]),
        ),
        '/usr/local/bin/redis-sentinel': { link: 'redis-server' },
        '/data': { folder: true, ...user },
      },
      [{ name: 'redis', ...user, home: '/home/redis' }],
    ),
  ],
  config: {
    Entrypoint: ['docker-entrypoint.sh'],
    Cmd: ['redis-server'],
    Env: ['REDIS_VERSION=8.0.2'],
    ExposedPorts: ['6379/tcp'],
    Volumes: ['/data'],
    WorkingDir: '/data',
  },
}

const redisAlpine: ImageRecipe = {
  ...redis,
  names: ['redis:8-alpine'],
  standsInFor: tagged('redis', '8.0-alpine 7-alpine 7.0-alpine 7.2-alpine 7.4-alpine 6-alpine 6.2-alpine alpine'),
  summary: 'the same with busybox wget, nslookup and the like',
  differs: [...redis.differs, 'not Alpine: no apk, no musl; /bin/sh is dash'],
  layers: [...redis.layers, ...busyboxTools],
}

export const images: ImageRecipe[] = [redis, redisAlpine]
