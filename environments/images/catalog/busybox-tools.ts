import type { LayerRecipe } from '../image-recipe.ts'

const applets =
  'ash arping crond ftpget httpd ifconfig ip killall less microcom nc netstat nslookup pidof ping ping6 ps route ' +
  'ssl_client telnet top traceroute unzip vi watch wget xxd'

/** Tools that people expect in images whose real ones build on Alpine, beside what the Debian base has. */
export const busyboxTools: LayerRecipe[] = [
  { kind: 'debian', packages: ['busybox'], without: ['debconf'], keep: ['/usr/bin/busybox'] },
  {
    kind: 'files',
    files: Object.fromEntries(applets.split(' ').map((name) => [`/usr/bin/${name}`, { link: 'busybox' }])),
  },
]
