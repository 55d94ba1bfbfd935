/** How an image is made where no registry is reachable; plain data, so that its bytes name what comes out. */
export interface ImageRecipe {
  /** The names whose version it really holds; the first is the one people are told. */
  names: [string, ...string[]]
  /** Other versions' names that it answers to, for want of the real one. */
  standsInFor?: string[]
  /** What it is, in half a sentence. */
  summary: string
  /** What someone who knows the real image would notice. */
  differs: string[]
  /** From the bottom up; images whose lowest layers are the same share them. */
  layers: LayerRecipe[]
  config: ImageConfig
}

export type LayerRecipe = DebianLayer | GoLayer | FilesLayer | PythonWheelLayer

/** Debian trixie packages and what they depend on, without what lower layers have; no maintainer script is run. */
export interface DebianLayer {
  kind: 'debian'
  packages: string[]
  /** Dependencies left out, with what only they need. */
  without?: string[]
  /** Where given, only paths that start with one of these are kept. */
  keep?: string[]
  /** Paths that start with one of these are dropped. */
  drop?: string[]
}

/** A main package of ours, built static, at one path. */
export interface GoLayer {
  kind: 'go'
  /** The folder with go.mod, from the package root. */
  module: string
  /** The package to build within it: "." unless given. */
  package?: string
  path: string
  /** Linker variables: { 'main.version': '1' }. */
  variables?: Record<string, string>
  /** Lets the program bind ports below 1024 without being root. */
  bindsLowPorts?: true
}

/** Files, folders and links by their path in the image. */
export interface FilesLayer {
  kind: 'files'
  files: Record<string, FileRecipe>
}

export type FileRecipe =
  | ({ content: string } & Ownership)
  /** A file or folder of ours, from the package root. */
  | ({ from: string } & Ownership)
  | ({ folder: true } & Ownership)
  | { link: string }

interface Ownership {
  mode?: number
  uid?: number
  gid?: number
}

/** Files of a wheel from the Python index, for programs that are published there. */
export interface PythonWheelLayer {
  kind: 'python-wheel'
  /** "name==version". */
  requirement: string
  /** Where in the image a file of the wheel goes; all are executable. */
  files: Record<string, string>
}

/** The part of an OCI image configuration that images here use. */
export interface ImageConfig {
  Entrypoint?: string[]
  Cmd?: string[]
  Env?: string[]
  ExposedPorts?: string[]
  Volumes?: string[]
  WorkingDir?: string
  User?: string
  StopSignal?: string
  Labels?: Record<string, string>
}
