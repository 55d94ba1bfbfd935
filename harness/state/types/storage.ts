import { metadata } from './metadata.ts'
import {
  defaultsTo,
  ignored,
  optional,
  or,
  plain,
  quantities,
  quantity,
  setOf,
  struct,
  listOf,
  type Type,
} from './type.ts'
import { labelSelector } from './metadata.ts'

/** A claim, also as the template of a StatefulSet; there apiVersion and kind may be left out. */
export const persistentVolumeClaim: Type = struct({
  apiVersion: ignored,
  kind: ignored,
  status: ignored,
  metadata,
  spec: struct({
    accessModes: setOf(),
    volumeMode: defaultsTo('Filesystem'),
    resources: struct({ requests: quantities, limits: quantities }),
    selector: labelSelector,
    volumeName: optional,
  }),
})

/** Volumes, claims and their classes. */
export const storageTypes: Record<string, Type> = {
  '/PersistentVolumeClaim': { ...persistentVolumeClaim, fields: withVersion(persistentVolumeClaim) },
  '/PersistentVolume': struct({
    metadata,
    spec: struct({
      accessModes: setOf(),
      capacity: quantities,
      volumeMode: defaultsTo('Filesystem'),
      persistentVolumeReclaimPolicy: defaultsTo('Retain'),
      claimRef: struct({ resourceVersion: ignored, apiVersion: ignored, kind: ignored }),
      storageClassName: optional,
      mountOptions: listOf(plain),
      hostPath: struct({ type: optional }),
    }),
  }),
  'storage.k8s.io/StorageClass': struct({
    metadata,
    reclaimPolicy: defaultsTo('Delete'),
    volumeBindingMode: defaultsTo('Immediate'),
    allowVolumeExpansion: optional,
    mountOptions: listOf(plain),
  }),
  'storage.k8s.io/CSIDriver': struct({ metadata, spec: struct({ volumeLifecycleModes: setOf() }) }),
  'storage.k8s.io/CSIStorageCapacity': struct({ metadata, capacity: quantity, maximumVolumeSize: quantity }),
  'storage.k8s.io/VolumeAttachment': struct({ metadata, spec: or(plain, {}) }),
}

function withVersion(type: Type): Record<string, Type> {
  return { ...type.fields, apiVersion: plain, kind: plain }
}
