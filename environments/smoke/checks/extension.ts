import assert from 'node:assert/strict'
import type { KubeObject } from '../../../harness/base/kube-client.ts'
import type { SmokeTheme } from '../check.ts'
import { condition, isTrue } from '../observe.ts'
import { httpsServer } from '../programs.ts'
import type { SmokeContext } from '../smoke-context.ts'
import { tlsServer } from '../tls-server.ts'

export const extension: SmokeTheme = {
  theme: 'extension',
  checks: [
    {
      name: 'a custom resource is validated, defaulted and pruned by its schema',
      async run(ctx) {
        const crd = await define(ctx, [
          version('v1', { size: { type: 'integer', minimum: 1, default: 3 }, color: { type: 'string' } }),
        ])
        const made = await ctx.create(crd.object('a', { color: 'red', unknown: true }))
        assert.deepEqual(made['spec'], { color: 'red', size: 3 })
        const refusal = await ctx.refusal(ctx.create(crd.object('b', { size: 0 })))
        assert.match(refusal.message, /spec\.size.*greater than or equal to 1/)
      },
    },
    {
      name: 'CEL rules of a custom resource are enforced, transitions too',
      async run(ctx) {
        const crd = await define(ctx, [
          version(
            'v1',
            { min: { type: 'integer' }, max: { type: 'integer' }, kind: { type: 'string' } },
            {
              'x-kubernetes-validations': [
                { rule: 'self.min <= self.max', message: 'min is above max' },
                { rule: 'oldSelf.kind == self.kind', message: 'kind is for ever' },
              ],
            },
          ),
        ])
        assert.match(
          (await ctx.refusal(ctx.create(crd.object('a', { min: 2, max: 1, kind: 'x' })))).message,
          /min is above max/,
        )
        await ctx.create(crd.object('a', { min: 1, max: 2, kind: 'x' }))
        const changed = ctx.client.patch(crd.path('v1', 'a'), { spec: { kind: 'y' } })
        assert.match((await ctx.refusal(changed)).message, /kind is for ever/)
      },
    },
    {
      name: 'the status and scale subresources of a custom resource stand apart',
      async run(ctx) {
        const crd = await define(ctx, [
          {
            ...version('v1', { replicas: { type: 'integer' } }),
            subresources: {
              status: {},
              scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
            },
          },
        ])
        await ctx.create({ ...crd.object('a', { replicas: 1 }), status: { replicas: 9 } })
        const path = crd.path('v1', 'a')
        assert.equal((await ctx.client.get(path))['status'], undefined)
        await ctx.client.patch(`${path}/status`, { status: { replicas: 1 }, spec: { replicas: 7 } })
        await ctx.kubectl(['scale', `${crd.plural}.${crd.group}/a`, '--replicas=4'])
        const { spec, status, metadata } = await ctx.client.get(path)
        assert.deepEqual([spec, status, metadata.generation], [{ replicas: 4 }, { replicas: 1 }, 2])
      },
    },
    {
      name: 'a custom resource of two versions is served in both',
      async run(ctx) {
        const old = { ...version('v1beta1', { size: { type: 'integer' } }), storage: false }
        const crd = await define(ctx, [version('v1', { size: { type: 'integer' } }), old])
        await ctx.create(crd.object('a', { size: 5 }))
        const read = await ctx.client.get(crd.path('v1beta1', 'a'))
        assert.equal(read.apiVersion, `${crd.group}/v1beta1`)
        assert.deepEqual(read['spec'], { size: 5 })
      },
    },
    {
      name: 'custom resources have columns of their own, are watched, and go with their definition',
      async run(ctx) {
        const additionalPrinterColumns = [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }]
        const crd = await define(ctx, [{ ...version('v1', { size: { type: 'integer' } }), additionalPrinterColumns }])
        const seen = ctx.wait(crd.path('v1', 'a'), 'size 6', (o) => (o['spec'] as { size: number }).size === 6)
        await ctx.create(crd.object('a', { size: 5 }))
        await ctx.client.patch(crd.path('v1', 'a'), { spec: { size: 6 } })
        await seen
        assert.match(await ctx.kubectl(['get', `${crd.plural}.${crd.group}`]), /NAME\s+SIZE\na\s+6/)
        const definition = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd.plural}.${crd.group}`
        await ctx.client.delete(definition)
        await ctx.waitGone(definition)
        await ctx.until('it to be served no more', async () => !(await ctx.client.find(crd.path('v1', 'a'))))
      },
    },
    {
      name: 'an aggregated API is unavailable without its server and served with it',
      async run(ctx) {
        const group = `${ctx.namespace}.example.com`
        const apiService = {
          apiVersion: 'apiregistration.k8s.io/v1',
          kind: 'APIService',
          metadata: { name: `v1.${group}` },
          spec: {
            group,
            version: 'v1',
            groupPriorityMinimum: 1000,
            versionPriority: 10,
            service: { name: 'extension', namespace: ctx.namespace },
            insecureSkipTLSVerify: true,
          },
        }
        const path = `/apis/apiregistration.k8s.io/v1/apiservices/v1.${group}`
        await ctx.apply(apiService)
        const missing = await ctx.wait(path, 'to be unavailable', (a) => condition(a, 'Available')?.status === 'False')
        assert.equal(condition(missing, 'Available')!.reason, 'ServiceNotFound')
        const caBundle = await tlsServer(
          ctx,
          'extension',
          httpsServer(`
def answer(method, path, body):
  gv = '${group}/v1'
  if path == '/apis/${group}/v1':
    return 200, {'kind': 'APIResourceList', 'apiVersion': 'v1', 'groupVersion': gv, 'resources': [
      {'name': 'greetings', 'singularName': 'greeting', 'namespaced': False, 'kind': 'Greeting', 'verbs': ['get']}]}
  if path == '/apis/${group}/v1/greetings/hello':
    return 200, {'kind': 'Greeting', 'apiVersion': gv, 'metadata': {'name': 'hello'}, 'text': 'good day'}
  return 404, {'kind': 'Status', 'apiVersion': 'v1', 'status': 'Failure', 'reason': 'NotFound', 'code': 404}
`),
        )
        // a patch, because the API server itself writes the status all the time
        await ctx.client.patch(path, { spec: { caBundle, insecureSkipTLSVerify: null } })
        await ctx.wait(path, 'to be available', (a) => isTrue(a, 'Available'))
        const greeting = await ctx.until<KubeObject>('the answer', () =>
          ctx.client.get(`/apis/${group}/v1/greetings/hello`),
        )
        assert.equal(greeting['text'], 'good day')
        assert.match(await ctx.kubectl(['get', '--raw', `/apis/${group}/v1`]), /greetings/)
      },
    },
  ],
}

function version(
  name: string,
  spec: Record<string, unknown>,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    name,
    served: true,
    storage: true,
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: {
          spec: { type: 'object', properties: spec, ...more },
          status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    },
  }
}

/** Defines a resource in a group of the check's own and waits until it is served. */
async function define(
  ctx: SmokeContext,
  versions: Record<string, unknown>[],
): Promise<{
  group: string
  plural: string
  object: (name: string, spec: Record<string, unknown>) => KubeObject
  path: (version: string, name: string) => string
}> {
  const group = `${ctx.namespace}.example.com`
  const plural = 'gadgets'
  await ctx.apply({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' },
      versions,
      conversion: { strategy: 'None' },
    },
  })
  await ctx.wait(
    `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${group}`,
    'to be established',
    (c) => isTrue(c, 'Established'),
  )
  await ctx.until('it to be served', () => ctx.client.get(`/apis/${group}/v1/namespaces/${ctx.namespace}/${plural}`))
  return {
    group,
    plural,
    object: (name, spec) => ({ apiVersion: `${group}/v1`, kind: 'Gadget', metadata: { name }, spec }),
    path: (served, name) => ctx.path(`${group}/${served}/${plural}`, name),
  }
}
