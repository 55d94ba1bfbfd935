import { InputError } from '../../harness/base/errors.ts'

/** The parts of a public image name, as every container runtime reads it. */
export interface ImageRef {
  /** docker.io, registry.k8s.io, localhost:5000, ... */
  registry: string
  /** library/nginx, coredns/coredns, ... */
  repository: string
  tag: string | undefined
  digest: string | undefined
}

/** The full name of an image: `nginx` is docker.io/library/nginx:latest. */
export function normalizeImageRef(ref: string): string {
  return formatImageRef(parseImageRef(ref))
}

/** Reads a name with all its defaults filled in; a name no registry could have is an input error. */
export function parseImageRef(ref: string): ImageRef {
  const match = grammar.exec(ref)
  if (!match?.groups)
    throw new InputError([`image ${JSON.stringify(ref)}: expected [registry/]name[:tag][@sha256:digest]`])
  const { name = '', tag, digest } = match.groups
  const slash = name.indexOf('/')
  const first = name.slice(0, Math.max(slash, 0))
  const hasRegistry = slash > 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase())
  const registry = hasRegistry ? canonicalRegistry(first) : 'docker.io'
  const path = hasRegistry ? name.slice(slash + 1) : name
  if (!repositoryGrammar.test(path)) {
    throw new InputError([
      `image ${JSON.stringify(ref)}: ${JSON.stringify(path)} must be lower-case words joined by . _ - or /`,
    ])
  }
  const repository = registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path
  return { registry, repository, tag: tag ?? (digest === undefined ? 'latest' : undefined), digest }
}

/** Writes a name out in full. */
export function formatImageRef(ref: ImageRef): string {
  const tag = ref.tag === undefined ? '' : `:${ref.tag}`
  const digest = ref.digest === undefined ? '' : `@${ref.digest}`
  return `${ref.registry}/${ref.repository}${tag}${digest}`
}

/** A number after a colon is a port where a slash follows, and a tag otherwise. */
const grammar =
  /^(?<name>(?:[\w.-]+:\d+\/)?[\w.-]+(?:\/[\w.-]+)*)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/

const repositoryGrammar = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/

function canonicalRegistry(host: string): string {
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host
}
