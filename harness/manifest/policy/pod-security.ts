import { isObject, listAt, objectAt } from '../../state/json.ts'

type Level = 'privileged' | 'baseline' | 'restricted'

/** What a pod's spec has that a Pod Security level forbids, by the names of the standard's controls. */
export function podSecurityViolations(spec: Record<string, unknown>, level: Level): { at: string; because: string }[] {
  if (level === 'privileged') return []
  const containers = containersOf(spec)
  const found = [...hostViolations(spec), ...containers.flatMap(([at, container]) => baselineOf(at, container))]
  if (level === 'baseline') return found
  const pod = objectAt(spec, 'securityContext') ?? {}
  return [
    ...found,
    ...volumeViolations(spec),
    ...containers.flatMap(([at, container]) => restrictedOf(at, objectAt(container, 'securityContext') ?? {}, pod)),
  ]
}

/** Every container of a pod with its place. */
export function containersOf(spec: Record<string, unknown>): [at: string, container: Record<string, unknown>][] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((field) =>
    listAt(spec, field)
      .filter(isObject)
      .map((container, i): [string, Record<string, unknown>] => [`${field}[${nameOf(container, i)}]`, container]),
  )
}

function nameOf(container: Record<string, unknown>, i: number): string {
  return typeof container['name'] === 'string' ? `name=${container['name']}` : String(i)
}

function hostViolations(spec: Record<string, unknown>): { at: string; because: string }[] {
  const shared = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => spec[field] === true)
  const paths = listAt(spec, 'volumes').filter((volume) => isObject(volume) && volume['hostPath'] !== undefined)
  return [
    ...shared.map((at) => ({ at, because: "shares the node's namespace" })),
    ...(paths.length > 0 ? [{ at: 'volumes', because: 'mounts a path of the node' }] : []),
  ]
}

/** Capabilities that the baseline level lets a container add. */
const baselineCapabilities = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
)

function baselineOf(at: string, container: Record<string, unknown>): { at: string; because: string }[] {
  const context = objectAt(container, 'securityContext') ?? {}
  const added = listAt(context, 'capabilities', 'add').map(String)
  const beyond = added.filter((capability) => !baselineCapabilities.has(capability))
  const isHostPort = listAt(container, 'ports').some((port) => isObject(port) && Boolean(port['hostPort']))
  const profile = objectAt(context, 'seccompProfile')?.['type']
  return [
    ...(context['privileged'] === true ? [{ at: `${at}.securityContext.privileged`, because: 'is privileged' }] : []),
    ...(beyond.length > 0 ? [{ at: `${at}.securityContext.capabilities`, because: `adds ${beyond.join(', ')}` }] : []),
    ...(isHostPort ? [{ at: `${at}.ports`, because: 'takes a port of the node' }] : []),
    ...(profile === 'Unconfined' ? [{ at: `${at}.securityContext.seccompProfile`, because: 'turns seccomp off' }] : []),
    ...(context['procMount'] === 'Unmasked'
      ? [{ at: `${at}.securityContext.procMount`, because: 'unmasks /proc' }]
      : []),
  ]
}

const restrictedVolumes = new Set(
  'configMap csi downwardAPI emptyDir ephemeral persistentVolumeClaim projected secret name'.split(' '),
)

function volumeViolations(spec: Record<string, unknown>): { at: string; because: string }[] {
  return listAt(spec, 'volumes')
    .filter(isObject)
    .flatMap((volume) => Object.keys(volume).filter((field) => !restrictedVolumes.has(field)))
    .map((field) => ({ at: 'volumes', because: `uses ${field}, which the restricted level does not allow` }))
}

function restrictedOf(
  at: string,
  own: Record<string, unknown>,
  pod: Record<string, unknown>,
): { at: string; because: string }[] {
  const place = `${at}.securityContext`
  const dropped = listAt(own, 'capabilities', 'drop').map(String)
  const added = listAt(own, 'capabilities', 'add').map(String)
  const profile = objectAt(own, 'seccompProfile')?.['type'] ?? objectAt(pod, 'seccompProfile')?.['type']
  const found: { at: string; because: string }[] = []
  const expect = (isKept: boolean, field: string, because: string): void => {
    if (!isKept) found.push({ at: `${place}.${field}`, because })
  }
  expect(own['allowPrivilegeEscalation'] === false, 'allowPrivilegeEscalation', 'must be false')
  expect(dropped.includes('ALL'), 'capabilities.drop', 'must have ALL')
  expect(
    added.every((capability) => capability === 'NET_BIND_SERVICE'),
    'capabilities.add',
    'may have NET_BIND_SERVICE only',
  )
  expect((own['runAsNonRoot'] ?? pod['runAsNonRoot']) === true, 'runAsNonRoot', 'must be true')
  expect((own['runAsUser'] ?? pod['runAsUser']) !== 0, 'runAsUser', 'must not be 0')
  expect(
    profile === 'RuntimeDefault' || profile === 'Localhost',
    'seccompProfile',
    'must be RuntimeDefault or Localhost',
  )
  return found
}
