import { KubemendError } from './errors.ts'

/** Says in words why a file could not be written; errors that are not about storage come back as they are. */
export function storageError(error: unknown, file: string): unknown {
  const cause = causes[(error as NodeJS.ErrnoException | undefined)?.code ?? '']
  return cause ? new KubemendError(cause.code, `${file}: ${cause.what}`, { hint: cause.cure, cause: error }) : error
}

const causes: Record<string, { code: string; what: string; cure: string } | undefined> = {
  ENOSPC: { code: 'disk-full', what: 'the disk is full', cure: 'free some space, then go on with --resume' },
  EDQUOT: { code: 'disk-full', what: 'the disk quota is spent', cure: 'free some space, then go on with --resume' },
  EROFS: { code: 'read-only', what: 'the file system is read-only', cure: 'choose another folder with --out' },
  EACCES: { code: 'read-only', what: 'writing is not permitted', cure: 'choose another folder with --out' },
  EPERM: { code: 'read-only', what: 'writing is not permitted', cure: 'choose another folder with --out' },
  ENOTDIR: { code: 'bad-folder', what: 'a part of this path is a file', cure: 'choose another folder with --out' },
}
