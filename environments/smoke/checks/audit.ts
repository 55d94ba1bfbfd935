import assert from 'node:assert/strict'
import { createReadStream } from 'node:fs'
import https from 'node:https'
import { createInterface } from 'node:readline'
import type { SmokeTheme } from '../check.ts'
import { configMap, secret, serviceAccount } from '../pods.ts'
import type { SmokeContext } from '../smoke-context.ts'
import { clientWithToken, requestToken } from './tokens.ts'

export const audit: SmokeTheme = {
  theme: 'audit',
  checks: [
    {
      name: 'a request is in the audit log with who, what and the answer',
      needs: ['auditLog'],
      async run(ctx) {
        await ctx.apply(serviceAccount('caller'))
        using caller = await clientWithToken(ctx, await requestToken(ctx, 'caller'))
        const body = configMap('audited', { a: '1' })
        await ctx.refusal(caller.patch(ctx.path('configmaps', 'audited'), body))
        await ctx.create(body)
        const user = `system:serviceaccount:${ctx.namespace}:caller`
        const events = await ctx.until('both requests in the log', async () => {
          const found = await auditEvents(ctx, '"audited"')
          return found.length >= 2 && found
        })
        const refused = events.find((event) => event.user.username === user)
        assert.equal(refused?.responseStatus?.code, 403)
        assert.equal(refused?.verb, 'patch')
        const made = events.find((event) => event.user.username !== user)
        assert.equal(made?.responseStatus?.code, 201)
        assert.deepEqual(made?.requestObject?.['data'], { a: '1' })
      },
    },
    {
      name: "a client's own audit ID is kept",
      needs: ['auditLog'],
      async run(ctx) {
        const id = crypto.randomUUID()
        const answered = await getWithAuditId(ctx, id)
        assert.equal(answered, id)
        await ctx.until('the request in the log', async () => (await auditEvents(ctx, id)).length > 0)
      },
    },
    {
      name: 'the values of secrets are not in the audit log',
      needs: ['auditLog'],
      async run(ctx) {
        if (ctx.cluster.spec.auditPolicy !== undefined) return
        const value = `value-${crypto.randomUUID()}`
        await ctx.create(secret('hidden', { value }))
        await ctx.until('the request in the log', async () => (await auditEvents(ctx, `"hidden"`)).length > 0)
        assert.deepEqual(await auditEvents(ctx, value), [])
        assert.deepEqual(await auditEvents(ctx, Buffer.from(value).toString('base64')), [])
      },
    },
  ],
}

interface AuditEvent {
  auditID: string
  verb: string
  user: { username: string }
  responseStatus?: { code: number }
  requestObject?: Record<string, unknown>
}

/** Events of the check's namespace, or with the given id, whose line has this text in it. */
async function auditEvents(ctx: SmokeContext, text: string): Promise<AuditEvent[]> {
  const found: AuditEvent[] = []
  for await (const line of createInterface({ input: createReadStream(ctx.cluster.auditLog!), crlfDelay: Infinity })) {
    const isOurs = line.includes(text) && line.includes(ctx.namespace)
    if (isOurs && line.endsWith('}')) found.push(JSON.parse(line) as AuditEvent)
  }
  return found
}

function getWithAuditId(ctx: SmokeContext, id: string): Promise<string | undefined> {
  const { server, ca, cert, key, token } = ctx.client.access
  const headers = { 'Audit-ID': id, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }
  const options = { headers, ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) }
  return new Promise((resolve, reject) => {
    const request = https.get(new URL(ctx.path('configmaps'), server), options, (response) => {
      response.resume()
      resolve(response.headers['audit-id'] as string | undefined)
    })
    request.on('error', reject)
  })
}
