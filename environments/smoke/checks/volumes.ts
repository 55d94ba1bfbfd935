import assert from 'node:assert/strict'
import type { SmokeTheme } from '../check.ts'
import { configMap, container, onNode, secret } from '../pods.ts'

const at = (name: string, mountPath: string, more: Record<string, unknown> = {}) => ({ name, mountPath, ...more })

export const volumes: SmokeTheme = {
  theme: 'volumes',
  checks: [
    {
      name: 'an emptyDir is shared by the containers of a pod and outlives their restarts',
      async run(ctx) {
        const volumeMounts = [at('data', '/data')]
        const writer =
          '[ -e /data/first ] && { echo second >>/data/first; sleep 3600; }; echo first >/data/first; exit 1'
        await ctx.pod('shared', {
          spec: {
            containers: [
              container('writer', { script: writer, container: { volumeMounts } }),
              container('reader', { container: { volumeMounts } }),
            ],
            volumes: [{ name: 'data', emptyDir: {} }],
          },
        })
        await ctx.until('both lines', async () => {
          return (await ctx.kubectl(['exec', 'shared', '-c', 'reader', '--', 'cat', '/data/first'])) === 'first\nsecond'
        })
      },
    },
    {
      name: 'an emptyDir in memory is a tmpfs of its size',
      async run(ctx) {
        const log = await ctx.runScript(
          'memory',
          'grep " /mem " /proc/mounts; dd if=/dev/zero of=/mem/big bs=1M count=9 2>&1 || true',
          {
            container: { volumeMounts: [at('mem', '/mem')] },
            spec: { volumes: [{ name: 'mem', emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } }] },
          },
        )
        assert.match(log, /^tmpfs \/mem tmpfs .*size=8192k/)
        assert.match(log, /No space left/)
      },
    },
    {
      name: "a hostPath is the node's own folder",
      needs: ['nodeExec'],
      async run(ctx) {
        const dir = `/var/lib/smoke/${ctx.namespace}`
        await ctx.runScript('writer', 'echo from the pod >/host/file', {
          container: { volumeMounts: [at('host', '/host')] },
          spec: {
            volumes: [{ name: 'host', hostPath: { path: dir, type: 'DirectoryOrCreate' } }],
            ...onNode(ctx.worker.name),
          },
        })
        const read = await ctx.cluster.exec(ctx.worker.name, ['cat', `${dir}/file`])
        assert.equal(read.stdout, 'from the pod\n')
        await ctx.cluster.exec(ctx.worker.name, ['rm', '-r', dir])
      },
    },
    {
      name: 'a hostPath of a type that is not there keeps the pod from starting',
      async run(ctx) {
        await ctx.pod('absent', {
          container: { volumeMounts: [at('host', '/host')] },
          spec: { volumes: [{ name: 'host', hostPath: { path: '/no/such/folder', type: 'Directory' } }] },
        })
        await ctx.waitForList(ctx.path('events'), 'FailedMount', (events) =>
          events.some((e) => e['reason'] === 'FailedMount' && String(e['message']).includes('/no/such/folder')),
        )
      },
    },
    {
      name: 'a config map is mounted with the paths and modes that were asked for',
      async run(ctx) {
        await ctx.apply(configMap('settings', { a: 'alpha', b: 'beta' }))
        const log = await ctx.runScript(
          'reader',
          'cd /all; echo *; cat a b; echo; cd /some; find . -type f -o -type l | grep -v "\\.\\." ; cat deep/c; stat -Lc %a deep/c',
          {
            container: { volumeMounts: [at('all', '/all'), at('some', '/some')] },
            spec: {
              volumes: [
                { name: 'all', configMap: { name: 'settings' } },
                { name: 'some', configMap: { name: 'settings', items: [{ key: 'b', path: 'deep/c', mode: 0o440 }] } },
              ],
            },
          },
        )
        assert.match(log, /^a b\nalphabeta\n[^]*beta440$/)
      },
    },
    {
      name: 'a changed config map and secret reach the pod, but not through subPath',
      isWaiting: true,
      timeoutMs: 180_000,
      async run(ctx) {
        await ctx.apply(configMap('settings', { a: 'old' }), secret('password', { p: 'old' }))
        await ctx.readyPod('reader', {
          container: {
            volumeMounts: [at('c', '/c'), at('s', '/s'), at('c', '/sub/a', { subPath: 'a' })],
          },
          spec: {
            volumes: [
              { name: 'c', configMap: { name: 'settings' } },
              { name: 's', secret: { secretName: 'password' } },
            ],
          },
        })
        assert.equal(await ctx.sh('reader', 'cat /c/a /s/p /sub/a'), 'oldoldold')
        await ctx.apply(configMap('settings', { a: 'new' }), secret('password', { p: 'new' }))
        const seen = await ctx.sh(
          'reader',
          'i=0; while [ "$(cat /c/a /s/p)" != newnew ] && [ $i -lt 150 ]; do sleep 1; i=$((i+1)); done; cat /c/a /s/p /sub/a',
        )
        assert.equal(seen, 'newnewold')
      },
    },
    {
      name: 'a secret is mounted readable by whom it says, and holds any bytes',
      async run(ctx) {
        const bytes = Buffer.from([0, 255, 10, 13, 128])
        await ctx.apply({
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'blob' },
          data: { b: bytes.toString('base64') },
        })
        const log = await ctx.runScript('reader', 'od -An -tx1 /s/b; stat -Lc "%a %g" /s/b; grep " /s " /proc/mounts', {
          container: { volumeMounts: [at('s', '/s', { readOnly: true })] },
          spec: {
            securityContext: { runAsUser: 1000, fsGroup: 2000 },
            volumes: [{ name: 's', secret: { secretName: 'blob', defaultMode: 0o400 } }],
          },
        })
        assert.match(log, /^00 ff 0a 0d 80\n440 2000\ntmpfs \/s tmpfs ro/)
      },
    },
    {
      name: 'a projected volume puts several sources into one folder',
      async run(ctx) {
        await ctx.apply(configMap('settings', { a: 'config' }), secret('password', { p: 'secret' }))
        const log = await ctx.runScript('reader', 'cd /all; cat a p; echo; cat labels; wc -c <token', {
          labels: { app: 'reader' },
          container: { volumeMounts: [at('all', '/all')] },
          spec: {
            volumes: [
              {
                name: 'all',
                projected: {
                  sources: [
                    { configMap: { name: 'settings' } },
                    { secret: { name: 'password' } },
                    { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
                    { serviceAccountToken: { path: 'token' } },
                  ],
                },
              },
            ],
          },
        })
        assert.match(log, /^configsecret\napp="reader"\s*\n?\d+$/)
      },
    },
    {
      name: 'the downward API file follows the labels of its pod',
      isWaiting: true,
      timeoutMs: 180_000,
      async run(ctx) {
        await ctx.readyPod('self', {
          labels: { stage: 'one' },
          container: { volumeMounts: [at('me', '/me')] },
          spec: {
            volumes: [
              {
                name: 'me',
                downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] },
              },
            ],
          },
        })
        assert.match(await ctx.sh('self', 'cat /me/labels'), /stage="one"/)
        await ctx.client.patch(ctx.path('pods', 'self'), { metadata: { labels: { stage: 'two' } } })
        const seen = await ctx.sh(
          'self',
          'i=0; while ! grep -q two /me/labels && [ $i -lt 150 ]; do sleep 1; i=$((i+1)); done; cat /me/labels',
        )
        assert.match(seen, /stage="two"/)
      },
    },
    {
      name: 'the environment comes from config maps, secrets, the pod and its limits',
      async run(ctx) {
        await ctx.apply(configMap('settings', { COLOR: 'red', SIZE: 'big' }), secret('password', { p: 'word' }))
        const log = await ctx.runScript('env', 'echo "$COLOR $SIZE $PASS $POD $NODE $LIMIT $BOTH"', {
          container: {
            resources: { limits: { memory: '64Mi' } },
            envFrom: [{ configMapRef: { name: 'settings' } }],
            env: [
              { name: 'PASS', valueFrom: { secretKeyRef: { name: 'password', key: 'p' } } },
              { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
              { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
              { name: 'LIMIT', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
              { name: 'BOTH', value: '$(PASS)-$(POD)' },
            ],
          },
          spec: onNode(ctx.worker.name),
        })
        assert.equal(log, `red big word env ${ctx.worker.name} 64 word-env`)
      },
    },
    {
      name: 'a missing config map keeps the container waiting until it is there',
      async run(ctx) {
        await ctx.pod('waits', { container: { envFrom: [{ configMapRef: { name: 'later' } }] } })
        await ctx.wait(ctx.path('pods', 'waits'), 'CreateContainerConfigError', (pod) =>
          JSON.stringify(pod['status']).includes('CreateContainerConfigError'),
        )
        await ctx.apply(configMap('later', { A: '1' }))
        await ctx.ready('waits')
      },
    },
    {
      name: 'an immutable config map cannot be changed',
      async run(ctx) {
        await ctx.apply({ ...configMap('fixed', { a: '1' }), immutable: true })
        const refusal = await ctx.refusal(ctx.client.patch(ctx.path('configmaps', 'fixed'), { data: { a: '2' } }))
        assert.match(refusal.message, /immutable/)
      },
    },
    {
      name: 'a local volume binds to its claim and sends the pod to its node',
      needs: ['nodeExec'],
      async run(ctx) {
        const node = ctx.worker.name
        const dir = `/var/lib/smoke/${ctx.namespace}`
        await ctx.cluster.exec(node, ['mkdir', '-p', dir])
        const storage = '16Mi'
        await ctx.apply(
          {
            apiVersion: 'v1',
            kind: 'PersistentVolume',
            metadata: { name: ctx.namespace },
            spec: {
              capacity: { storage },
              accessModes: ['ReadWriteOnce'],
              storageClassName: ctx.namespace,
              persistentVolumeReclaimPolicy: 'Retain',
              local: { path: dir },
              nodeAffinity: {
                required: {
                  nodeSelectorTerms: [
                    { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] },
                  ],
                },
              },
            },
          },
          {
            apiVersion: 'v1',
            kind: 'PersistentVolumeClaim',
            metadata: { name: 'data' },
            spec: {
              accessModes: ['ReadWriteOnce'],
              storageClassName: ctx.namespace,
              resources: { requests: { storage } },
            },
          },
        )
        const mounted = {
          container: { volumeMounts: [at('data', '/data')] },
          spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
        }
        await ctx.runScript('writer', 'echo kept >/data/file', mounted)
        await ctx.client.delete(ctx.path('pods', 'writer'))
        assert.equal(await ctx.runScript('reader', 'cat /data/file', mounted), 'kept')
        const pod = await ctx.client.get(ctx.path('pods', 'reader'))
        assert.equal((pod['spec'] as { nodeName: string }).nodeName, node)
        await ctx.cluster.exec(node, ['rm', '-r', dir])
      },
    },
    {
      name: 'a claim gets a volume made for it, and its data outlive the pod',
      needs: ['storage'],
      async run(ctx) {
        await ctx.apply({
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '16Mi' } } },
        })
        const mounted = {
          container: { volumeMounts: [at('data', '/data')] },
          spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
        }
        await ctx.runScript('writer', 'echo kept >/data/file', mounted)
        await ctx.client.delete(ctx.path('pods', 'writer'))
        assert.equal(await ctx.runScript('reader', 'cat /data/file', mounted), 'kept')
        const claim = await ctx.client.get(ctx.path('persistentvolumeclaims', 'data'))
        const volume = (claim['spec'] as { volumeName: string }).volumeName
        await ctx.client.delete(ctx.path('pods', 'reader'))
        await ctx.client.delete(ctx.path('persistentvolumeclaims', 'data'))
        await ctx.waitGone(`/api/v1/persistentvolumes/${volume}`)
      },
    },
    {
      name: 'a claim in use is not removed before its pod',
      needs: ['storage'],
      async run(ctx) {
        await ctx.apply({
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '16Mi' } } },
        })
        await ctx.readyPod('user', {
          container: { volumeMounts: [at('data', '/data')] },
          spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
        })
        const path = ctx.path('persistentvolumeclaims', 'data')
        await ctx.client.delete(path)
        const claim = await ctx.client.get(path)
        assert.ok(claim.metadata.deletionTimestamp)
        await ctx.client.delete(ctx.path('pods', 'user'))
        await ctx.waitGone(path)
      },
    },
  ],
}
