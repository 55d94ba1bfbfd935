import { listAt, objectAt, own, textAt, type JsonObject } from '../json.ts'
import { containersOf, podSpecOf } from '../pod-spec-of.ts'
import type { BypassCheck } from './finding.ts'

/** New access of a pod to its host. */
export const checkHostAccess: BypassCheck = ({ before, after }) => {
  const now = podSpecOf(after)
  if (!now) return []
  const had = new Set(accessOf(podSpecOf(before)?.spec ?? {}).map(({ what }) => what))
  return accessOf(now.spec)
    .filter(({ what }) => !had.has(what))
    .map(({ what, path }) => ({ name: 'host-access', path: `${now.path}.${path}`, because: `has ${what}` }))
}

function accessOf(spec: JsonObject): { what: string; path: string }[] {
  const found: { what: string; path: string }[] = []
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) {
    if (own(spec, field) === true) found.push({ what: field, path: field })
  }
  for (const volume of listAt(spec, 'volumes')) {
    const path = textAt(volume, 'hostPath', 'path')
    if (path !== undefined)
      found.push({ what: `${path} of the host as a volume`, path: `volumes[name=${textAt(volume, 'name')}]` })
  }
  for (const { name, field, container } of containersOf(spec)) {
    const place = `${field}[name=${name}]`
    const context = objectAt(container, 'securityContext')
    if (context['privileged'] === true) {
      found.push({ what: `a privileged container ${name}`, path: `${place}.securityContext.privileged` })
    }
    for (const capability of listAt(context, 'capabilities', 'add')) {
      found.push({
        what: `the capability ${String(capability)} in ${name}`,
        path: `${place}.securityContext.capabilities.add`,
      })
    }
    for (const port of listAt(container, 'ports')) {
      const hostPort = objectAt({ port }, 'port')['hostPort']
      if (typeof hostPort === 'number' && hostPort !== 0) {
        found.push({ what: `the host's port ${hostPort} for ${name}`, path: `${place}.ports` })
      }
    }
  }
  return found
}
