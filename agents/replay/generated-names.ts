/** A piece of kubectl's output that is another on every cluster. */
export interface Generated {
  text: string
  /** What it is the name of: tokens of one group can stand for each other. */
  group: string
}

/**
 * Finds what a cluster makes up by itself: names of pods and ReplicaSets, addresses, UIDs, resource versions. Letters and
 * digits are those of Kubernetes' own generator, which knows no vowels, 0, 1 and 3.
 */
export function findGenerated(text: string): Generated[] {
  return [...text.matchAll(pattern)].map((match) => ({ text: match[0], group: groupOf(match) }))
}

/** The text with every generated piece put through `replace`. */
export function replaceGenerated(text: string, replace: (found: Generated) => string): string {
  return text.replaceAll(pattern, (...parts: unknown[]) => {
    const match = parts as unknown as RegExpMatchArray
    return replace({ text: match[0], group: groupOf({ groups: parts.at(-1) as Record<string, string> }) })
  })
}

const random = '[bcdfghjklmnpqrstvwxz2456789]'
const pattern = new RegExp(
  [
    String.raw`(?<uid>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)`,
    String.raw`(?<version>"?resourceVersion"?: ?"\d+")`,
    String.raw`(?<ip>\b(?:\d{1,3}\.){3}\d{1,3}\b)`,
    // a pod of a Deployment, a ReplicaSet, a pod of a DaemonSet, a Job or a bare ReplicaSet
    String.raw`\b(?<podOf>[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?)-(?<hash>${random}{6,10})-${random}{5}(?![-a-z0-9])`,
    String.raw`\b(?<setOf>[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?)-${random}{6,10}(?![-a-z0-9])`,
    String.raw`\b(?<childOf>[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?)-${random}{5}(?![-a-z0-9])`,
  ].join('|'),
  'g',
)

function groupOf({ groups = {} }: { groups?: Record<string, string | undefined> | undefined }): string {
  const { podOf, setOf, childOf, uid, version } = groups
  if (podOf !== undefined) return `pod of ${podOf}`
  if (setOf !== undefined) return `set of ${setOf}`
  if (childOf !== undefined) return `child of ${childOf}`
  if (uid !== undefined) return 'uid'
  return version === undefined ? 'ip' : 'version'
}
