import assert from 'node:assert/strict'
import type { SmokeTheme } from '../check.ts'
import { isPodReady, isTrue, type PodObject } from '../observe.ts'
import { container, podManifest, service, serveHostname } from '../pods.ts'
import { grpcHealthServer } from '../programs.ts'
import type { SmokeContext } from '../smoke-context.ts'

export const probes: SmokeTheme = {
  theme: 'probes',
  checks: [
    {
      name: 'a readiness probe decides who gets traffic',
      async run(ctx) {
        const probe = { exec: { command: ['test', '-e', '/tmp/ready'] }, periodSeconds: 1 }
        await ctx.pod('web', {
          labels: { app: 'web' },
          script: serveHostname(8080),
          container: { readinessProbe: probe },
        })
        await ctx.apply(service('web', 'web'))
        await ctx.wait<PodObject>(ctx.path('pods', 'web'), 'to run', (pod) => pod.status?.phase === 'Running')
        await readyEndpoints(ctx, 'web', 0)
        await ctx.sh('web', 'touch /tmp/ready')
        await readyEndpoints(ctx, 'web', 1)
        await ctx.sh('web', 'rm /tmp/ready')
        await readyEndpoints(ctx, 'web', 0)
      },
    },
    {
      name: 'a failing liveness probe restarts the container, and only it',
      async run(ctx) {
        await ctx.apply(
          podManifest('pair', {
            spec: {
              containers: [
                container('sick', {
                  script: 'sleep 3600',
                  container: {
                    livenessProbe: { exec: { command: ['false'] }, periodSeconds: 1, failureThreshold: 2 },
                  },
                }),
                container('well'),
              ],
            },
          }),
        )
        const pod = await ctx.wait<PodObject>(
          ctx.path('pods', 'pair'),
          'the sick container to be restarted',
          (p) => (p.status?.containerStatuses?.find((c) => c.name === 'sick')?.restartCount ?? 0) > 0,
        )
        assert.equal(pod.status!.containerStatuses!.find((c) => c.name === 'well')!.restartCount, 0)
      },
    },
    {
      name: 'a startup probe holds the other probes back',
      async run(ctx) {
        const pod = await ctx.readyPod('slow', {
          script: 'sleep 4; touch /tmp/up; sleep 3600',
          container: {
            startupProbe: { exec: { command: ['test', '-e', '/tmp/up'] }, periodSeconds: 1, failureThreshold: 30 },
            livenessProbe: { exec: { command: ['test', '-e', '/tmp/up'] }, periodSeconds: 1, failureThreshold: 1 },
          },
        })
        assert.equal(pod.status!.containerStatuses![0]!.restartCount, 0)
      },
    },
    {
      name: 'HTTP, TCP and exec probes tell a served port from a closed one',
      async run(ctx) {
        const byName = {
          'http-up': { httpGet: { path: '/', port: 8080 } },
          'http-missing': { httpGet: { path: '/missing', port: 8080 } },
          'tcp-up': { tcpSocket: { port: 8080 } },
          'tcp-down': { tcpSocket: { port: 8081 } },
          'exec-up': { exec: { command: ['true'] } },
          'exec-down': { exec: { command: ['false'] } },
        }
        const containers = Object.entries(byName).map(([name, probe]) =>
          container(name, {
            script: name === 'http-up' ? serveHostname(8080) : 'sleep 3600',
            container: { readinessProbe: { ...probe, periodSeconds: 1 } },
          }),
        )
        await ctx.pod('probed', { spec: { containers } })
        const up = ['exec-up', 'http-up', 'tcp-up']
        const pod = await ctx.wait<PodObject>(ctx.path('pods', 'probed'), 'what works to be ready', (p) =>
          up.every((name) => p.status?.containerStatuses?.find((c) => c.name === name)?.ready),
        )
        const ready = pod.status!.containerStatuses!.filter((c) => c.ready).map((c) => c.name)
        assert.deepEqual(ready.toSorted(), up)
      },
    },
    {
      name: 'a gRPC probe asks the health service',
      async run(ctx) {
        const probing = (asked: string) => ({
          image: 'python' as const,
          container: {
            command: ['python3', '-uc', grpcHealthServer],
            readinessProbe: { grpc: { port: 9000, service: asked }, periodSeconds: 1 },
          },
        })
        await ctx.pod('serving', probing('good'))
        await ctx.pod('not-serving', probing('bad'))
        await ctx.ready('serving')
        await ctx.waitForList(
          ctx.path('events'),
          'the refused probe',
          (events) => events.some((e) => String(e['message']).includes('NOT_SERVING')),
          { fieldSelector: 'involvedObject.name=not-serving' },
        )
      },
    },
    {
      name: 'a readiness gate waits for its condition',
      async run(ctx) {
        await ctx.pod('gated', { spec: { readinessGates: [{ conditionType: 'example.com/warm' }] } })
        const path = ctx.path('pods', 'gated')
        const before = await ctx.wait(path, 'its containers to be ready', (pod) => isTrue(pod, 'ContainersReady'))
        assert.equal(isPodReady(before), false)
        await ctx.client.patch(
          `${path}/status`,
          { status: { conditions: [{ type: 'example.com/warm', status: 'True' }] } },
          { contentType: 'application/strategic-merge-patch+json' },
        )
        await ctx.ready('gated')
      },
    },
  ],
}

async function readyEndpoints(ctx: SmokeContext, name: string, count: number): Promise<void> {
  await ctx.waitForList(
    ctx.path('discovery.k8s.io/v1/endpointslices'),
    `${count} ready endpoints`,
    (slices) => {
      const endpoints = slices.flatMap((s) => (s['endpoints'] ?? []) as { conditions: { ready: boolean } }[])
      return endpoints.length === 1 && endpoints.filter((e) => e.conditions.ready).length === count
    },
    { labelSelector: `kubernetes.io/service-name=${name}` },
  )
}
