import type { KubeObject } from '../../harness/base/kube-client.ts'

export const images = {
  busybox: 'busybox:1.36',
  python: 'python:3.13-slim',
  toolbox: 'kubemend/toolbox:1',
} as const

export interface PodOptions {
  labels?: Record<string, string>
  annotations?: Record<string, string>
  image?: keyof typeof images
  /** What the main container runs with `sh -c`; a pod without one waits until it is ended. */
  script?: string
  /** Fields of the main container. */
  container?: Record<string, unknown>
  /** Fields of the pod's spec. */
  spec?: Record<string, unknown>
}

/** A pod of one container `main` that is gone as soon as it is deleted. */
export function podManifest(name: string, options: PodOptions = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'Pod', ...podTemplate(options, name) }
}

/** The same as a template for workloads. */
export function podTemplate(
  options: PodOptions = {},
  name = '',
): { metadata: KubeObject['metadata']; spec: Record<string, unknown> } {
  const { labels, annotations } = options
  return {
    metadata: {
      ...(name === '' ? ({} as { name: string }) : { name }),
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
    },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [container('main', options)],
      ...options.spec,
    },
  }
}

export function container(name: string, options: PodOptions = {}): Record<string, unknown> {
  return {
    name,
    image: images[options.image ?? 'busybox'],
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-c', options.script ?? waitForever],
    ...options.container,
  }
}

/** A pod that answers every HTTP request on port 8080 with its own name. */
export function webServer(options: PodOptions = {}): PodOptions {
  return { script: serveHostname(8080), ...options, container: { ...promptlyReady(8080), ...options.container } }
}

export function serveHostname(port: number): string {
  return `mkdir -p /tmp/www; hostname >/tmp/www/index.html; exec httpd -f -p ${port} -h /tmp/www`
}

/** Ready as soon as the port is open. */
export function promptlyReady(port: number): Record<string, unknown> {
  return { readinessProbe: { tcpSocket: { port }, periodSeconds: 1 } }
}

/** Where the pod must run, whatever taints the node has. */
export function onNode(node: string): Record<string, unknown> {
  return { nodeSelector: { 'kubernetes.io/hostname': node }, tolerations: [{ operator: 'Exists' }] }
}

/** Waits as PID 1 in a way that SIGTERM ends. */
export const waitForever = 'trap "exit 0" TERM; while :; do sleep 3600 & wait $!; done'

export function service(
  name: string,
  app: string,
  spec: Record<string, unknown> = {},
  ports: Record<string, unknown>[] = [{ port: 80, targetPort: 8080 }],
): KubeObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: { app }, ports, ...spec } }
}

/** A Deployment, StatefulSet, DaemonSet or ReplicaSet whose pods are labelled `app: NAME`. */
export function workload(
  kind: 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'ReplicaSet',
  name: string,
  options: PodOptions = {},
  spec: Record<string, unknown> = {},
): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name },
    spec: {
      selector: { matchLabels: { app: name } },
      template: podTemplate({ ...options, labels: { app: name, ...options.labels } }),
      ...spec,
    },
  }
}

export function configMap(name: string, data: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data }
}

export function secret(name: string, stringData: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData }
}

export function serviceAccount(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } }
}
