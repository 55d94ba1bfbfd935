import type { ImageRecipe } from '../image-recipe.ts'
import { busyboxTools } from './busybox-tools.ts'
import { tagged } from './tagged.ts'
import { debianFiles, trixie, trixieDiffers } from './trixie.ts'

const prefix = '/usr/local/apache2'

const httpd: ImageRecipe = {
  names: ['httpd:2.4'],
  standsInFor: tagged('httpd', '2 latest'),
  summary: 'Apache web server on port 80',
  differs: [
    ...trixieDiffers,
    'as Debian builds it; httpd.conf is short and has no commented examples, extra/ is missing',
  ],
  layers: [
    trixie,
    {
      kind: 'debian',
      packages: ['apache2-bin', 'media-types', 'ca-certificates'],
      without: ['debconf', 'init-system-helpers', 'perl', 'openssl'],
    },
    debianFiles({
      // where Debian's build looks
      '/etc/apache2/apache2.conf': { link: `${prefix}/conf/httpd.conf` },
      [`${prefix}/bin/httpd`]: { link: '/usr/sbin/apache2' },
      [`${prefix}/conf/httpd.conf`]: { from: 'environments/images/catalog/httpd/httpd.conf' },
      [`${prefix}/conf/mime.types`]: { link: '/etc/mime.types' },
      [`${prefix}/htdocs/index.html`]: { content: '<html><body><h1>It works!</h1></body></html>\n' },
      [`${prefix}/cgi-bin`]: { folder: true },
      [`${prefix}/logs`]: { folder: true, mode: 0o1777 },
      [`${prefix}/modules`]: { link: '/usr/lib/apache2/modules' },
      '/usr/local/bin/httpd-foreground': {
        content: `#!/bin/sh\n# A pid file left over by a container that was killed would keep the server from starting.\nrm -f ${prefix}/logs/httpd.pid\nexec httpd -DFOREGROUND "$@"\n`,
        mode: 0o755,
      },
    }),
  ],
  config: {
    Cmd: ['httpd-foreground'],
    Env: [`PATH=${prefix}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`, `HTTPD_PREFIX=${prefix}`],
    ExposedPorts: ['80/tcp'],
    WorkingDir: prefix,
    StopSignal: 'SIGWINCH',
  },
}

const httpdAlpine: ImageRecipe = {
  ...httpd,
  names: ['httpd:2.4-alpine'],
  standsInFor: tagged('httpd', '2-alpine alpine'),
  summary: 'the same with busybox wget, nslookup and the like',
  differs: [...httpd.differs, 'not Alpine: no apk, no musl; /bin/sh is dash'],
  layers: [...httpd.layers, ...busyboxTools],
}

export const images: ImageRecipe[] = [httpd, httpdAlpine]
