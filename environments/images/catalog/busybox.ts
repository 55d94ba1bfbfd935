import type { DebianLayer, FileRecipe, FilesLayer, ImageRecipe } from '../image-recipe.ts'
import { tagged } from './tagged.ts'
import { busyboxApplets } from './busybox-applets.ts'

/** trixie's busybox with its libraries, and the few programs that its build leaves out and the real one has. */
const busyboxPackages: DebianLayer = {
  kind: 'debian',
  packages: ['busybox', 'coreutils', 'procps', 'libsystemd0', 'libproc2-0'],
  without: [
    'debconf',
    'init-system-helpers',
    'libncursesw6',
    'libtinfo6',
    'libgmp10',
    'libacl1',
    'libattr1',
    'libssl3t64',
  ],
  keep: [
    '/usr/bin/busybox',
    ...['comm', 'nice', 'nohup', 'printenv', 'split', 'sum', 'users', 'pgrep', 'pkill'].map(
      (name) => `/usr/bin/${name}`,
    ),
    '/usr/lib64/',
    ...[
      'ld-linux',
      'libc.so',
      'libm.so',
      'libnss_',
      'libresolv.so',
      'libproc2',
      'libsystemd',
      'libcap.so',
      'libgcc_s',
    ].map((name) => `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/${name}`),
  ],
}

const passwd = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
bin:x:2:2:bin:/bin:/bin/false
sys:x:3:3:sys:/dev:/bin/false
sync:x:4:100:sync:/bin:/bin/sync
mail:x:8:8:mail:/var/spool/mail:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
operator:x:37:37:Operator:/var:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
`

const group = `root:x:0:
daemon:x:1:
bin:x:2:
sys:x:3:
adm:x:4:
tty:x:5:
disk:x:6:
mail:x:8:
wheel:x:10:root
www-data:x:33:
users:x:100:
nobody:x:65534:
`

/** The small system around busybox, every applet at its usual names. */
const busyboxFiles: Record<string, FileRecipe> = {
  '/bin': { link: 'usr/bin' },
  '/sbin': { link: 'usr/bin' },
  '/lib': { link: 'usr/lib' },
  '/lib64': { link: 'usr/lib64' },
  '/usr/sbin': { link: 'bin' },
  '/dev': { folder: true },
  '/proc': { folder: true },
  '/sys': { folder: true },
  '/home': { folder: true, uid: 65534, gid: 65534 },
  '/root': { folder: true, mode: 0o700 },
  '/run': { folder: true },
  '/tmp': { folder: true, mode: 0o1777 },
  '/var/run': { link: '../run' },
  '/var/spool/mail': { folder: true, uid: 8, gid: 8 },
  '/var/www': { folder: true, uid: 33, gid: 33 },
  '/etc/passwd': { content: passwd },
  '/etc/group': { content: group },
  '/etc/shadow': { content: 'root:*:::::::\nnobody:*:::::::\n', mode: 0o640 },
  '/etc/nsswitch.conf': { content: 'passwd: files\ngroup: files\nhosts: files dns\n' },
  ...Object.fromEntries(busyboxApplets.map((name) => [`/usr/bin/${name}`, { link: 'busybox' }])),
}

/** busybox and nothing else, for images whose real ones build on Alpine. */
export const busyboxLayers: [DebianLayer, FilesLayer] = [busyboxPackages, { kind: 'files', files: busyboxFiles }]

const busyboxDiffers = [
  'busybox 1.37 of Debian trixie with glibc, not 1.36',
  'applets that Debian leaves out are missing, among them adduser, ftpd, hd, lsof, mountpoint, script, telnetd, tree; comm, nice, nohup, pgrep, pkill, printenv, split and sum are the full programs',
  'applets are symbolic links in /usr/bin (which /bin and /sbin are links to), not hard links in /bin',
]

const busybox: ImageRecipe = {
  names: ['busybox:1.37'],
  standsInFor: tagged('busybox', '1.36.1 1.36 1.37.0 1.35.0 1.35 1.34 1.28 1 latest stable glibc musl uclibc'),
  summary: 'a shell and small tools: wget, nc, httpd, nslookup, vi',
  differs: busyboxDiffers,
  layers: busyboxLayers,
  config: { Cmd: ['sh'], Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] },
}

const alpine: ImageRecipe = {
  names: ['alpine:latest'],
  standsInFor: tagged('alpine', '3 3.16 3.17 3.18 3.19 3.20 3.21 3.22'),
  summary: 'the same busybox under the name that shells are usually asked for',
  differs: [...busyboxDiffers, 'not Alpine: no apk, no musl, /etc/os-release says Debian'],
  layers: [
    busyboxPackages,
    {
      kind: 'files',
      files: {
        ...busyboxFiles,
        '/etc/os-release': {
          content: 'NAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="13"\nPRETTY_NAME="busybox of Debian 13"\n',
        },
      },
    },
  ],
  config: { Cmd: ['/bin/sh'] },
}

export const images: ImageRecipe[] = [busybox, alpine]
