import type { KubeObject } from '../../base/kube-client.ts'

/** One program of a world: what its Deployment or StatefulSet is made of. */
export interface Program {
  namespace: string
  name: string
  team: string
  replicas: number
  image: string
  args: string[]
  port: number
  /** Environment of its container, in the order in which it is written. */
  env?: Record<string, unknown>[]
  /** A program that has no HTTP to probe says how it is ready. */
  readiness?: Record<string, unknown>
  isStateful?: boolean
  isRecreated?: boolean
}

/** The one node of every world that is made here. */
export const nodeName = 'node-1'

export const echoImage = 'kubemend/echo:1'
export const busyboxImage = 'busybox:1.37'

export function namespaceOf(name: string, team: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { team, 'pod-security.kubernetes.io/enforce': 'baseline' } },
  }
}

/** A program's workload and its Service; a stateful one has a headless Service. */
export function objectsOf(program: Program, servicePort: number): KubeObject[] {
  const { namespace, name, team } = program
  return [
    workloadOf(program),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace, labels: { app: name, team } },
      spec: {
        ...(program.isStateful ? { clusterIP: 'None' } : {}),
        selector: { app: name },
        ports: [{ name: 'http', port: program.isStateful ? program.port : servicePort, targetPort: 'http' }],
      },
    },
  ]
}

function workloadOf(program: Program): KubeObject {
  const { namespace, name, team, replicas, image, args, port, env, isStateful, isRecreated } = program
  const labels = { app: name, team }
  const readiness = program.readiness ?? { httpGet: { path: '/readyz', port: 'http' } }
  const spec = {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels },
      spec: {
        terminationGracePeriodSeconds: 5,
        containers: [
          {
            name,
            image,
            args,
            ...(env ? { env } : {}),
            ports: [{ name: 'http', containerPort: port }],
            readinessProbe: { ...readiness, periodSeconds: 2 },
            resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '64Mi' } },
          },
        ],
      },
    },
  }
  if (isStateful) {
    return {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name, namespace, labels },
      spec: { serviceName: name, podManagementPolicy: 'Parallel', ...spec },
    }
  }
  // one pod goes before the next one comes: what a bad release does is seen at once
  const strategy = isRecreated
    ? { type: 'Recreate' }
    : { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: { strategy, ...spec },
  }
}

/** Somebody who asks a URL every two seconds and writes down what came of it. */
export function clientOf(client: {
  namespace: string
  name: string
  team: string
  url: string
  worked: string
  lost: string
}): KubeObject {
  const { namespace, name, team, url, worked, lost } = client
  const script = `trap 'exit 0' TERM
n=0
while true; do
  n=$((n + 1))
  if wget -q -O /dev/null -T 6 ${url} 2>/dev/null; then echo "$n: ${worked}"; else echo "$n: ${lost}"; fi
  sleep 2 &
  wait $!
done
`
  return shellDeployment({ namespace, name, team, replicas: 1, script })
}

/** A small program that a shell runs. */
export function shellDeployment(program: {
  namespace: string
  name: string
  team: string
  replicas: number
  script: string
  annotations?: Record<string, string>
}): KubeObject {
  const { namespace, name, team, replicas, script, annotations } = program
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: { app: name, team }, ...(annotations ? { annotations } : {}) },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name, team } },
        spec: {
          terminationGracePeriodSeconds: 5,
          containers: [
            {
              name,
              image: busyboxImage,
              command: ['sh', '-c'],
              args: [script],
              resources: { requests: { cpu: '10m', memory: '8Mi' }, limits: { memory: '32Mi' } },
            },
          ],
        },
      },
    },
  }
}
