/** What stands in for a service's container: the script sandbox with files, an environment and a command. */
export interface ServiceBox {
  /** Where its files come from, in order; a folder's content goes into the folder `to`. */
  files: BoxFile[]
  folders: string[]
  links: { path: string; target: string }[]
  modes: { paths: string[]; mode: string }[]
  environment: Record<string, string>
  workdir: string
  user: string | undefined
  entrypoint: string[] | undefined
  command: string[] | undefined
  /** What Docker makes the box of, where nothing else here can stand in for it. */
  image?: BoxImage
  /** The image's files on this machine, once it is made: its programs stand in for the machine's. */
  rootfs?: string
}

/** Folders and files are absolute. */
export type BoxImage = { context: string; dockerfile: string; args: Record<string, string> } | { pull: string }

export interface BoxFile {
  /** Absolute, on this machine. */
  from: string
  /** Absolute, in the box. */
  to: string
  mode?: string
}

export function emptyBox(): ServiceBox {
  return {
    files: [],
    folders: [],
    links: [],
    modes: [],
    environment: {},
    workdir: '/',
    user: undefined,
    entrypoint: undefined,
    command: undefined,
  }
}
