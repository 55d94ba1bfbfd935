import assert from 'node:assert/strict'
import type { SmokeTheme } from '../check.ts'
import { onNode, service, webServer, workload } from '../pods.ts'
import type { SmokeContext } from '../smoke-context.ts'
import { client, eventually } from '../ask.ts'

export const services: SmokeTheme = {
  theme: 'services',
  checks: [
    {
      name: 'a ClusterIP service reaches every pod behind it',
      async run(ctx) {
        await twoServers(ctx)
        await ctx.apply(service('web', 'web'))
        await client(ctx)
        await eventually(ctx, 'for i in $(seq 8); do curl -sm2 http://web; done | sort -u', 'web-a\nweb-b')
      },
    },
    {
      name: 'a named target port may be another number in every pod',
      async run(ctx) {
        const named = (port: number) => ({
          labels: { app: 'web' },
          script: `mkdir /tmp/www; hostname >/tmp/www/index.html; exec httpd -f -p ${port} -h /tmp/www`,
          container: { ports: [{ name: 'web', containerPort: port }] },
        })
        await ctx.pod('web-a', named(8080))
        await ctx.pod('web-b', named(9090))
        await ctx.apply(service('web', 'web', {}, [{ port: 80, targetPort: 'web' }]))
        await client(ctx)
        await eventually(ctx, 'for i in $(seq 8); do curl -sm2 http://web; done | sort -u', 'web-a\nweb-b')
      },
    },
    {
      name: 'a NodePort answers on every node, wherever client and pod are',
      async run(ctx) {
        await ctx.pod('web', webServer({ labels: { app: 'web' }, spec: onNode(ctx.worker.name) }))
        const made = await ctx.apply(service('web', 'web', { type: 'NodePort' }))
        const { nodePort } = (made['spec'] as { ports: { nodePort: number }[] }).ports[0]!
        for (const [i, node] of ctx.nodes.entries()) {
          await ctx.pod(`client-${i}`, { image: 'toolbox', spec: onNode(node.name) })
        }
        await ctx.ready('web', ...ctx.nodes.map((_, i) => `client-${i}`))
        for (const i of ctx.nodes.keys()) {
          for (const node of ctx.nodes) {
            await eventually(ctx, `curl -sm2 http://${node.ip}:${nodePort}`, 'web', `client-${i}`)
          }
        }
      },
    },
    {
      name: 'externalTrafficPolicy Local keeps the address of the client',
      async run(ctx) {
        await ctx.pod('web', {
          labels: { app: 'web' },
          script: `mkdir -p /tmp/www/cgi-bin; cd /tmp/www/cgi-bin
printf '#!/bin/sh\\necho; echo $REMOTE_ADDR' >who; chmod +x who; exec httpd -f -p 8080 -h /tmp/www`,
        })
        const made = await ctx.apply(service('web', 'web', { type: 'NodePort', externalTrafficPolicy: 'Local' }))
        const { nodePort } = (made['spec'] as { ports: { nodePort: number }[] }).ports[0]!
        const { status } = await ctx.ready('web')
        const { status: clientStatus } = await client(ctx)
        const seen = `curl -sm2 http://${status!.hostIP}:${nodePort}/cgi-bin/who | sed 's/.*:ffff://; s/\\]$//'`
        await eventually(ctx, seen, clientStatus!.podIP!)
      },
    },
    {
      name: 'a service without selector leads to a hand-made EndpointSlice',
      async run(ctx) {
        const { status } = await ctx.readyPod('web', webServer())
        await ctx.apply(
          { apiVersion: 'v1', kind: 'Service', metadata: { name: 'manual' }, spec: { ports: [{ port: 80 }] } },
          {
            apiVersion: 'discovery.k8s.io/v1',
            kind: 'EndpointSlice',
            metadata: { name: 'manual-1', labels: { 'kubernetes.io/service-name': 'manual' } },
            addressType: 'IPv4',
            ports: [{ port: 8080, protocol: 'TCP' }],
            endpoints: [{ addresses: [status!.podIP], conditions: { ready: true } }],
          },
        )
        await client(ctx)
        await eventually(ctx, 'curl -sm2 http://manual', 'web')
      },
    },
    {
      name: 'session affinity keeps a client with one pod',
      async run(ctx) {
        await twoServers(ctx)
        await ctx.apply(service('web', 'web', { sessionAffinity: 'ClientIP' }))
        await client(ctx)
        await eventually(ctx, 'for i in $(seq 20); do curl -sm2 http://web; done | sort -u | wc -l', '1')
      },
    },
    {
      name: 'internalTrafficPolicy Local keeps traffic on its node',
      needs: ['multipleNodes'],
      async run(ctx) {
        await ctx.pod('web', webServer({ labels: { app: 'web' }, spec: onNode(ctx.worker.name) }))
        await ctx.pod('near', { image: 'toolbox', spec: onNode(ctx.worker.name) })
        await ctx.pod('far', { image: 'toolbox', spec: onNode(ctx.otherNode.name) })
        await ctx.apply(service('web', 'web', { internalTrafficPolicy: 'Local' }))
        await ctx.ready('web', 'near', 'far')
        await ctx.until(
          'the near pod to get an answer',
          async () => (await ctx.sh('near', 'curl -sm2 http://web')) === 'web',
        )
        const far = await ctx.trySh('far', 'curl -sm2 http://web')
        assert.notEqual(far.exitCode, 0, 'a pod on another node got an answer')
      },
    },
    {
      name: 'a UDP service carries datagrams both ways',
      async run(ctx) {
        await ctx.pod('udp', {
          image: 'python',
          labels: { app: 'udp' },
          container: {
            command: [
              'python3',
              '-uc',
              'import socket\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\ns.bind(("",9999))\nwhile 1:\n  d,a=s.recvfrom(999)\n  s.sendto(d.upper(),a)',
            ],
          },
        })
        await ctx.apply(service('udp', 'udp', {}, [{ port: 99, targetPort: 9999, protocol: 'UDP' }]))
        await client(ctx)
        await ctx.ready('udp')
        await eventually(ctx, 'echo hello | nc -u -w1 udp 99', 'HELLO')
      },
    },
    {
      name: 'a service may have several ports',
      async run(ctx) {
        await ctx.pod('web', {
          labels: { app: 'web' },
          script: `for p in 8081 8082; do mkdir -p /tmp/$p; echo $p >/tmp/$p/index.html; httpd -p $p -h /tmp/$p; done; sleep 3600`,
        })
        const ports = [
          { name: 'one', port: 1, targetPort: 8081 },
          { name: 'two', port: 2, targetPort: 8082 },
        ]
        await ctx.apply(service('web', 'web', {}, ports))
        await client(ctx)
        await eventually(ctx, 'curl -sm2 http://web:1; curl -sm2 http://web:2', '8081\n8082')
      },
    },
    {
      name: 'a service without ready pods refuses at once',
      async run(ctx) {
        await ctx.apply(service('nobody', 'nobody'))
        await client(ctx)
        const answer = await ctx.until('the refusal', async () => {
          const said = await ctx.sh('client', 'curl -sm5 -o /dev/null -w "%{time_total}" http://nobody; echo " $?"')
          return /^\S+ 7$/.test(said) && said
        })
        assert.ok(Number.parseFloat(answer) < 1, `it took ${answer} s`)
      },
    },
    {
      name: 'a pod reaches itself through its own service',
      async run(ctx) {
        await ctx.apply(service('self', 'web'))
        await ctx.readyPod('web', webServer({ labels: { app: 'web' } }))
        await ctx.until('an answer', async () => (await ctx.sh('web', 'wget -qO- -T2 http://self')) === 'web')
      },
    },
    {
      name: 'a pod that loses its label gets no more traffic',
      async run(ctx) {
        await twoServers(ctx)
        await ctx.apply(service('web', 'web'))
        await client(ctx)
        const everyone = 'for i in $(seq 8); do curl -sm2 http://web; done | sort -u'
        await eventually(ctx, everyone, 'web-a\nweb-b')
        await ctx.client.patch(ctx.path('pods', 'web-a'), { metadata: { labels: { app: 'other' } } })
        await eventually(ctx, everyone, 'web-b')
      },
    },
    {
      name: 'a service gets the address it asks for, and nobody gets it twice',
      async run(ctx) {
        const made = await ctx.apply(service('any', 'any'))
        const { clusterIP } = made['spec'] as { clusterIP: string }
        const { status } = await ctx.refusal(ctx.apply(service('same', 'same', { clusterIP })))
        assert.equal(status, 422)
        await ctx.client.delete(ctx.path('services', 'any'))
        await ctx.until('the address to be free', async () => ctx.apply(service('same', 'same', { clusterIP })))
      },
    },
    {
      name: 'a Deployment behind a service serves without a gap while it rolls',
      async run(ctx) {
        const serving = (version: string) =>
          workload(
            'Deployment',
            'web',
            {
              script: `mkdir /tmp/www; echo ${version} >/tmp/www/index.html; trap 'sleep 2; exit' TERM; httpd -f -p 8080 -h /tmp/www & wait; wait`,
              container: { readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 } },
              spec: { terminationGracePeriodSeconds: 10 },
            },
            { replicas: 2, strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } },
          )
        await ctx.apply(serving('one'), service('web', 'web'))
        await client(ctx)
        await eventually(ctx, 'curl -sm2 http://web', 'one')
        const requests = ctx.sh(
          'client',
          'while :; do a=$(curl -sm3 http://web) || echo FAILED; echo $a; [ -e /tmp/stop ] && exit; sleep 0.05; done | sort | uniq -c',
        )
        await ctx.apply(serving('two'))
        await ctx.kubectl(['rollout', 'status', 'deployment/web', '--timeout=60s'])
        await ctx.sh('client', 'sleep 0.5; touch /tmp/stop')
        const seen = await requests
        assert.match(seen, / two$/m)
        assert.doesNotMatch(seen, /FAILED/)
      },
    },
  ],
}

async function twoServers(ctx: SmokeContext): Promise<void> {
  const nodes = [ctx.worker, ctx.nodes.find((node) => node.name !== ctx.worker.name) ?? ctx.worker]
  for (const [i, node] of nodes.entries()) {
    await ctx.pod(`web-${'ab'[i]}`, webServer({ labels: { app: 'web' }, spec: onNode(node.name) }))
  }
}
