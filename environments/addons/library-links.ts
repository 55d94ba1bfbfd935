import type { FilesLayer } from '../images/image-recipe.ts'

/** Where programs look for the loader and the C library, in images that have nothing else of Debian's base. */
export const libraryLinks: FilesLayer = {
  kind: 'files',
  files: { '/lib': { link: 'usr/lib' }, '/lib64': { link: 'usr/lib64' } },
}
