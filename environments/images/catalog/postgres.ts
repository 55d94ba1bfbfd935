import type { ImageRecipe } from '../image-recipe.ts'
import { tagged } from './tagged.ts'
import { busyboxTools } from './busybox-tools.ts'
import { debianFiles, trixie, trixieDiffers } from './trixie.ts'

const user = { uid: 999, gid: 999 }
const bin = '/usr/lib/postgresql/17/bin'

const postgres: ImageRecipe = {
  names: ['postgres:17'],
  standsInFor: tagged('postgres', '16 16.4 15 14 13 latest'),
  summary: 'PostgreSQL on port 5432',
  differs: [
    ...trixieDiffers,
    'PostgreSQL 17 as Debian builds it, whatever the tag says; no just-in-time compilation',
    'LANG is C.UTF-8, not en_US.utf8; gosu is a script around setpriv',
  ],
  layers: [
    trixie,
    {
      kind: 'debian',
      packages: ['postgresql-17', 'postgresql-client-17', 'tzdata', 'xz-utils', 'zstd'],
      without: [
        'adduser',
        'debconf',
        'init-system-helpers',
        'locales',
        'libllvm19',
        'perl',
        'postgresql-client-common',
        'postgresql-common',
        'ssl-cert',
      ],
      drop: [
        '/usr/lib/postgresql/17/lib/bitcode/',
        '/usr/lib/postgresql/17/lib/llvmjit',
        '/usr/share/postgresql/17/man/',
        '/etc/postgresql',
        '/var/lib/postgresql',
        '/usr/share/postgresql/17/postgresql.conf.sample',
      ],
    },
    debianFiles(
      {
        '/usr/local/bin/docker-entrypoint.sh': { from: 'environments/images/catalog/postgres/docker-entrypoint.sh' },
        '/usr/local/bin/gosu': { from: 'environments/images/catalog/postgres/gosu.sh', mode: 0o755 },
        '/docker-entrypoint-initdb.d': { folder: true },
        '/usr/share/postgresql/17/postgresql.conf.sample': { content: "listen_addresses = '*'\n" },
        '/run/postgresql': { folder: true, mode: 0o3777, ...user },
        '/var/lib/postgresql': { folder: true, ...user },
        '/var/lib/postgresql/data': { folder: true, mode: 0o1777, ...user },
      },
      [{ name: 'postgres', ...user, home: '/var/lib/postgresql', shell: '/bin/bash' }],
    ),
  ],
  config: {
    Entrypoint: ['docker-entrypoint.sh'],
    Cmd: ['postgres'],
    Env: [
      `PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:${bin}`,
      'LANG=C.UTF-8',
      'PG_MAJOR=17',
      'PGDATA=/var/lib/postgresql/data',
    ],
    ExposedPorts: ['5432/tcp'],
    Volumes: ['/var/lib/postgresql/data'],
    StopSignal: 'SIGINT',
  },
}

const postgresAlpine: ImageRecipe = {
  ...postgres,
  names: ['postgres:17-alpine'],
  standsInFor: tagged('postgres', '16-alpine 15-alpine 14-alpine 13-alpine alpine'),
  summary: 'the same with busybox wget, nslookup and the like',
  differs: [...postgres.differs, 'not Alpine: no apk, no musl; /bin/sh is dash; the user postgres is 999, not 70'],
  layers: [...postgres.layers, ...busyboxTools],
}

export const images: ImageRecipe[] = [postgres, postgresAlpine]
