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
}

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
