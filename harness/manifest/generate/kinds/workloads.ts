import type { KubeObject } from '../../../base/kube-client.ts'
import type { FieldRequirement } from '../../../task/manifest-spec.ts'
import { changed, type Draft, type Invention } from '../draft.ts'

export const echoImage = 'hashicorp/http-echo:1.0'
export const busyboxImage = 'busybox:1.37'
export const pauseImage = 'registry.k8s.io/pause:3.10.1'

const modest = { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } }
const confined = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  runAsUser: 65_532,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
}

/** A small HTTP server that says one sentence, for worlds. */
export function echoWorkload(namespace: string, name: string, text: string): KubeObject {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 1,
          automountServiceAccountToken: false,
          containers: [
            {
              name: 'server',
              image: echoImage,
              args: [`-text=${text}`],
              ports: [{ name: 'http', containerPort: 5678 }],
              resources: modest,
            },
          ],
        },
      },
    },
  }
}

/** Pods that do nothing, for worlds. */
export function idleWorkload(namespace: string, name: string, replicas: number): KubeObject {
  return changed(echoWorkload(namespace, name, ''), (copy) => {
    Object.assign(copy['spec'] as object, { replicas })
    const pod = (copy as unknown as { spec: { template: { spec: { containers: object[] } } } }).spec.template.spec
    pod.containers = [{ name: 'idle', image: pauseImage, resources: modest }]
  })
}

export function deployment(invention: Invention): Draft {
  return serverDraft(invention, 'Deployment')
}

export function statefulset(invention: Invention): Draft {
  return serverDraft(invention, 'StatefulSet')
}

function serverDraft({ dice, level, namespace, app, team }: Invention, kind: 'Deployment' | 'StatefulSet'): Draft {
  const name = `${app}-${dice.pick(['server', 'front', 'node'])}`
  const replicas = level === 'basic' ? 1 : 1 + dice.roll(2)
  const text = `${team}-${dice.roll(900) + 100}`
  const labels = { app: name, tier: dice.pick(['edge', 'core', 'batch']) }
  const env = level === 'basic' ? [] : [{ name: 'STAGE', value: dice.pick(['blue', 'green', 'red']) }]
  const probe = level === 'basic' ? undefined : { httpGet: { path: '/', port: 5678 }, periodSeconds: 2 }
  const container = {
    name: 'server',
    image: echoImage,
    args: [`-text=${text}`],
    ports: [{ containerPort: 5678 }],
    ...(env.length > 0 ? { env } : {}),
    ...(probe ? { readinessProbe: probe } : {}),
    resources: modest,
    ...(level === 'advanced' ? { securityContext: confined } : {}),
  }
  const object = {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace, labels },
    spec: {
      replicas,
      ...(kind === 'StatefulSet' ? { serviceName: `${name}-peers`, podManagementPolicy: 'Parallel' } : {}),
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [container] } },
    },
  }
  const pod = 'spec.template.spec'
  const withContainer = (change: object): unknown =>
    changed(object, (copy) => Object.assign(copy.spec.template.spec, { containers: [{ ...container, ...change }] }))
  const fields: FieldRequirement[] = [
    { at: 'spec.replicas', is: replicas },
    { at: `${pod}.containers[name=server].image`, is: echoImage },
    { at: `${pod}.containers[name=server].args`, is: [`-text=${text}`] },
    ...env.map((one) => ({ at: `${pod}.containers[name=server].env[name=${one.name}].value`, is: one.value })),
    ...(probe ? [{ at: `${pod}.containers[name=server].readinessProbe.httpGet.path`, is: '/' }] : []),
    ...(kind === 'StatefulSet' ? [{ at: 'spec.serviceName', is: `${name}-peers` }] : []),
  ]
  return {
    goals: [
      `Create a ${kind} \`${name}\` in the namespace \`${namespace}\``,
      `Run ${app} as the ${kind} \`${name}\` in \`${namespace}\``,
      `Write the ${kind} named \`${name}\` (namespace \`${namespace}\`)`,
    ],
    facts: [
      `It runs ${replicas} ${replicas === 1 ? 'pod' : 'pods'} with one container, \`server\`, of the image \`${echoImage}\` with the single argument \`-text=${text}\`; it listens on port 5678.`,
      `The object and its pods have the labels ${Object.entries(labels)
        .map(([key, value]) => `\`${key}: ${value}\``)
        .join(' and ')}.`,
      'It requests 10m of a processor and 16Mi of memory and is limited to 64Mi of memory.',
      ...env.map((one) => `The variable \`${one.name}\` is \`${one.value}\`.`),
      ...(probe ? ['It is ready when it answers HTTP on `/` at its port.'] : []),
      ...(kind === 'StatefulSet' ? [`Its governing Service is \`${name}-peers\`, which others make. No volumes.`] : []),
      ...(level === 'advanced'
        ? ['Its pods keep the `restricted` Pod Security Standard; the image runs as user 65532.']
        : []),
    ],
    spec: {
      namespace,
      'pod-security': level === 'advanced' ? 'restricted' : 'baseline',
      objects: [{ apiVersion: 'apps/v1', kind, name, labels, fields }],
      effects: [
        { reaches: { apiVersion: 'apps/v1', kind, name, at: 'status.readyReplicas', is: replicas, withinSeconds: 90 } },
      ],
    },
    reference: [object],
    wrong: [
      {
        fails: 'L2',
        because: 'writes replicas as text',
        answer: [changed(object, (copy) => Object.assign(copy.spec, { replicas: String(replicas) }))],
      },
      {
        fails: 'L3',
        because: 'runs another number of pods',
        answer: [changed(object, (copy) => Object.assign(copy.spec, { replicas: replicas + 1 }))],
      },
      { fails: 'L4', because: 'sets no limits', answer: [withContainer({ resources: {} })] },
      { fails: 'L4', because: 'is privileged', answer: [withContainer({ securityContext: { privileged: true } })] },
      {
        fails: 'runtime',
        because: 'selects other pods than it makes',
        answer: [
          changed(object, (copy) => Object.assign(copy.spec, { selector: { matchLabels: { app: `${name}-x` } } })),
        ],
      },
      ...(level === 'intermediate'
        ? [
            {
              fails: 'validity' as const,
              because: 'asks for readiness on a port where nobody listens',
              answer: [withContainer({ readinessProbe: { httpGet: { path: '/', port: 9 } } })],
            },
          ]
        : []),
    ],
  }
}

export function job({ dice, level, namespace, app }: Invention): Draft {
  const name = `${app}-${dice.pick(['once', 'backfill', 'cleanup'])}`
  const word = `${dice.pick(['done', 'ready', 'finished'])}-${dice.roll(900) + 100}`
  const backoffLimit = 1 + dice.roll(4)
  const completions = level === 'advanced' ? 2 : 1
  const ttl = level === 'basic' ? undefined : 300 * (1 + dice.roll(4))
  const container = {
    name: 'task',
    image: busyboxImage,
    command: ['echo', word],
    resources: modest,
    ...(level === 'advanced' ? { securityContext: confined } : {}),
  }
  const object = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace },
    spec: {
      backoffLimit,
      ...(completions > 1 ? { completions, parallelism: completions } : {}),
      ...(ttl === undefined ? {} : { ttlSecondsAfterFinished: ttl }),
      template: { spec: { restartPolicy: 'Never', containers: [container] } },
    },
  }
  const withContainer = (change: object): unknown =>
    changed(object, (copy) => Object.assign(copy.spec.template.spec, { containers: [{ ...container, ...change }] }))
  return {
    goals: [
      `Create a Job \`${name}\` in the namespace \`${namespace}\``,
      `Run a Job called \`${name}\` in \`${namespace}\``,
      `Write the Job \`${name}\` for namespace \`${namespace}\``,
    ],
    facts: [
      `Its container \`task\` of the image \`${busyboxImage}\` runs the command \`echo ${word}\`.`,
      'It requests 10m of a processor and 16Mi of memory and is limited to 64Mi of memory.',
      `A pod that fails is never restarted in place; the Job gives up after ${backoffLimit} retries.`,
      ...(completions > 1 ? [`It is done when ${completions} pods have succeeded; both run at once.`] : []),
      ...(ttl === undefined ? [] : [`It is removed ${ttl} seconds after it has finished.`]),
      ...(level === 'advanced'
        ? ['Its pods keep the `restricted` Pod Security Standard; they run as user 65532.']
        : []),
    ],
    spec: {
      namespace,
      'pod-security': level === 'advanced' ? 'restricted' : 'baseline',
      objects: [
        {
          apiVersion: 'batch/v1',
          kind: 'Job',
          name,
          fields: [
            { at: 'spec.backoffLimit', is: backoffLimit },
            { at: 'spec.template.spec.restartPolicy', is: 'Never' },
            { at: 'spec.template.spec.containers[name=task].image', is: busyboxImage },
            ...(completions > 1
              ? [
                  { at: 'spec.completions', is: completions },
                  { at: 'spec.parallelism', is: completions },
                ]
              : []),
            ...(ttl === undefined ? [] : [{ at: 'spec.ttlSecondsAfterFinished', is: ttl }]),
          ],
        },
      ],
      effects: [
        {
          reaches: {
            apiVersion: 'batch/v1',
            kind: 'Job',
            name,
            at: 'status.succeeded',
            is: completions,
            withinSeconds: 90,
          },
        },
      ],
    },
    reference: [object],
    wrong: [
      {
        fails: 'L2',
        because: 'puts the containers beside the template',
        answer: [changed(object, (copy) => Object.assign(copy.spec, { containers: [container] }))],
      },
      {
        fails: 'L3',
        because: 'restarts in place',
        answer: [changed(object, (copy) => Object.assign(copy.spec.template.spec, { restartPolicy: 'OnFailure' }))],
      },
      {
        fails: 'L3',
        because: 'retries more often',
        answer: [changed(object, (copy) => Object.assign(copy.spec, { backoffLimit: backoffLimit + 2 }))],
      },
      {
        fails: 'L4',
        because: 'uses the privileges of the node',
        answer: [changed(object, (copy) => Object.assign(copy.spec.template.spec, { hostPID: true }))],
      },
      { fails: 'L4', because: 'sets no limits', answer: [withContainer({ resources: undefined })] },
    ],
  }
}

export function cronjob({ dice, level, namespace, app }: Invention): Draft {
  const name = `${app}-${dice.pick(['nightly', 'hourly', 'report', 'sweep'])}`
  const [schedule, when] = dice.pick([
    ['15 2 * * *', 'every night at 2:15'],
    ['0 * * * *', 'at the beginning of every hour'],
    ['*/20 * * * *', 'every twenty minutes'],
    ['30 6 * * 1', 'on Mondays at 6:30'],
    ['0 4 1 * *', 'on the first of each month at 4:00'],
  ] as const)
  const policy = level === 'basic' ? undefined : dice.pick(['Forbid', 'Replace'] as const)
  const history = 1 + dice.roll(5)
  const object = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name, namespace },
    spec: {
      schedule,
      ...(policy ? { concurrencyPolicy: policy, successfulJobsHistoryLimit: history } : {}),
      ...(level === 'advanced' ? { timeZone: 'Etc/UTC', startingDeadlineSeconds: 120 } : {}),
      jobTemplate: {
        spec: {
          template: {
            spec: {
              restartPolicy: 'OnFailure',
              containers: [{ name: 'task', image: busyboxImage, command: ['date'], resources: modest }],
            },
          },
        },
      },
    },
  }
  return {
    goals: [
      `Create a CronJob \`${name}\` in the namespace \`${namespace}\``,
      `Schedule the CronJob \`${name}\` in \`${namespace}\``,
      `Write a CronJob called \`${name}\` (namespace \`${namespace}\`)`,
    ],
    facts: [
      `It runs ${when}, written as \`${schedule}\`.`,
      `Its container \`task\` of the image \`${busyboxImage}\` runs the command \`date\` and is restarted when it fails.`,
      'It requests 10m of a processor and 16Mi of memory and is limited to 64Mi of memory.',
      ...(policy === 'Forbid' ? ['While one run is still going, the next is left out.'] : []),
      ...(policy === 'Replace' ? ['While one run is still going, the next takes its place.'] : []),
      ...(policy ? [`The last ${history} successful runs are kept.`] : []),
      ...(level === 'advanced'
        ? ['The times are those of `Etc/UTC`, and a run that is more than 120 seconds late is left out.']
        : []),
    ],
    spec: {
      namespace,
      objects: [
        {
          apiVersion: 'batch/v1',
          kind: 'CronJob',
          name,
          fields: [
            { at: 'spec.schedule', is: schedule },
            { at: 'spec.jobTemplate.spec.template.spec.containers[name=task].image', is: busyboxImage },
            { at: 'spec.jobTemplate.spec.template.spec.restartPolicy', is: 'OnFailure' },
            ...(policy
              ? [
                  { at: 'spec.concurrencyPolicy', is: policy },
                  { at: 'spec.successfulJobsHistoryLimit', is: history },
                ]
              : []),
            ...(level === 'advanced'
              ? [
                  { at: 'spec.timeZone', is: 'Etc/UTC' },
                  { at: 'spec.startingDeadlineSeconds', is: 120 },
                ]
              : []),
          ],
        },
      ],
      effects: [
        {
          admits: {
            object: {
              apiVersion: 'batch/v1',
              kind: 'Job',
              metadata: { name: `${name}-by-hand`, namespace },
              spec: object.spec.jobTemplate.spec,
            },
          },
        },
      ],
    },
    reference: [object],
    wrong: [
      {
        fails: 'L2',
        because: 'uses an API version that is long gone',
        answer: [{ ...object, apiVersion: 'batch/v1beta1' }],
      },
      {
        fails: 'L3',
        because: 'runs at another time',
        answer: [changed(object, (copy) => Object.assign(copy.spec, { schedule: '0 0 * * 0' }))],
      },
      {
        fails: 'runtime',
        because: 'names a time zone that does not exist',
        answer: [changed(object, (copy) => Object.assign(copy.spec, { timeZone: 'Mars/Olympus' }))].slice(
          0,
          level === 'advanced' ? 0 : 1,
        ),
      },
      {
        fails: 'L4',
        because: 'names no version of the image',
        answer: [
          changed(object, (copy) =>
            Object.assign(copy.spec.jobTemplate.spec.template.spec, {
              containers: [
                { name: 'task', image: busyboxImage, command: ['date'], resources: modest },
                { name: 'more', image: 'busybox', resources: modest },
              ],
            }),
          ),
        ],
      },
    ].filter(({ answer }) => answer.length > 0) as Draft['wrong'],
  }
}
