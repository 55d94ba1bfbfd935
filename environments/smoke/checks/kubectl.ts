import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { runCommand } from '../../../harness/base/command.ts'
import type { SmokeTheme } from '../check.ts'
import { container, onNode, serveHostname, service, webServer } from '../pods.ts'

export const kubectl: SmokeTheme = {
  theme: 'kubectl',
  checks: [
    {
      name: 'exec passes stdin, both output streams and the exit code',
      async run(ctx) {
        await ctx.readyPod('target')
        const result = await ctx.tryKubectl(
          ['exec', '-i', 'target', '--', 'sh', '-c', 'tr a-z A-Z; echo oops >&2; exit 7'],
          {
            stdin: 'hello',
          },
        )
        assert.deepEqual([result.exitCode, result.stdout], [7, 'HELLO'])
        assert.match(result.stderr, /^oops/)
        const tty = await ctx.tryKubectl(['exec', '-it', 'target', '--', 'sh', '-c', 'true'])
        assert.equal(tty.exitCode, 0)
      },
    },
    {
      name: 'exec carries megabytes in both directions',
      async run(ctx) {
        await ctx.readyPod('target')
        const megabytes = 'x'.repeat(4_000_000)
        const result = await ctx.tryKubectl(['exec', '-i', 'target', '--', 'cat'], { stdin: megabytes })
        assert.equal(result.stdout.length, megabytes.length)
      },
    },
    {
      name: 'attach joins the main process',
      async run(ctx) {
        await ctx.readyPod('talks', {
          script: 'while read -r line; do echo "you said $line"; done',
          container: { stdin: true, stdinOnce: true },
        })
        const result = await ctx.tryKubectl(['attach', '-i', 'talks'], { stdin: 'hello\n' })
        assert.match(result.stdout, /you said hello/)
      },
    },
    {
      name: 'port-forward reaches pods and services from outside',
      async run(ctx) {
        await ctx.apply(service('web', 'web'))
        await ctx.readyPod('web', webServer({ labels: { app: 'web' } }))
        for (const target of ['pod/web', 'service/web']) {
          const stop = new AbortController()
          const found = Promise.withResolvers<number>()
          const forwarding = runCommand(
            ctx.kubectlCommand(['port-forward', target, target === 'pod/web' ? ':8080' : ':80']),
            {
              signal: AbortSignal.any([stop.signal, ctx.signal]),
              onLine: (line) => {
                const port = /127\.0\.0\.1:(\d+)/.exec(line)?.[1]
                if (port) found.resolve(Number(port))
              },
            },
          ).then((result) => found.reject(new Error(result.stderr)))
          try {
            const port = await found.promise
            assert.equal(await ctx.until('an answer', () => httpGet(port)), 'web')
          } finally {
            stop.abort()
            await forwarding
          }
        }
      },
    },
    {
      name: 'logs are told by container, by length, by the run before, and followed',
      async run(ctx) {
        const volumeMounts = [{ name: 'd', mountPath: '/d' }]
        const script =
          '[ -e /d/x ] || { echo first run; touch /d/x; exit 1; }; for i in 1 2 3; do echo line $i; done; sleep 3600'
        await ctx.pod('speaks', {
          spec: {
            containers: [
              container('main', { script, container: { volumeMounts } }),
              container('other', { script: 'echo other; sleep 3600' }),
            ],
            volumes: [{ name: 'd', emptyDir: {} }],
          },
        })
        await ctx.wait(ctx.path('pods', 'speaks'), 'a second run', (pod) => {
          const statuses =
            (pod['status'] as { containerStatuses?: { restartCount: number; ready: boolean }[] }).containerStatuses ??
            []
          return statuses.some((s) => s.restartCount === 1 && s.ready)
        })
        const logs = (...args: string[]) => ctx.kubectl(['logs', 'speaks', ...args])
        await ctx.until('the lines', async () => (await logs('-c', 'main')) === 'line 1\nline 2\nline 3')
        assert.equal(await logs('-c', 'main', '--tail=1'), 'line 3')
        assert.equal(await logs('-c', 'main', '--previous'), 'first run')
        assert.equal(await logs('-c', 'other'), 'other')
        assert.match(await logs('-c', 'main', '--timestamps', '--tail=1'), /^\d{4}-\d\d-\d\dT.*Z line 3$/)
        const stop = new AbortController()
        const followed: string[] = []
        await ctx.tryKubectl(['logs', '-f', 'speaks', '-c', 'main'], {
          signal: AbortSignal.any([stop.signal, ctx.signal]),
          onLine: (line) => {
            followed.push(line)
            if (line === 'line 3') stop.abort()
          },
        })
        assert.deepEqual(followed, ['line 1', 'line 2', 'line 3'])
      },
    },
    {
      name: 'cp copies into a pod and out of it',
      async run(ctx) {
        const dir = await mkdtemp(path.join(os.tmpdir(), 'smoke-'))
        try {
          await ctx.readyPod('target')
          const content = `any text ${crypto.randomUUID()}\n`
          await writeFile(path.join(dir, 'in'), content)
          await ctx.kubectl(['cp', path.join(dir, 'in'), 'target:/tmp/there'])
          assert.equal(await ctx.sh('target', 'cat /tmp/there'), content.trim())
          await ctx.kubectl(['cp', 'target:/tmp/there', path.join(dir, 'out')])
          assert.equal(await readFile(path.join(dir, 'out'), 'utf8'), content)
        } finally {
          await rm(dir, { recursive: true })
        }
      },
    },
    {
      name: 'debug makes a pod on a node with its file system',
      async run(ctx) {
        await ctx.kubectl([
          'debug',
          `node/${ctx.worker.name}`,
          '--image=busybox:1.36',
          '--',
          'sh',
          '-c',
          'ls /host/var/lib/kubelet',
        ])
        const pod = await ctx.waitForList(ctx.path('pods'), 'the debugging pod', (pods) => pods[0])
        await ctx.wait(
          ctx.path('pods', pod.metadata.name),
          'to end',
          (p) => (p['status'] as { phase: string }).phase === 'Succeeded',
        )
        assert.match(await ctx.log(pod.metadata.name), /pods/)
      },
    },
    {
      name: 'debug copies a pod with another command',
      async run(ctx) {
        await ctx.pod('crashes', { script: 'exit 1' })
        await ctx.kubectl(['debug', 'crashes', '--copy-to=copy', '--container=main', '--', 'sleep', '3600'])
        await ctx.ready('copy')
      },
    },
    {
      name: 'top shows what nodes and pods use',
      needs: ['metrics-server'],
      isWaiting: true,
      async run(ctx) {
        await ctx.readyPod('busy', { script: 'while :; do sleep 0.01; done' })
        const top = await ctx.until(
          'the pod to be measured',
          () => ctx.kubectl(['top', 'pod', 'busy', '--no-headers']),
          90_000,
        )
        assert.match(top, /^busy\s+\d+m\s+\d+Mi$/)
        const isMeasured = (nodes: string, name: string): boolean => new RegExp(`^${name}\\s+\\d+m`, 'm').test(nodes)
        await ctx.until(
          'all nodes to be measured',
          async () => {
            const nodes = await ctx.kubectl(['top', 'nodes', '--no-headers'])
            return ctx.nodes.every((node) => isMeasured(nodes, node.name))
          },
          90_000,
        )
      },
    },
    {
      name: 'describe shows a pod with its events',
      async run(ctx) {
        await ctx.readyPod('web', { spec: onNode(ctx.worker.name) })
        const text = await ctx.until('the Started event', async () => {
          const described = await ctx.kubectl(['describe', 'pod', 'web'])
          return described.includes('Started') && described
        })
        for (const word of ['Node:', 'QoS Class:', 'Events:', 'Pulled', 'Created']) assert.ok(text.includes(word), word)
      },
    },
    {
      name: 'run, expose, set image, edit by patch and wait work together',
      async run(ctx) {
        await ctx.kubectl([
          'create',
          'deployment',
          'app',
          '--image=busybox:1.36',
          '--',
          'sh',
          '-c',
          serveHostname(8080),
        ])
        await ctx.kubectl(['expose', 'deployment', 'app', '--port=80', '--target-port=8080'])
        await ctx.kubectl(['wait', '--for=condition=Available', 'deployment/app', '--timeout=60s'])
        await ctx.kubectl(['set', 'env', 'deployment/app', 'COLOR=red'])
        await ctx.kubectl(['rollout', 'status', 'deployment/app', '--timeout=60s'])
        await ctx.kubectl([
          'patch',
          'deployment',
          'app',
          '--type=json',
          '-p',
          '[{"op":"replace","path":"/spec/replicas","value":2}]',
        ])
        await ctx.kubectl(['wait', '--for=jsonpath={.status.readyReplicas}=2', 'deployment/app', '--timeout=60s'])
        const answer = await ctx.kubectl([
          'run',
          'asks',
          '--image=busybox:1.36',
          '--restart=Never',
          '--rm',
          '-i',
          '--quiet',
          '--',
          'wget',
          '-qO-',
          '-T5',
          'http://app',
        ])
        assert.match(answer, /^app-/)
      },
    },
    {
      name: 'apply, diff, prune of a field and delete go by the last applied manifest',
      async run(ctx) {
        const manifest = (data: Record<string, string>) =>
          JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data })
        await ctx.kubectl(['apply', '-f', '-'], { stdin: manifest({ a: '1', b: '2' }) })
        const diff = await ctx.tryKubectl(['diff', '-f', '-'], { stdin: manifest({ a: '9' }) })
        assert.equal(diff.exitCode, 1)
        assert.match(diff.stdout, /^-\s+b: "2"$/m)
        await ctx.kubectl(['apply', '-f', '-'], { stdin: manifest({ a: '9' }) })
        assert.deepEqual((await ctx.client.get(ctx.path('configmaps', 'settings')))['data'], { a: '9' })
        await ctx.kubectl(['delete', '-f', '-'], { stdin: manifest({}) })
        assert.equal(await ctx.client.find(ctx.path('configmaps', 'settings')), undefined)
      },
    },
    {
      name: 'explain and api-resources know the built-in kinds',
      async run(ctx) {
        assert.match(await ctx.kubectl(['explain', 'deployment.spec.strategy.rollingUpdate']), /maxSurge/)
        const resources = await ctx.kubectl(['api-resources', '--no-headers', '-o', 'name'])
        for (const name of ['pods', 'deployments.apps', 'networkpolicies.networking.k8s.io'])
          assert.ok(resources.split('\n').includes(name), name)
      },
    },
    {
      name: 'a command runs on a node, in its own namespaces',
      needs: ['nodeExec'],
      async run(ctx) {
        for (const node of ctx.nodes) {
          const result = await ctx.cluster.exec(node.name, ['sh', '-c', 'hostname; cat; exit 3'], { stdin: 'input' })
          assert.equal(result.exitCode, 3)
          assert.match(result.stdout, /input$/)
        }
        const result = await ctx.cluster.exec(ctx.nodes.find((n) => n.isControlPlane)?.name ?? ctx.worker.name, [
          'sh',
          '-c',
          'ps -eo args | grep -c [k]ube-apiserver',
        ])
        assert.equal(result.stdout.trim(), '1', 'one API server is what a node of one cluster sees')
      },
    },
  ],
}

function httpGet(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    http
      .get({ host: '127.0.0.1', port, timeout: 5000 }, (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () => resolve(text.trim()))
      })
      .on('error', reject)
  })
}
