import assert from 'node:assert/strict'
import type { SmokeTheme } from '../check.ts'
import { condition } from '../observe.ts'
import { configMap, container, podManifest, service, workload } from '../pods.ts'
import { httpsServer } from '../programs.ts'
import { tlsServer } from '../tls-server.ts'

export const policy: SmokeTheme = {
  theme: 'policy',
  checks: [
    {
      name: 'a quota counts what there is and refuses more',
      async run(ctx) {
        await ctx.apply({
          apiVersion: 'v1',
          kind: 'ResourceQuota',
          metadata: { name: 'limit' },
          spec: { hard: { 'count/secrets': '1', pods: '1', 'requests.cpu': '100m' } },
        })
        const path = ctx.path('resourcequotas', 'limit')
        await ctx.wait(path, 'to be counted', (q) => 'used' in ((q['status'] as object | undefined) ?? {}))
        const small = (cpu: string) => ({ container: { resources: { requests: { cpu } } } })
        const refused = await ctx.refusal(ctx.create(podManifest('big', small('200m'))))
        assert.match(refused.message, /exceeded quota/)
        await ctx.create(podManifest('small', small('50m')))
        assert.match((await ctx.refusal(ctx.create(podManifest('second', small('10m'))))).message, /exceeded quota/)
        const quota = await ctx.wait(path, 'to count the pod', (q) => JSON.stringify(q['status']).includes('50m'))
        assert.equal((quota['status'] as { used: Record<string, string> }).used['pods'], '1')
      },
    },
    {
      name: 'a limit range gives defaults and refuses what is beyond it',
      async run(ctx) {
        await ctx.apply({
          apiVersion: 'v1',
          kind: 'LimitRange',
          metadata: { name: 'range' },
          spec: {
            limits: [
              {
                type: 'Container',
                default: { memory: '64Mi', cpu: '100m' },
                defaultRequest: { memory: '32Mi', cpu: '10m' },
                max: { memory: '128Mi' },
              },
            ],
          },
        })
        const made = await ctx.create(podManifest('plain'))
        const { resources } = (made['spec'] as { containers: { resources: unknown }[] }).containers[0]!
        assert.deepEqual(resources, {
          limits: { cpu: '100m', memory: '64Mi' },
          requests: { cpu: '10m', memory: '32Mi' },
        })
        const big = { container: { resources: { limits: { memory: '1Gi' } } } }
        assert.equal((await ctx.refusal(ctx.create(podManifest('big', big)))).status, 403)
      },
    },
    {
      name: 'PodSecurity refuses what its level forbids and warns where it only warns',
      async run(ctx) {
        const labels = {
          'pod-security.kubernetes.io/enforce': 'restricted',
          'pod-security.kubernetes.io/enforce-version': 'latest',
        }
        await ctx.client.patch(`/api/v1/namespaces/${ctx.namespace}`, { metadata: { labels } })
        const refusal = await ctx.refusal(ctx.create(podManifest('loose')))
        assert.match(refusal.message, /violates PodSecurity "restricted:latest"/)
        const securityContext = {
          runAsNonRoot: true,
          runAsUser: 1000,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          seccompProfile: { type: 'RuntimeDefault' },
        }
        await ctx.create(podManifest('tight', { container: { securityContext } }))
        await ctx.ready('tight')
        const warned = await ctx.tryKubectl(['create', 'deployment', 'loose', '--image=busybox:1.36'])
        assert.equal(warned.exitCode, 0)
        assert.match(warned.stderr, /would violate PodSecurity/)
        await ctx.wait(ctx.path('apps/v1/deployments', 'loose'), 'its pods to be refused', (d) =>
          /violates PodSecurity/.test(condition(d, 'ReplicaFailure')?.message ?? ''),
        )
      },
    },
    {
      name: 'a validating admission policy decides by its expression',
      async run(ctx) {
        const name = ctx.namespace
        await ctx.apply(
          {
            apiVersion: 'admissionregistration.k8s.io/v1',
            kind: 'ValidatingAdmissionPolicy',
            metadata: { name },
            spec: {
              failurePolicy: 'Fail',
              matchConstraints: {
                resourceRules: [
                  { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] },
                ],
              },
              validations: [
                {
                  expression: "!('color' in object.data) || object.data.color != 'green'",
                  message: 'green is not allowed',
                },
              ],
            },
          },
          {
            apiVersion: 'admissionregistration.k8s.io/v1',
            kind: 'ValidatingAdmissionPolicyBinding',
            metadata: { name },
            spec: {
              policyName: name,
              validationActions: ['Deny'],
              matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } },
            },
          },
        )
        let tries = 0
        await ctx.until('the policy to hold', async () => {
          const answer = await ctx.tryKubectl(['create', 'configmap', `try-${tries++}`, '--from-literal=color=green'])
          return answer.stderr.includes('green is not allowed')
        })
        await ctx.create(configMap('fine', { color: 'red' }))
      },
    },
    {
      name: 'webhooks change and refuse what is created',
      async run(ctx) {
        const name = ctx.namespace
        const caBundle = await tlsServer(
          ctx,
          'hook',
          httpsServer(`
import base64
def answer(method, path, review):
  uid, obj = review['request']['uid'], review['request']['object']
  response = {'uid': uid, 'allowed': True}
  if path == '/mutate':
    patch = [{'op': 'add', 'path': '/data/added', 'value': 'by the webhook'}]
    response.update(patchType='JSONPatch', patch=base64.b64encode(json.dumps(patch).encode()).decode())
  elif obj['data'].get('bad'): response.update(allowed=False, status={'code': 403, 'message': 'no bad things'}, warnings=['I looked'])
  return 200, {'apiVersion': 'admission.k8s.io/v1', 'kind': 'AdmissionReview', 'response': response}
`),
        )
        const hook = (path: string) => ({
          name: `${path}.smoke.example.com`,
          clientConfig: { service: { name: 'hook', namespace: name, path: `/${path}`, port: 443 }, caBundle },
          rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          timeoutSeconds: 5,
        })
        const registration = (kind: string, path: string) => ({
          apiVersion: 'admissionregistration.k8s.io/v1',
          kind,
          metadata: { name },
          webhooks: [hook(path)],
        })
        await ctx.apply(
          registration('MutatingWebhookConfiguration', 'mutate'),
          registration('ValidatingWebhookConfiguration', 'validate'),
        )
        let tries = 0
        await ctx.until('the webhook to be asked', async () => {
          const made = await ctx.create(configMap(`try-${tries++}`, { a: '1' }))
          return (made['data'] as Record<string, string>)['added'] === 'by the webhook'
        })
        const refusal = await ctx.refusal(ctx.create(configMap('bad', { bad: 'yes' })))
        assert.match(refusal.message, /no bad things/)
      },
    },
    {
      name: 'a webhook that nobody serves refuses or is passed over, as it says',
      async run(ctx) {
        const name = ctx.namespace
        const hook = (failurePolicy: string, resource: string) => ({
          name: `${resource}.smoke.example.com`,
          clientConfig: { service: { name: 'nobody', namespace: name } },
          rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: [resource] }],
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          timeoutSeconds: 2,
          failurePolicy,
        })
        await ctx.apply({
          apiVersion: 'admissionregistration.k8s.io/v1',
          kind: 'ValidatingWebhookConfiguration',
          metadata: { name },
          webhooks: [hook('Fail', 'configmaps'), hook('Ignore', 'secrets')],
        })
        await ctx.until('refusals', async () => {
          const answer = await ctx.tryKubectl(['create', 'configmap', 'any', '--dry-run=server'])
          return answer.stderr.includes('failed calling webhook')
        })
        await ctx.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'passed' } })
      },
    },
    {
      name: 'a deployment over quota says so and goes on when there is room',
      async run(ctx) {
        const quota = (pods: string) => ({
          apiVersion: 'v1',
          kind: 'ResourceQuota',
          metadata: { name: 'limit' },
          spec: { hard: { pods } },
        })
        await ctx.apply(quota('1'))
        await ctx.wait(ctx.path('resourcequotas', 'limit'), 'to be counted', (q) =>
          JSON.stringify(q['status']).includes('used'),
        )
        await ctx.apply(workload('Deployment', 'app', {}, { replicas: 2 }), service('app', 'app'))
        const path = ctx.path('apps/v1/deployments', 'app')
        await ctx.wait(path, 'to be told', (d) => /exceeded quota/.test(condition(d, 'ReplicaFailure')?.message ?? ''))
        await ctx.apply(quota('2'))
        await ctx.wait(path, 'two pods', (d) => (d['status'] as { readyReplicas?: number }).readyReplicas === 2)
      },
    },
    {
      name: 'pods that make no sense are refused with the field that is wrong',
      async run(ctx) {
        const twice = { spec: { containers: [container('same'), container('same')] } }
        assert.match(
          (await ctx.refusal(ctx.create(podManifest('twice', twice)))).message,
          /spec\.containers\[1\]\.name/,
        )
        const unknown = { ...podManifest('unknown'), spec: { containers: [container('a')], nodeNam: 'x' } }
        const strict = await ctx.refusal(
          ctx.client.create(ctx.path('pods'), unknown, { query: { fieldValidation: 'Strict' } }),
        )
        assert.match(strict.message, /unknown field "spec\.nodeNam"/)
      },
    },
  ],
}
