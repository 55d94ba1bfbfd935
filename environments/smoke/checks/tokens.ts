import assert from 'node:assert/strict'
import { KubeClient, readAccess } from '../../../harness/base/kube-client.ts'
import type { SmokeTheme } from '../check.ts'
import { serviceAccount } from '../pods.ts'
import type { SmokeContext } from '../smoke-context.ts'

export const tokens: SmokeTheme = {
  theme: 'tokens',
  checks: [
    {
      name: 'a projected token has the audience and the lifetime that were asked for',
      async run(ctx) {
        await ctx.apply(serviceAccount('holder'))
        const token = await ctx.runScript('holder', 'cat /token/t', {
          container: { volumeMounts: [{ name: 'token', mountPath: '/token' }] },
          spec: {
            serviceAccountName: 'holder',
            volumes: [
              {
                name: 'token',
                projected: {
                  sources: [{ serviceAccountToken: { path: 't', audience: 'vault', expirationSeconds: 700 } }],
                },
              },
            ],
          },
        })
        const claims = claimsOf(token)
        assert.deepEqual(claims.aud, ['vault'])
        assert.equal(claims.sub, `system:serviceaccount:${ctx.namespace}:holder`)
        assert.equal(claims.exp - claims.iat, 700)
        assert.equal(claims['kubernetes.io'].pod?.name, 'holder')
      },
    },
    {
      name: 'a token review accepts a token for its audience only',
      async run(ctx) {
        await ctx.apply(serviceAccount('holder'))
        const token = await requestToken(ctx, 'holder', { audiences: ['vault'] })
        const good = await review(ctx, token, ['vault'])
        assert.equal(good.authenticated, true)
        assert.equal(good.user?.username, `system:serviceaccount:${ctx.namespace}:holder`)
        assert.notEqual((await review(ctx, token, ['other'])).authenticated, true)
        assert.notEqual((await review(ctx, `${token.slice(0, -8)}AAAAAAAA`, ['vault'])).authenticated, true)
      },
    },
    {
      name: 'a token dies with the pod or the account it is bound to',
      async run(ctx) {
        await ctx.apply(serviceAccount('holder'), serviceAccount('other'))
        await ctx.readyPod('bound', { spec: { serviceAccountName: 'holder' } })
        const pod = await ctx.client.get(ctx.path('pods', 'bound'))
        const boundObjectRef = { kind: 'Pod', apiVersion: 'v1', name: 'bound', uid: pod.metadata.uid }
        const ofPod = await requestToken(ctx, 'holder', { boundObjectRef })
        const ofAccount = await requestToken(ctx, 'other', {})
        assert.equal((await review(ctx, ofPod)).authenticated, true)
        assert.equal((await review(ctx, ofAccount)).authenticated, true)
        await ctx.client.delete(ctx.path('pods', 'bound'), { query: { gracePeriodSeconds: 0 } })
        await ctx.client.delete(ctx.path('serviceaccounts', 'other'))
        for (const token of [ofPod, ofAccount]) {
          await ctx.until('the token to be refused', async () => !(await review(ctx, token)).authenticated)
        }
      },
    },
    {
      name: 'a requested token is an identity of its own',
      async run(ctx) {
        await ctx.apply(serviceAccount('caller'))
        const token = await requestToken(ctx, 'caller', { expirationSeconds: 600 })
        using client = await clientWithToken(ctx, token)
        const self = await whoAmI(client)
        assert.equal(self, `system:serviceaccount:${ctx.namespace}:caller`)
        assert.equal((await ctx.refusal(client.list('/api/v1/nodes'))).status, 403)
        using stranger = await clientWithToken(ctx, `${token}x`)
        assert.equal((await ctx.refusal(stranger.list('/api/v1/nodes'))).status, 401)
      },
    },
    {
      name: 'a pod without automounting has no token',
      async run(ctx) {
        const log = await ctx.runScript('bare', 'ls /var/run/secrets/kubernetes.io 2>&1 || true', {
          spec: { automountServiceAccountToken: false },
        })
        assert.match(log, /No such file/)
      },
    },
  ],
}

interface Claims {
  aud: string[]
  sub: string
  exp: number
  iat: number
  'kubernetes.io': { pod?: { name: string } }
}

function claimsOf(token: string): Claims {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims
}

export async function requestToken(
  ctx: SmokeContext,
  account: string,
  spec: Record<string, unknown> = {},
): Promise<string> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec }
  const made = await ctx.client.create<{ status: { token: string } }>(
    ctx.path('serviceaccounts', account, 'token'),
    body,
  )
  return made.status.token
}

/** A client of the same server that has nothing but a token. */
export async function clientWithToken(ctx: SmokeContext, token: string): Promise<KubeClient> {
  const { server, ca } = await readAccess(ctx.cluster.kubeconfig)
  return new KubeClient({ server, ...(ca ? { ca } : {}), token })
}

export async function whoAmI(client: KubeClient): Promise<string> {
  const self = await client.create<{ status: { userInfo: { username: string } } }>(
    '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
  )
  return self.status.userInfo.username
}

async function review(
  ctx: SmokeContext,
  token: string,
  audiences?: string[],
): Promise<{ authenticated?: boolean; user?: { username: string } }> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token, audiences } }
  const answer = await ctx.client.create<{ status: { authenticated?: boolean; user?: { username: string } } }>(
    '/apis/authentication.k8s.io/v1/tokenreviews',
    body,
  )
  return answer.status
}
