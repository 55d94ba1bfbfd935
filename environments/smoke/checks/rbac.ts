import assert from 'node:assert/strict'
import type { KubeClient, KubeObject } from '../../../harness/base/kube-client.ts'
import type { SmokeTheme } from '../check.ts'
import { configMap, serviceAccount } from '../pods.ts'
import type { SmokeContext } from '../smoke-context.ts'
import { clientWithToken, requestToken } from './tokens.ts'

const authorization = 'rbac.authorization.k8s.io'

export const rbac: SmokeTheme = {
  theme: 'rbac',
  checks: [
    {
      name: 'a role allows what it says and nothing else',
      async run(ctx) {
        using reader = await account(ctx, 'reader', [
          { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list'] },
        ])
        await ctx.apply(configMap('open', { a: '1' }))
        await ctx.until('the role to hold', async () => reader.find(ctx.path('configmaps', 'open')))
        assert.equal((await ctx.refusal(reader.get(ctx.path('secrets', 'any')))).status, 403)
        assert.equal((await ctx.refusal(reader.delete(ctx.path('configmaps', 'open')))).status, 403)
        assert.equal((await ctx.refusal(reader.list('/api/v1/configmaps'))).status, 403)
        const as = `--as=system:serviceaccount:${ctx.namespace}:reader`
        assert.equal(await ctx.kubectl(['auth', 'can-i', 'list', 'configmaps', as]), 'yes')
        assert.equal((await ctx.tryKubectl(['auth', 'can-i', 'delete', 'configmaps', as])).stdout.trim(), 'no')
      },
    },
    {
      name: 'a rule may be about one object by name, or one subresource',
      async run(ctx) {
        using reader = await account(ctx, 'reader', [
          { apiGroups: [''], resources: ['configmaps'], resourceNames: ['this'], verbs: ['get'] },
          { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
        ])
        await ctx.apply(configMap('this', {}), configMap('that', {}))
        await ctx.readyPod('speaks', { script: 'echo words; sleep 3600' })
        await ctx.until('the role to hold', async () => reader.find(ctx.path('configmaps', 'this')))
        assert.equal((await ctx.refusal(reader.get(ctx.path('configmaps', 'that')))).status, 403)
        await ctx.until('the log', async () => {
          return (await reader.requestText('GET', ctx.path('pods', 'speaks', 'log'))).trim() === 'words'
        })
        assert.equal((await ctx.refusal(reader.get(ctx.path('pods', 'speaks')))).status, 403)
      },
    },
    {
      name: 'an aggregated cluster role gathers the rules of those it selects',
      async run(ctx) {
        const label = `smoke.example.com/${ctx.namespace}`
        await ctx.apply(
          {
            apiVersion: `${authorization}/v1`,
            kind: 'ClusterRole',
            metadata: { name: `${ctx.namespace}-all` },
            aggregationRule: { clusterRoleSelectors: [{ matchLabels: { 'smoke-part': ctx.namespace } }] },
            rules: [],
          },
          {
            apiVersion: `${authorization}/v1`,
            kind: 'ClusterRole',
            metadata: { name: `${ctx.namespace}-part`, labels: { 'smoke-part': ctx.namespace } },
            rules: [{ apiGroups: [label.split('/')[0]], resources: ['things'], verbs: ['get'] }],
          },
        )
        await ctx.wait(`/apis/${authorization}/v1/clusterroles/${ctx.namespace}-all`, 'the rules', (role) =>
          JSON.stringify(role['rules'] ?? []).includes('things'),
        )
      },
    },
    {
      name: 'nobody gives away more than they have',
      async run(ctx) {
        using climber = await account(ctx, 'climber', [
          { apiGroups: [authorization], resources: ['roles', 'rolebindings'], verbs: ['create', 'get'] },
          { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] },
        ])
        const role = (resource: string) => ({
          apiVersion: `${authorization}/v1`,
          kind: 'Role',
          metadata: { name: `can-${resource}` },
          rules: [{ apiGroups: [''], resources: [resource], verbs: ['get'] }],
        })
        const roles = ctx.path(`${authorization}/v1/roles`)
        await ctx.until('the role to hold', async () => climber.create(roles, role('configmaps')))
        assert.match(
          (await ctx.refusal(climber.create(roles, role('secrets')))).message,
          /attempting to grant RBAC permissions not currently held/,
        )
        const bind = climber.create(ctx.path(`${authorization}/v1/rolebindings`), {
          apiVersion: `${authorization}/v1`,
          kind: 'RoleBinding',
          metadata: { name: 'up' },
          roleRef: { apiGroup: authorization, kind: 'ClusterRole', name: 'cluster-admin' },
        })
        assert.equal((await ctx.refusal(bind)).status, 403)
      },
    },
    {
      name: 'impersonation is for those who may, and is what the server then sees',
      async run(ctx) {
        const who = await ctx.kubectl(['auth', 'whoami', '-o', 'json', '--as=alice', '--as-group=painters'])
        const { userInfo } = (JSON.parse(who) as { status: { userInfo: { username: string; groups: string[] } } })
          .status
        assert.equal(userInfo.username, 'alice')
        assert.ok(userInfo.groups.includes('painters'))
        await ctx.apply(serviceAccount('nobody'))
        const token = await requestToken(ctx, 'nobody')
        using caller = await clientWithToken(ctx, token)
        const headers = { 'Impersonate-User': 'alice' }
        const refusal = await ctx.refusal(caller.get(ctx.path('configmaps'), { headers }))
        assert.match(refusal.message, /cannot impersonate/)
      },
    },
    {
      name: 'a signed certificate is an identity',
      async run(ctx) {
        await ctx.readyPod('keys', { image: 'toolbox' })
        const request = await ctx.sh(
          'keys',
          'openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /tmp/k -subj "/O=painters/CN=bob" 2>/dev/null',
        )
        const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
        const made = await ctx.create({
          apiVersion: 'certificates.k8s.io/v1',
          kind: 'CertificateSigningRequest',
          metadata: { name: ctx.namespace },
          spec: {
            request: Buffer.from(`${request}\n`).toString('base64'),
            signerName: 'kubernetes.io/kube-apiserver-client',
            usages: ['client auth'],
          },
        })
        assert.equal(made.kind, 'CertificateSigningRequest')
        await ctx.kubectl(['certificate', 'approve', ctx.namespace])
        const signed = await ctx.wait<KubeObject & { status: { certificate?: string } }>(
          `${path}/${ctx.namespace}`,
          'to be signed',
          (csr) => csr.status.certificate !== undefined,
        )
        const cert = Buffer.from(signed.status.certificate!, 'base64').toString()
        const ask = `cat >/tmp/c && curl -sS --cacert /var/run/secrets/kubernetes.io/serviceaccount/ca.crt --cert /tmp/c --key /tmp/k -H 'Content-Type: application/json' -d '{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}' https://kubernetes.default/apis/authentication.k8s.io/v1/selfsubjectreviews | jq -r .status.userInfo.username`
        assert.equal(await ctx.kubectl(['exec', '-i', 'keys', '--', 'sh', '-c', ask], { stdin: cert }), 'bob')
      },
    },
  ],
}

/** A client with the identity of a new service account that has these rules in the check's namespace. */
async function account(ctx: SmokeContext, name: string, rules: unknown[]): Promise<KubeClient> {
  await ctx.apply(
    serviceAccount(name),
    { apiVersion: `${authorization}/v1`, kind: 'Role', metadata: { name }, rules },
    {
      apiVersion: `${authorization}/v1`,
      kind: 'RoleBinding',
      metadata: { name },
      roleRef: { apiGroup: authorization, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: ctx.namespace }],
    },
  )
  return clientWithToken(ctx, await requestToken(ctx, name))
}
