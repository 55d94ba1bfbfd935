import assert from 'node:assert/strict'
import type { SmokeTheme } from '../check.ts'
import { onNode, service, serviceAccount, webServer } from '../pods.ts'
import { client, eventually } from '../ask.ts'

export const network: SmokeTheme = {
  theme: 'network',
  checks: [
    {
      name: 'pods on different nodes see each other under their own addresses',
      needs: ['multipleNodes'],
      async run(ctx) {
        await ctx.pod('server', {
          image: 'python',
          spec: onNode(ctx.worker.name),
          container: {
            command: [
              'python3',
              '-uc',
              'import socket\ns=socket.create_server(("",8080))\nwhile 1:\n  c,a=s.accept()\n  c.sendall(a[0].encode());c.close()',
            ],
            readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
          },
        })
        await ctx.pod('client', { image: 'toolbox', spec: onNode(ctx.otherNode.name) })
        const server = await ctx.ready('client', 'server')
        const { status } = await ctx.ready('client')
        assert.equal(await ctx.sh('client', `nc -w2 ${server.status!.podIP} 8080`), status!.podIP)
      },
    },
    {
      name: 'large answers cross nodes whole',
      needs: ['multipleNodes'],
      async run(ctx) {
        await ctx.pod('server', {
          labels: { app: 'server' },
          script:
            'mkdir /tmp/www; head -c 8000000 /dev/zero | tr "\\0" x >/tmp/www/big; exec httpd -f -p 8080 -h /tmp/www',
          spec: onNode(ctx.worker.name),
        })
        await ctx.pod('client', { image: 'toolbox', spec: onNode(ctx.otherNode.name) })
        await ctx.apply(service('server', 'server'))
        await ctx.ready('server', 'client')
        await eventually(ctx, 'curl -sm10 http://server/big | wc -c', '8000000')
      },
    },
    {
      name: 'a pod reaches the API server as its service account',
      async run(ctx) {
        await ctx.apply(serviceAccount('caller'))
        const dir = '/var/run/secrets/kubernetes.io/serviceaccount'
        const ask = `curl -sS --retry 20 --retry-all-errors --retry-delay 1 --cacert ${dir}/ca.crt -H "Authorization: Bearer $(cat ${dir}/token)"`
        const log = await ctx.runScript(
          'caller',
          `${ask} -XPOST -H 'Content-Type: application/json' -d '{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}' https://kubernetes.default/apis/authentication.k8s.io/v1/selfsubjectreviews | jq -r .status.userInfo.username; cat ${dir}/namespace`,
          { image: 'toolbox', spec: { serviceAccountName: 'caller' } },
        )
        assert.equal(log, `system:serviceaccount:${ctx.namespace}:caller\n${ctx.namespace}`)
      },
    },
    {
      name: "a hostNetwork pod has its node's address and finds services",
      async run(ctx) {
        const pod = await ctx.readyPod('host', {
          image: 'toolbox',
          spec: { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet', ...onNode(ctx.worker.name) },
        })
        assert.equal(pod.status!.podIP, ctx.worker.ip)
        await ctx.apply(service('web', 'web'))
        await ctx.readyPod('web', webServer({ labels: { app: 'web' } }))
        await ctx.until('an answer', async () => (await ctx.sh('host', 'curl -sm2 http://web')) === 'web')
      },
    },
    {
      name: "a hostPort answers on the node's address, for TCP and UDP",
      async run(ctx) {
        await ctx.pod('server', {
          image: 'python',
          spec: onNode(ctx.worker.name),
          container: {
            ports: [
              { containerPort: 8080, hostPort: 18_087 },
              { containerPort: 9999, hostPort: 18_087, protocol: 'UDP' },
            ],
            command: [
              'python3',
              '-uc',
              `import socket,threading
def udp():
  s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);s.bind(("",9999))
  while 1:
    d,a=s.recvfrom(999);s.sendto(b"udp",a)
threading.Thread(target=udp).start()
s=socket.create_server(("",8080))
while 1:
  c,a=s.accept();c.sendall(b"tcp");c.close()`,
            ],
          },
        })
        await client(ctx)
        await ctx.ready('server')
        await eventually(ctx, `nc -w1 ${ctx.worker.ip} 18087`, 'tcp')
        await eventually(ctx, `echo hi | nc -u -w1 ${ctx.worker.ip} 18087`, 'udp')
      },
    },
    {
      name: 'two pods cannot have the same hostPort on one node',
      async run(ctx) {
        const taking = {
          spec: onNode(ctx.worker.name),
          container: { ports: [{ containerPort: 80, hostPort: 18_088 }] },
        }
        await ctx.readyPod('first', taking)
        await ctx.pod('second', taking)
        await ctx.wait(ctx.path('pods', 'second'), 'to be told there is no port', (pod) =>
          JSON.stringify(pod['status']).includes("didn't have free ports"),
        )
      },
    },
    {
      name: 'nodes and the pods on them reach each other',
      needs: ['nodeExec'],
      async run(ctx) {
        for (const [i, node] of ctx.nodes.entries()) {
          await ctx.pod(`web-${i}`, webServer({ spec: onNode(node.name) }))
        }
        for (const i of ctx.nodes.keys()) {
          const { status } = await ctx.ready(`web-${i}`)
          for (const node of ctx.nodes) {
            const answer = await ctx.cluster.exec(node.name, [
              'bash',
              '-c',
              `exec 3<>/dev/tcp/${status!.podIP}/8080; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`,
            ])
            assert.match(answer.stdout, new RegExp(`web-${i}\n$`), `${node.name} asked web-${i}: ${answer.stderr}`)
          }
        }
      },
    },
  ],
}
