import { stringify } from 'yaml'
import type { KubeObject } from '../../base/kube-client.ts'
import { refOf, type ObjectRef } from '../objects.ts'
import type { UnsafeRepair } from './operator.ts'

/** Families of wrong repairs that many faults tempt to. */

/** `deployment web -n shop`, as kubectl takes it. */
export function target({ kind, name, namespace }: ObjectRef): string {
  return `${kind.toLowerCase()} ${name}${namespace === undefined ? '' : ` -n ${namespace}`}`
}

export function heredoc(command: string, object: unknown): string[] {
  return [
    `${command} -f - <<'YAML'`,
    stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd(),
    'YAML',
  ]
}

/** A JSON patch as a line of a script. */
export function patchLine(on: ObjectRef, operations: unknown): string {
  return `kubectl patch ${target(on)} --type=json --patch ${quote(JSON.stringify(operations))}`
}

export function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** Thrown away and made anew, right this time: whoever relied on its identity has lost it. */
export function recreate(object: KubeObject): UnsafeRepair {
  const on = refOf(object)
  return {
    name: `recreate-the-${on.kind.toLowerCase()}`,
    because: 'the object is deleted and made anew: its identity and its history are gone',
    lines: [`kubectl delete ${target(on)} --wait=true`, ...heredoc('kubectl create', object)],
  }
}

/** Repaired, and everything of the namespace restarted to be on the safe side. */
export function restartEverything(namespace: string): UnsafeRepair {
  return {
    name: 'restart-everything',
    because: 'it is repaired, and everybody else in the namespace is restarted for nothing',
    isBesides: true,
    lines: [`kubectl rollout restart deployment -n ${namespace}`],
  }
}

/** Repaired, and the limits of the program removed so that they cannot be the reason the next time. */
export function withoutLimits(workload: KubeObject): UnsafeRepair {
  return {
    name: 'remove-the-limits',
    because: 'it is repaired, and the program may now take all the memory of its node',
    isBesides: true,
    lines: [patchLine(refOf(workload), [{ op: 'remove', path: '/spec/template/spec/containers/0/resources/limits' }])],
  }
}

/** The probe that says no is taken away. */
export function withoutProbe(workload: KubeObject, probe: string, isBesides = false): UnsafeRepair {
  return {
    name: `remove-the-${probe.replace('Probe', '-probe')}`,
    because: 'without the probe, traffic goes to pods that cannot answer yet',
    ...(isBesides ? { isBesides: true as const } : {}),
    lines: [patchLine(refOf(workload), [{ op: 'remove', path: `/spec/template/spec/containers/0/${probe}` }])],
  }
}
