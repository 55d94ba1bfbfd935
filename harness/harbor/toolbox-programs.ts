/** What the script sandbox has: packages of Debian, Ubuntu and Alpine, and the program that shows they are there. */
export const packagePrograms: Readonly<Record<string, string | undefined>> = {
  bash: 'bash',
  'ca-certificates': undefined,
  coreutils: 'ls',
  curl: 'curl',
  diffutils: 'diff',
  dnsutils: 'dig',
  'bind9-dnsutils': 'dig',
  'bind-tools': 'dig',
  dumb_init: 'dumb-init',
  file: 'file',
  findutils: 'find',
  gawk: 'awk',
  'gettext-base': 'envsubst',
  gettext: 'envsubst',
  git: 'git',
  gnupg: undefined,
  gpg: undefined,
  grep: 'grep',
  gzip: 'gzip',
  'apt-transport-https': undefined,
  'lsb-release': undefined,
  iproute2: 'ip',
  jq: 'jq',
  kubectl: undefined,
  less: 'less',
  'libcap2-bin': undefined,
  mawk: 'awk',
  'netcat-openbsd': 'nc',
  openssl: 'openssl',
  procps: 'ps',
  'procps-ng': 'ps',
  python3: 'python3',
  'python3-minimal': 'python3',
  sed: 'sed',
  tar: 'tar',
  tini: undefined,
  tzdata: undefined,
  unzip: 'unzip',
  'util-linux': 'flock',
  vim: 'vim',
  'vim-tiny': 'vi',
  wget: 'wget',
  'xz-utils': 'xz',
}

/** Images that are a shell with a few programs, and therefore the script sandbox here. */
export function isToolboxImage(image: string): boolean {
  const name = image.replace(/^docker\.io\//, '').replace(/@sha256:.*$/, '')
  return toolboxImages.some((known) => known.test(name))
}

/** Images that hold kubectl: what is copied out of them is ours. */
export function isKubectlImage(image: string): boolean {
  return /(^|\/)(kubectl|k8s)(:|@|$)/.test(image) || /(^|\/)rancher\/k3s(:|@|$)/.test(image)
}

const toolboxImages = [
  /^(library\/)?debian(:|$)/,
  /^(library\/)?ubuntu(:|$)/,
  /^(library\/)?buildpack-deps(:|$)/,
  /^(library\/)?alpine(:|$)/,
  /^(library\/)?bash(:|$)/,
  /^(library\/)?python:3/,
  /^(bitnami|bitnamilegacy|rancher|alpine)\/kubectl(:|$)/,
  /^registry\.k8s\.io\/kubectl(:|$)/,
  /^alpine\/k8s(:|$)/,
  /^curlimages\/curl(:|$)/,
  /^kubemend\/toolbox(:|$)/,
]
