import assert from 'node:assert/strict'
import type { SmokeTheme } from '../check.ts'
import { service, webServer } from '../pods.ts'
import { client, eventually } from '../ask.ts'

export const dns: SmokeTheme = {
  theme: 'dns',
  checks: [
    {
      name: 'a service is found by its short, longer and full names',
      async run(ctx) {
        await ctx.pod('web', webServer({ labels: { app: 'web' } }))
        await ctx.apply(service('web', 'web'))
        await client(ctx)
        const ns = ctx.namespace
        for (const name of ['web', `web.${ns}`, `web.${ns}.svc`, `web.${ns}.svc.cluster.local`]) {
          await eventually(ctx, `curl -sm2 http://${name}`, 'web')
        }
      },
    },
    {
      name: "a headless service's name gives every pod's address",
      async run(ctx) {
        await ctx.pod('web-a', { labels: { app: 'web' } })
        await ctx.pod('web-b', { labels: { app: 'web' } })
        await ctx.apply(service('web', 'web', { clusterIP: 'None' }))
        await client(ctx)
        const ips = [(await ctx.ready('web-a')).status!.podIP!, (await ctx.ready('web-b')).status!.podIP!]
        await eventually(ctx, 'dig +short +search web | sort', ips.toSorted().join('\n'))
      },
    },
    {
      name: 'a pod with hostname and subdomain has a name of its own',
      async run(ctx) {
        await ctx.pod('web', { labels: { app: 'web' }, spec: { hostname: 'alpha', subdomain: 'sub' } })
        await ctx.apply(service('sub', 'web', { clusterIP: 'None' }))
        await client(ctx)
        const { status } = await ctx.ready('web')
        await eventually(ctx, 'dig +short +search alpha.sub', status!.podIP!)
        assert.equal(await ctx.sh('web', 'hostname -f'), `alpha.sub.${ctx.namespace}.svc.cluster.local`)
      },
    },
    {
      name: 'pods that are not ready are named only where a service publishes them',
      async run(ctx) {
        const never = { labels: { app: 'web' }, container: { readinessProbe: { exec: { command: ['false'] } } } }
        await ctx.pod('web', never)
        await ctx.apply(
          service('hidden', 'web', { clusterIP: 'None' }),
          service('shown', 'web', { clusterIP: 'None', publishNotReadyAddresses: true }),
        )
        await client(ctx)
        const pod = await ctx.wait(ctx.path('pods', 'web'), 'an address', (p) => 'podIP' in (p['status'] as object))
        await eventually(ctx, 'dig +short +search shown', (pod['status'] as { podIP: string }).podIP)
        assert.equal(await ctx.sh('client', 'dig +short +search hidden'), '')
      },
    },
    {
      name: 'named ports have SRV records',
      async run(ctx) {
        await ctx.apply(service('web', 'web', {}, [{ name: 'http', port: 8123 }]))
        await client(ctx)
        const name = `web.${ctx.namespace}.svc.cluster.local`
        await eventually(ctx, `dig +short SRV _http._tcp.${name}`, `0 100 8123 ${name}.`)
      },
    },
    {
      name: 'an ExternalName service is an alias',
      async run(ctx) {
        const spec = { type: 'ExternalName', externalName: 'kubernetes.default.svc.cluster.local' }
        await ctx.apply({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'alias' }, spec })
        await client(ctx)
        await eventually(
          ctx,
          `dig +short alias.${ctx.namespace}.svc.cluster.local CNAME`,
          'kubernetes.default.svc.cluster.local.',
        )
      },
    },
    {
      name: "a service's address leads back to its name",
      async run(ctx) {
        const made = await ctx.apply(service('web', 'web'))
        await client(ctx)
        const { clusterIP } = made['spec'] as { clusterIP: string }
        await eventually(ctx, `dig +short -x ${clusterIP}`, `web.${ctx.namespace}.svc.cluster.local.`)
      },
    },
    {
      name: 'names that do not exist are denied at once, inside the cluster and outside',
      async run(ctx) {
        await client(ctx)
        for (const name of ['nobody.default.svc.cluster.local', 'nobody.invalid']) {
          const answer = await ctx.sh('client', `dig +tries=1 +time=3 ${name}`)
          assert.match(answer, /status: (NXDOMAIN|REFUSED|SERVFAIL)/)
          const ms = Number(/Query time: (\d+) msec/.exec(answer)?.[1])
          assert.ok(ms < 1000, `${name} took ${ms} ms`)
        }
      },
    },
    {
      name: "a pod's own DNS settings and host aliases are obeyed",
      async run(ctx) {
        const log = await ctx.runScript('own', 'cat /etc/resolv.conf; getent hosts db || grep db /etc/hosts', {
          spec: {
            dnsPolicy: 'None',
            dnsConfig: {
              nameservers: ['192.0.2.1'],
              searches: ['example.test'],
              options: [{ name: 'ndots', value: '3' }],
            },
            hostAliases: [{ ip: '192.0.2.7', hostnames: ['db'] }],
          },
        })
        for (const line of [/nameserver 192\.0\.2\.1/, /search example\.test/, /ndots:3/, /192\.0\.2\.7\s+db/]) {
          assert.match(log, line)
        }
      },
    },
  ],
}
