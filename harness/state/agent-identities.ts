import type { AuditEvent } from './audit-event.ts'
import { isEffectiveWrite } from './audit-event.ts'
import type { KubeObject } from '../base/kube-client.ts'
import { isObject, listAt, objectAt, textAt } from './json.ts'
import type { StateIndex } from './state-index.ts'

/**
 * All user names behind which the agent may have been: its own, service accounts whose tokens it minted, those of pods
 * that it entered, made or gave another template, and of all these again in turn. Who enters a pod could act as it ever
 * after, so whatever the pod's account writes from then on counts as the agent's; a command that can only look and that
 * shows no token takes nothing.
 */
export function agentIdentities(
  audit: readonly AuditEvent[],
  agentUser: string,
  states: readonly StateIndex[],
): ReadonlySet<string> {
  const taken = new Set([agentUser])
  for (let count = 0; count !== taken.size;) {
    count = taken.size
    for (const event of audit) {
      if (taken.has(event.user.username)) for (const user of identitiesTaken(event, states)) taken.add(user)
    }
  }
  return taken
}

function identitiesTaken(event: AuditEvent, states: readonly StateIndex[]): string[] {
  const ref = event.objectRef
  if (!ref?.resource || !ref.namespace) return []
  const account = (name: string): string => `system:serviceaccount:${ref.namespace}:${name}`
  if (ref.resource === 'serviceaccounts' && ref.subresource === 'token') {
    return isEffectiveWrite(event) && ref.name ? [account(ref.name)] : []
  }
  if (ref.resource === 'pods' && ref.name && entrances.has(ref.subresource ?? '')) {
    const id = { group: '', kind: 'Pod', namespace: ref.namespace, name: ref.name }
    const pods = states.flatMap((state) => state.get(id) ?? [])
    if (!wasLetIn(event) || (isMereLook(event) && !pods.some(hasOddToken))) return []
    return pods.map((pod) => account(textAt(pod, 'spec', 'serviceAccountName') ?? 'default'))
  }
  if (!isEffectiveWrite(event)) return []
  if (ref.resource === 'secrets') {
    const annotations = objectAt(event.requestObject, 'metadata', 'annotations')
    const name = annotations['kubernetes.io/service-account.name']
    return typeof name === 'string' ? [account(name)] : []
  }
  return templateHolders.has(ref.resource) && ref.subresource === undefined
    ? accountsOfTemplates(event).map(account)
    : []
}

const entrances = new Set(['exec', 'attach', 'ephemeralcontainers'])
const templateHolders = new Set([
  'pods',
  'deployments',
  'replicasets',
  'statefulsets',
  'daemonsets',
  'jobs',
  'cronjobs',
  'replicationcontrollers',
])

/** An upgraded connection is answered with 101. */
function wasLetIn(event: AuditEvent): boolean {
  const code = event.responseStatus?.code ?? 200
  return code === 101 || (code >= 200 && code < 300)
}

/** Whether a command in a pod can but look: a program that runs no other, on its own, and nothing about a token. */
function isMereLook({ objectRef, requestURI }: AuditEvent): boolean {
  if (objectRef?.subresource !== 'exec') return false
  const [program = '', ...words] = new URL(requestURI ?? '/', 'http://server').searchParams.getAll('command')
  const name = /^(?:\/(?:usr\/)?s?bin\/)?([a-z]+)$/.exec(program)?.[1]
  if (name === undefined || !lookingPrograms.has(name)) return false
  // `env PROGRAM` runs it
  return name === 'env' ? words.length === 0 : !words.some((word) => telling.test(word))
}

/** Tokens, and other doors to what a process has. */
const telling = /token|\/proc|\/dev/i

const lookingPrograms = new Set([
  'cat',
  'date',
  'df',
  'env',
  'head',
  'hostname',
  'id',
  'ls',
  'printenv',
  'ps',
  'tail',
  'uname',
])

/** Whether a pod has a token in a file that is not called so. */
function hasOddToken(pod: KubeObject): boolean {
  const sources = listAt(pod, 'spec', 'volumes').flatMap((volume) => listAt(volume, 'projected', 'sources'))
  const paths = sources.map((source) => textAt(source, 'serviceAccountToken', 'path'))
  return paths.some((path) => path !== undefined && !telling.test(path))
}

/** The accounts of the pods that a request makes: those of new commands, images or containers, which do what the agent wrote. */
function accountsOfTemplates(event: AuditEvent): string[] {
  const whole = isObject(event.responseObject) ? event.responseObject : event.requestObject
  const spec = podSpecOf(whole)
  if (spec === undefined || !runsOther(event)) return []
  return [textAt(spec, 'serviceAccountName') ?? 'default']
}

function podSpecOf(object: unknown): unknown {
  const spec = objectAt(object, 'spec')
  const template = objectAt(spec['jobTemplate'] ?? { spec }, 'spec', 'template')
  if (isObject(template['spec'])) return template['spec']
  return listAt(spec, 'containers').length > 0 ? spec : undefined
}

/** Creations always; changes when what they send speaks of what is run. */
function runsOther(event: AuditEvent): boolean {
  if (event.verb === 'create' || event.verb === 'update') return true
  return /"(?:command|args|image|containers|initContainers|lifecycle|exec)"|\/(?:command|args|image|containers)/.test(
    JSON.stringify(event.requestObject) ?? '',
  )
}
