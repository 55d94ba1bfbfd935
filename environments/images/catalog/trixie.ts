import type { DebianLayer, FileRecipe, FilesLayer } from '../image-recipe.ts'

/** The lowest layer of every image that real ones build on Debian: a shell and the tools people expect beside it. */
export const trixie: DebianLayer = {
  kind: 'debian',
  packages: [
    'base-files',
    'bash',
    'coreutils',
    'dash',
    'debianutils',
    'diffutils',
    'findutils',
    'grep',
    'gzip',
    'hostname',
    'libc-bin',
    'mawk',
    'sed',
    'tar',
    'util-linux',
  ],
  without: ['debconf', 'init-system-helpers', 'install-info', 'perl-base'],
  drop: ['/usr/lib/x86_64-linux-gnu/gconv/', '/usr/share/zoneinfo/'],
}

interface User {
  name: string
  uid: number
  gid: number
  home: string
  shell?: string
}

/** The files that Debian's installation scripts would have written, with an image's own users added. */
function systemFiles(users: User[] = []): Record<string, FileRecipe> {
  const everyone: User[] = [
    { name: 'root', uid: 0, gid: 0, home: '/root', shell: '/bin/bash' },
    { name: 'daemon', uid: 1, gid: 1, home: '/usr/sbin' },
    { name: 'bin', uid: 2, gid: 2, home: '/bin' },
    { name: 'sys', uid: 3, gid: 3, home: '/dev' },
    { name: 'mail', uid: 8, gid: 8, home: '/var/mail' },
    { name: 'www-data', uid: 33, gid: 33, home: '/var/www' },
    { name: 'nobody', uid: 65534, gid: 65534, home: '/nonexistent' },
    ...users,
  ]
  const passwd = everyone.map(
    ({ name, uid, gid, home, shell = '/usr/sbin/nologin' }) => `${name}:x:${uid}:${gid}:${name}:${home}:${shell}\n`,
  )
  const groups = everyone.map(({ name, gid }) => `${name === 'nobody' ? 'nogroup' : name}:x:${gid}:\n`)
  return {
    '/etc/passwd': { content: passwd.join('') },
    '/etc/group': { content: [...groups, 'adm:x:4:\ntty:x:5:\n'].join('') },
    '/etc/nsswitch.conf': {
      content: 'passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\n',
    },
    '/usr/bin/awk': { link: 'mawk' },
    '/usr/bin/which': { link: 'which.debianutils' },
    '/root': { folder: true, mode: 0o700 },
    ...Object.fromEntries(['/media', '/mnt', '/opt', '/srv'].map((name) => [name, { folder: true as const }])),
    '/run/lock': { folder: true, mode: 0o1777 },
    '/var/lock': { link: '/run/lock' },
    '/var/run': { link: '/run' },
  }
}

/** Files on top of Debian packages: the system's own, an image's users and an image's files. */
export function debianFiles(files: Record<string, FileRecipe>, users: User[] = []): FilesLayer {
  return { kind: 'files', files: { ...systemFiles(users), ...files } }
}

/** What every image on this base has in common with no real one. */
export const trixieDiffers: string[] = [
  'Debian trixie below, without apt, dpkg and perl: packages cannot be installed in it',
  'no locales but C.UTF-8, no documentation, no time zone data unless a package brings it',
]

/** The certificate authorities that TLS clients trust, and nothing else. */
export const certificates: DebianLayer = {
  kind: 'debian',
  packages: ['ca-certificates'],
  without: ['debconf', 'openssl', 'libc6'],
  keep: ['/etc/ssl/certs/'],
}
