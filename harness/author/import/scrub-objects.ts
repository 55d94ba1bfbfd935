import type { KubeObject } from '../../base/kube-client.ts'
import { findCredentials } from '../../record/redact.ts'

/** Objects of a real cluster that tell nothing of whose they were. */
export interface Scrubbed {
  objects: KubeObject[]
  /** What was taken out, for the author to look at; never what it was. */
  notes: string[]
}

/**
 * Takes out of exported objects what a server wrote, who wrote it, and what nobody may see: values of Secrets and what
 * looks like a credential, people, public addresses and host names, private registries. The same value becomes the same
 * stand-in everywhere, so what belonged together still does.
 */
export function scrubObjects(objects: readonly KubeObject[], options: { namespace: string; as: string }): Scrubbed {
  const counts = new Map<string, number>()
  const note = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1)
  const secrets = secretValues(objects)
  const standIns = new StandIns()
  const texts = new TextScrubber(secrets, standIns, options, note)
  const scrubbed = objects.map((object) => {
    const bare = withoutServerFields(object, note)
    const data = object.kind === 'Secret' ? { data: secretData(object, standIns, note) } : {}
    const { apiVersion, kind, metadata, stringData: _, ...body } = { ...bare, ...data } as KubeObject
    const own = Object.fromEntries(
      Object.entries(body).map(([field, value]) => [
        field,
        kind === 'Secret' && field === 'data' ? value : texts.value(value, [kind, field]),
      ]),
    )
    return { apiVersion, kind, metadata: texts.value(metadata, [kind, 'metadata']) as KubeObject['metadata'], ...own }
  })
  return { objects: scrubbed, notes: [...counts].map(([what, count]) => `${count} x ${what}`).toSorted() }
}

/** The same stand-in for the same value. */
class StandIns {
  readonly #known = new Map<string, string>()
  readonly #counts = new Map<string, number>()

  of(kind: string, value: string, word: (n: number) => string): string {
    const key = `${kind}\n${value}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const n = (this.#counts.get(kind) ?? 0) + 1
    this.#counts.set(kind, n)
    const made = word(n)
    this.#known.set(key, made)
    return made
  }

  secret(value: string): string {
    return this.of('secret', value, (n) => `stand-in-${n}`)
  }
}

class TextScrubber {
  readonly #secrets: readonly string[]
  readonly #standIns: StandIns
  readonly #namespace: { namespace: string; as: string }
  readonly #note: (what: string) => void

  constructor(
    secrets: readonly string[],
    standIns: StandIns,
    namespace: { namespace: string; as: string },
    note: (what: string) => void,
  ) {
    this.#secrets = secrets
    this.#standIns = standIns
    this.#namespace = namespace
    this.#note = note
  }

  /** Every text in a value, by the way that leads to it. */
  value(value: unknown, way: readonly string[]): unknown {
    if (typeof value === 'string') return this.#text(value, way)
    if (Array.isArray(value)) return value.map((one) => this.value(one, way))
    if (typeof value !== 'object' || value === null) return value
    if (isPerson(value, way)) return this.#person(value as { kind: string; name: string })
    // what a server says as null is not there
    const entries = Object.entries(value).filter(([, one]) => one !== null)
    return Object.fromEntries(
      entries.map(([key, one]) => [way.at(-1) === 'data' ? this.#text(key, []) : key, this.value(one, [...way, key])]),
    )
  }

  #person(subject: { kind: string; name: string }): unknown {
    this.#note(`${subject.kind.toLowerCase()} of a binding, given another name`)
    return {
      ...subject,
      name: this.#standIns.of(subject.kind, subject.name, (n) => `${subject.kind.toLowerCase()}-${n}`),
    }
  }

  #text(text: string, way: readonly string[]): string {
    const key = way.at(-1)
    if (key === 'namespace' && text === this.#namespace.namespace) return this.#namespace.as
    if (key === 'image') return this.#image(text)
    let clean = this.#withoutSecrets(text)
    clean = this.#withoutCredentials(clean)
    clean = clean.replaceAll(mailAddress, (mail) => {
      if (mail.endsWith('.example') || mail.endsWith('@example.com')) return mail
      this.#note('mail address')
      return this.#standIns.of('mail', mail, (n) => `person-${n}@example.com`)
    })
    clean = clean.replaceAll(ipv4, (address) => {
      if (!isPublic(address)) return address
      this.#note('public address')
      return this.#standIns.of('address', address, (n) => `203.0.113.${n % 250}`)
    })
    clean = clean.replaceAll(hostName, (host) => {
      if (isKnownHost(host)) return host
      this.#note('host name')
      return this.#standIns.of('host', host.toLowerCase(), (n) => `host-${n}.example`)
    })
    const { namespace, as } = this.#namespace
    return namespace === as ? clean : clean.replaceAll(new RegExp(`(?<=[a-z0-9]\\.)${namespace}(?=[.:/]|$)`, 'g'), as)
  }

  #withoutSecrets(text: string): string {
    return this.#secrets.reduce((clean, secret) => {
      if (!clean.includes(secret)) return clean
      this.#note("a Secret's value outside of it")
      return clean.replaceAll(secret, this.#standIns.secret(secret))
    }, text)
  }

  #withoutCredentials(text: string): string {
    const found = findCredentials(text).toSorted((a, b) => b.start - a.start)
    return found.reduce((clean, { start, end }) => {
      if (/^stand-in-\d+$/.test(text.slice(start, end))) return clean
      this.#note('what looks like a credential')
      return clean.slice(0, start) + this.#standIns.secret(text.slice(start, end)) + clean.slice(end)
    }, text)
  }

  #image(image: string): string {
    const [host = ''] = image.split('/')
    const hasHost = image.includes('/') && /[.:]|^localhost$/.test(host)
    if (!hasHost || publicRegistries.has(host)) return image
    this.#note('private registry')
    return `${this.#standIns.of('registry', host, (n) => (n === 1 ? 'registry.example' : `registry-${n}.example`))}${image.slice(host.length)}`
  }
}

/** What a person or a server wrote into an object and no manifest would have. */
function withoutServerFields(object: KubeObject, note: (what: string) => void): KubeObject {
  const { status: _, ...copy } = structuredClone(object) as KubeObject & { status?: unknown }
  const { name, namespace, labels, annotations } = copy.metadata as KubeObject['metadata'] & {
    annotations?: Record<string, string>
  }
  const kept = Object.entries(annotations ?? {}).filter(([key]) => workingAnnotation.test(key))
  const dropped = Object.keys(annotations ?? {}).length - kept.length
  for (let i = 0; i < dropped; i++) note('annotation')
  const plainLabels = Object.fromEntries(Object.entries(labels ?? {}).filter(([key]) => !serverLabel.test(key)))
  copy.metadata = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(Object.keys(plainLabels).length > 0 ? { labels: plainLabels } : {}),
    ...(kept.length > 0 ? { annotations: Object.fromEntries(kept) } : {}),
  }
  // tokens of its own
  if (copy.kind === 'ServiceAccount') delete copy['secrets']
  const spec = copy['spec'] as Record<string, unknown> | undefined
  if (!spec) return copy
  for (const field of serverSpecFields[copy.kind] ?? []) delete spec[field]
  if (copy.kind === 'Service') cleanService(spec)
  if (copy.kind === 'StatefulSet') for (const claim of listOf(spec['volumeClaimTemplates'])) delete claim['status']
  if (copy.kind === 'Job') cleanTemplate(spec)
  return copy
}

function cleanService(spec: Record<string, unknown>): void {
  if (spec['clusterIP'] !== 'None') delete spec['clusterIP']
  delete spec['clusterIPs']
  for (const port of listOf(spec['ports'])) delete port['nodePort']
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : []
}

/** A Job's selector and its pods' labels are the server's. */
function cleanTemplate(spec: Record<string, unknown>): void {
  delete spec['selector']
  const labels = (spec['template'] as { metadata?: { labels?: Record<string, string> } } | undefined)?.metadata?.labels
  for (const key of Object.keys(labels ?? {})) if (serverLabel.test(key) && labels) delete labels[key]
}

const serverSpecFields: Record<string, string[]> = {
  Service: ['ipFamilies', 'ipFamilyPolicy', 'healthCheckNodePort', 'internalTrafficPolicy'],
  PersistentVolumeClaim: ['volumeName'],
  Pod: ['nodeName', 'serviceAccount', 'tolerations', 'preemptionPolicy', 'priority'],
}
const serverLabel = /^(?:batch\.kubernetes\.io\/)?(?:controller-uid|job-name)$|^pod-template-hash$/
/** Annotations that change what happens; the others are notes of people and tools. */
const workingAnnotation = /^(?:prometheus\.io|nginx\.ingress\.kubernetes\.io|scheduler\.alpha\.kubernetes\.io)\//

/** Values that may be nowhere else: of Secrets, as they are and in base64, the longest first. */
function secretValues(objects: readonly KubeObject[]): string[] {
  const values = objects
    .filter(({ kind }) => kind === 'Secret')
    .flatMap((secret) => Object.values((secret['data'] as Record<string, string> | undefined) ?? {}))
    .flatMap((encoded) => [Buffer.from(encoded, 'base64').toString(), encoded])
    .map((value) => value.trim())
  return [...new Set(values)].filter((value) => value.length >= shortestSecret).toSorted((a, b) => b.length - a.length)
}

const shortestSecret = 6

function secretData(secret: KubeObject, standIns: StandIns, note: (what: string) => void): Record<string, string> {
  const data = (secret['data'] as Record<string, string> | undefined) ?? {}
  return Object.fromEntries(
    Object.entries(data).map(([key, encoded]) => {
      note("a Secret's value")
      const value = Buffer.from(encoded, 'base64').toString().trim()
      // what the server would refuse otherwise
      const standIn = key === '.dockerconfigjson' ? '{"auths":{}}' : standIns.secret(value)
      return [key, Buffer.from(standIn).toString('base64')]
    }),
  )
}

function isPerson(value: object, way: readonly string[]): boolean {
  const { kind, name } = value as { kind?: unknown; name?: unknown }
  return (
    way.at(-1) === 'subjects' &&
    (kind === 'User' || kind === 'Group') &&
    typeof name === 'string' &&
    !name.startsWith('system:')
  )
}

/** Not the name and password of a URL. */
const mailAddress = /(?<![\w.+-])(?<!:\/\/[^\s/@]*)[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g

const ipv4 = /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])/g

function isPublic(address: string): boolean {
  const [a = 0, b = 0] = address.split('.').map(Number)
  const isPrivate =
    a === 10 || a === 127 || a === 0 || a >= 224 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168)
  const isForDocuments = /^(?:192\.0\.2|198\.51\.100|203\.0\.113|169\.254)\./.test(address)
  return !isPrivate && !isForDocuments
}

/** Names that end like those of the internet do; files and fields with dots in them do not. */
const hostName =
  /(?<![\w.-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:com|org|net|io|dev|app|cloud|co|ai|de|at|ch|eu|uk|fr|nl|it|es|se|no|dk|pl|us|ca|au|jp|in|br|info|biz|tech|systems|internal|corp|lan)(?![\w-])(?!\.[a-z])/gi

function isKnownHost(host: string): boolean {
  return /(?:^|\.)(?:k8s\.io|kubernetes\.io|example\.(?:com|org|net)|docker\.io|quay\.io|ghcr\.io|gcr\.io)$/i.test(host)
}

const publicRegistries = new Set([
  'docker.io',
  'registry.k8s.io',
  'quay.io',
  'ghcr.io',
  'gcr.io',
  'k8s.gcr.io',
  'mcr.microsoft.com',
  'public.ecr.aws',
])
