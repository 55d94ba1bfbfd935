import type { FileRecipe, ImageRecipe } from '../image-recipe.ts'
import { tagged } from './tagged.ts'
import { busyboxTools } from './busybox-tools.ts'
import { debianFiles, trixie, trixieDiffers } from './trixie.ts'

const names = ['python', 'python3', 'python3.13']

const pythonFiles: Record<string, FileRecipe> = {
  ...Object.fromEntries(names.map((name) => [`/usr/local/bin/${name}`, { link: '/usr/bin/python3.13' }])),
  '/usr/local/bin/pip': { link: '/usr/bin/pip3' },
  '/usr/local/bin/pip3': { link: '/usr/bin/pip3' },
}

const python: ImageRecipe = {
  names: ['python:3.13-slim', 'python:3.13'],
  standsInFor: tagged(
    'python',
    '3.9 3.10 3.11 3.12 3.14 3 latest 3.9-slim 3.10-slim 3.11-slim 3.12-slim 3.14-slim 3-slim slim',
  ),
  summary: 'Python 3.13 with pip',
  differs: [
    ...trixieDiffers,
    'Python 3.13 as Debian builds it, in /usr; packages installed with pip lie in /usr/local/lib/python3.13/dist-packages',
    'no compiler in the tags without -slim; no idle, tkinter or ensurepip',
  ],
  layers: [
    trixie,
    {
      kind: 'debian',
      packages: ['python3', 'python3-pip', 'netbase', 'tzdata', 'ca-certificates'],
      without: ['debconf', 'dpkg', 'openssl', 'media-types', 'python3-wheel'],
      drop: ['/usr/lib/python3.13/EXTERNALLY-MANAGED', '/usr/share/python3/', '/usr/lib/valgrind/'],
    },
    debianFiles(pythonFiles),
  ],
  config: { Cmd: ['python3'], Env: ['LANG=C.UTF-8', 'PYTHON_VERSION=3.13.5'] },
}

const pythonAlpine: ImageRecipe = {
  ...python,
  names: ['python:3.13-alpine'],
  standsInFor: tagged('python', '3.9-alpine 3.10-alpine 3.11-alpine 3.12-alpine 3.14-alpine 3-alpine alpine'),
  summary: 'the same with busybox wget, nslookup and the like',
  differs: [...python.differs, 'not Alpine: no apk, no musl; /bin/sh is dash'],
  layers: [...python.layers, ...busyboxTools],
}

export const images: ImageRecipe[] = [python, pythonAlpine]
