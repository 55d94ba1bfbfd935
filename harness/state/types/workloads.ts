import type { JsonObject } from '../json.ts'
import { labelSelector, metadata } from './metadata.ts'
import { podSpec, podTemplate } from './pod.ts'
import { persistentVolumeClaim } from './storage.ts'
import { defaultsTo, keyed, optional, or, quantity, setOf, struct, type Type } from './type.ts'

const rollingUpdate = (defaults: JsonObject): Type =>
  struct(
    {
      type: defaultsTo('RollingUpdate'),
      rollingUpdate: struct(Object.fromEntries(Object.entries(defaults).map(([k, v]) => [k, defaultsTo(v)]))),
    },
    (given) => ((given['type'] ?? 'RollingUpdate') === 'RollingUpdate' ? { rollingUpdate: {}, ...given } : given),
  )

const jobSpec: Type = struct(
  {
    template: podTemplate,
    selector: labelSelector,
    parallelism: defaultsTo(1),
    backoffLimit: defaultsTo(6),
    completionMode: defaultsTo('NonIndexed'),
    podReplacementPolicy: defaultsTo('TerminatingOrFailed'),
    suspend: optional,
    manualSelector: optional,
  },
  (given) => {
    const hasNoCounts = given['completions'] === undefined && given['parallelism'] === undefined
    return hasNoCounts ? { ...given, completions: 1 } : given
  },
)

const metricTarget: Type = struct({ value: quantity, averageValue: quantity })
const metric: Type = struct({
  resource: struct({ target: metricTarget }),
  containerResource: struct({ target: metricTarget }),
  pods: struct({ target: metricTarget, metric: struct({ selector: labelSelector }) }),
  object: struct({ target: metricTarget, metric: struct({ selector: labelSelector }) }),
  external: struct({ target: metricTarget, metric: struct({ selector: labelSelector }) }),
})

const scalingRules = (policies: JsonObject[], stabilizationWindowSeconds?: number): Type =>
  struct({
    selectPolicy: defaultsTo('Max'),
    policies: or(setOf(), policies),
    ...(stabilizationWindowSeconds === undefined
      ? {}
      : { stabilizationWindowSeconds: defaultsTo(stabilizationWindowSeconds) }),
  })

const behavior: Type = struct({
  scaleUp: or(
    scalingRules(
      [
        { type: 'Pods', value: 4, periodSeconds: 15 },
        { type: 'Percent', value: 100, periodSeconds: 15 },
      ],
      0,
    ),
    {},
  ),
  scaleDown: or(scalingRules([{ type: 'Percent', value: 100, periodSeconds: 15 }]), {}),
})

const cpuAt80: JsonObject[] = [
  { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
]

/** Pods and what makes them. */
export const workloadTypes: Record<string, Type> = {
  '/Pod': struct({ metadata, spec: podSpec }),
  '/PodTemplate': struct({ metadata, template: podTemplate }),
  '/ReplicationController': struct({
    metadata,
    spec: struct({ replicas: defaultsTo(1), template: podTemplate, minReadySeconds: optional }),
  }),
  'apps/Deployment': struct({
    metadata,
    spec: struct({
      replicas: defaultsTo(1),
      selector: labelSelector,
      template: podTemplate,
      strategy: or(rollingUpdate({ maxUnavailable: '25%', maxSurge: '25%' }), {}),
      revisionHistoryLimit: defaultsTo(10),
      progressDeadlineSeconds: defaultsTo(600),
      minReadySeconds: optional,
      paused: optional,
    }),
  }),
  'apps/ReplicaSet': struct({
    metadata,
    spec: struct({
      replicas: defaultsTo(1),
      selector: labelSelector,
      template: podTemplate,
      minReadySeconds: optional,
    }),
  }),
  'apps/StatefulSet': struct({
    metadata,
    spec: struct({
      replicas: defaultsTo(1),
      selector: labelSelector,
      template: podTemplate,
      podManagementPolicy: defaultsTo('OrderedReady'),
      updateStrategy: or(rollingUpdate({ partition: 0 }), {}),
      revisionHistoryLimit: defaultsTo(10),
      persistentVolumeClaimRetentionPolicy: or(
        struct({ whenDeleted: defaultsTo('Retain'), whenScaled: defaultsTo('Retain') }),
        {},
      ),
      volumeClaimTemplates: keyed(persistentVolumeClaim, 'metadata.name'),
      minReadySeconds: optional,
    }),
  }),
  'apps/DaemonSet': struct({
    metadata,
    spec: struct({
      selector: labelSelector,
      template: podTemplate,
      updateStrategy: or(rollingUpdate({ maxUnavailable: 1, maxSurge: 0 }), {}),
      revisionHistoryLimit: defaultsTo(10),
      minReadySeconds: optional,
    }),
  }),
  'apps/ControllerRevision': struct({ metadata }),
  'batch/Job': struct({ metadata, spec: jobSpec }),
  'batch/CronJob': struct({
    metadata,
    spec: struct({
      jobTemplate: struct({ metadata, spec: jobSpec }),
      concurrencyPolicy: defaultsTo('Allow'),
      suspend: optional,
      successfulJobsHistoryLimit: defaultsTo(3),
      failedJobsHistoryLimit: defaultsTo(1),
    }),
  }),
  'autoscaling/HorizontalPodAutoscaler': struct({
    metadata,
    spec: struct({
      minReplicas: defaultsTo(1),
      metrics: or(setOf(metric), cpuAt80),
      behavior,
    }),
  }),
}
