import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { KubeClient } from '../base/kube-client.ts'
import { takeSnapshot } from './take-snapshot.ts'

const servers: http.Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

test('every listable kind is listed once, in its preferred version, without bookkeeping', async () => {
  const { client, asked } = await serve({
    '/api': discovery('', {
      v1: [
        ['pods', 'Pod'],
        ['events', 'Event'],
        ['bindings', 'Binding', ['create']],
      ],
    }),
    '/apis': discovery('apps', {
      v1: [['deployments', 'Deployment']],
      v1beta1: [
        ['deployments', 'Deployment'],
        ['olds', 'Old'],
      ],
    }),
    '/api/v1/pods': list('v1', 'PodList', [{ metadata: { name: 'web', namespace: 'shop', managedFields: [{}] } }]),
    '/apis/apps/v1/deployments': list('apps/v1', 'DeploymentList', [{ metadata: { name: 'web', namespace: 'shop' } }]),
    '/apis/apps/v1beta1/olds': list('apps/v1beta1', 'OldList', []),
  })
  const state = await takeSnapshot(client)
  expect(state.objects).toEqual([
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop' } },
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' } },
  ])
  expect(state.unreadable).toEqual([])
  expect(asked).not.toContain('/api/v1/events')
  expect(asked).not.toContain('/apis/apps/v1beta1/deployments')
  expect(asked).toContain('/apis/apps/v1beta1/olds')
})

test('a broken kind is recorded and the others are read', async () => {
  const { client } = await serve({
    '/api': discovery('', { v1: [['pods', 'Pod']] }),
    '/apis': discovery('broken.io', { v1: [['widgets', 'Widget']] }),
    '/api/v1/pods': list('v1', 'PodList', [{ metadata: { name: 'web', namespace: 'shop' } }]),
  })
  const state = await takeSnapshot(client)
  expect(state.objects).toHaveLength(1)
  expect(state.unreadable).toEqual([
    { group: 'broken.io', kind: 'Widget', because: expect.stringContaining('503') as string },
  ])
})

test('a group whose API service is down is recorded even though discovery does not show it', async () => {
  const { client } = await serve({
    '/api': discovery('', {}),
    '/apis': discovery('apiregistration.k8s.io', { v1: [['apiservices', 'APIService']] }),
    '/apis/apiregistration.k8s.io/v1/apiservices': list('apiregistration.k8s.io/v1', 'APIServiceList', [
      {
        metadata: { name: 'v1.down.io' },
        spec: { group: 'down.io' },
        status: { conditions: [{ type: 'Available', status: 'False', message: 'no endpoints' }] },
      },
    ]),
  })
  expect((await takeSnapshot(client)).unreadable).toEqual([{ group: 'down.io', kind: '*', because: 'no endpoints' }])
})

test('a server that cannot be reached is an error, not an empty cluster', async () => {
  const { client, server } = await serve({})
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await expect(takeSnapshot(client)).rejects.toThrow()
})

type Kinds = Record<string, [plural: string, kind: string, verbs?: string[]][]>

function discovery(group: string, versions: Kinds): unknown {
  return {
    items: [
      {
        metadata: { name: group },
        versions: Object.entries(versions).map(([version, kinds]) => ({
          version,
          resources: kinds.map(([resource, kind, verbs = ['get', 'list', 'watch']]) => ({
            resource,
            scope: 'Namespaced',
            verbs,
            responseKind: { group, kind },
          })),
        })),
      },
    ],
  }
}

function list(apiVersion: string, kind: string, items: unknown[]): unknown {
  return { apiVersion, kind, metadata: {}, items }
}

async function serve(
  answers: Record<string, unknown>,
): Promise<{ client: KubeClient; asked: string[]; server: http.Server }> {
  const asked: string[] = []
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://server')
    asked.push(pathname)
    const answer = answers[pathname]
    response.statusCode = answer === undefined ? 503 : 200
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify(answer ?? { kind: 'Status', message: 'the server is currently unable to handle the request' }),
    )
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { client: new KubeClient({ server: `http://127.0.0.1:${port}` }), asked, server }
}
