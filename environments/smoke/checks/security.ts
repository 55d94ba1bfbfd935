import assert from 'node:assert/strict'
import type { SmokeTheme } from '../check.ts'
import type { PodObject } from '../observe.ts'
import { podManifest } from '../pods.ts'

export const security: SmokeTheme = {
  theme: 'security',
  checks: [
    {
      name: 'a pod runs as the user and groups it names',
      async run(ctx) {
        const log = await ctx.runScript('someone', 'id -u; id -g; id -G; touch /v/f; stat -c "%u %g" /v/f', {
          container: { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
          spec: {
            securityContext: { runAsUser: 1234, runAsGroup: 2345, fsGroup: 3456, supplementalGroups: [4567] },
            volumes: [{ name: 'v', emptyDir: {} }],
          },
        })
        assert.equal(log, '1234\n2345\n2345 3456 4567\n1234 3456')
      },
    },
    {
      name: 'runAsNonRoot keeps an image that would be root from starting',
      async run(ctx) {
        await ctx.pod('root', { spec: { securityContext: { runAsNonRoot: true } } })
        await ctx.wait<PodObject>(ctx.path('pods', 'root'), 'to be refused', (pod) =>
          (pod.status?.containerStatuses?.[0]?.state.waiting?.message ?? '').includes('runAsNonRoot'),
        )
      },
    },
    {
      name: 'a read-only root file system is read-only, its volumes are not',
      async run(ctx) {
        const log = await ctx.runScript('locked', 'touch /file 2>&1; touch /v/file && echo fine', {
          container: {
            securityContext: { readOnlyRootFilesystem: true },
            volumeMounts: [{ name: 'v', mountPath: '/v' }],
          },
          spec: { volumes: [{ name: 'v', emptyDir: {} }] },
        })
        assert.match(log, /Read-only file system\nfine$/)
      },
    },
    {
      name: 'capabilities are dropped and added',
      async run(ctx) {
        const caps = async (name: string, capabilities: Record<string, string[]>): Promise<bigint> => {
          const log = await ctx.runScript(name, 'grep CapEff /proc/self/status', {
            container: { securityContext: { capabilities } },
          })
          return BigInt(`0x${log.split(/\s+/)[1]}`)
        }
        const [none, some] = await Promise.all([
          caps('none', { drop: ['ALL'] }),
          caps('some', { drop: ['ALL'], add: ['NET_ADMIN'] }),
        ])
        assert.equal(none, 0n)
        assert.equal(some, 1n << 12n)
      },
    },
    {
      name: 'the default seccomp profile filters, and no_new_privs holds',
      async run(ctx) {
        const log = await ctx.runScript('filtered', 'grep -E "Seccomp:|NoNewPrivs" /proc/self/status', {
          container: {
            securityContext: { seccompProfile: { type: 'RuntimeDefault' }, allowPrivilegeEscalation: false },
          },
        })
        assert.match(log, /NoNewPrivs:\s+1[^]*Seccomp:\s+2/)
      },
    },
    {
      name: 'a privileged pod has the devices and powers of its node',
      async run(ctx) {
        const log = await ctx.runScript(
          'mighty',
          'mkdir /m; mount -t tmpfs none /m && echo mounted; grep Seccomp: /proc/self/status',
          {
            container: { securityContext: { privileged: true } },
          },
        )
        assert.match(log, /^mounted\nSeccomp:\s+0/)
        await ctx.pod('meek', { script: 'mkdir /m; mount -t tmpfs none /m', spec: { restartPolicy: 'Never' } })
        assert.equal((await ctx.ended('meek')).status?.phase, 'Failed')
      },
    },
    {
      name: 'safe sysctls are set for the pod, unsafe ones refused',
      async run(ctx) {
        const log = await ctx.runScript('tuned', 'cat /proc/sys/net/ipv4/ip_unprivileged_port_start', {
          spec: { securityContext: { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '80' }] } },
        })
        assert.equal(log, '80')
        await ctx.pod('unsafe', { spec: { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '65536' }] } } })
        await ctx.wait<PodObject>(
          ctx.path('pods', 'unsafe'),
          'to be refused',
          (pod) => pod.status?.reason === 'SysctlForbidden',
        )
      },
    },
    {
      name: 'a container over its memory limit is killed and says so',
      async run(ctx) {
        await ctx.pod('greedy', {
          image: 'python',
          container: {
            command: ['python3', '-c', 'x = b"x" * (200 << 20)'],
            resources: { limits: { memory: '40Mi' } },
          },
          spec: { restartPolicy: 'Never' },
        })
        const pod = await ctx.ended('greedy')
        const { reason, exitCode } = pod.status!.containerStatuses![0]!.state.terminated!
        assert.deepEqual([reason, exitCode], ['OOMKilled', 137])
      },
    },
    {
      name: 'a CPU limit slows a container down',
      async run(ctx) {
        const log = await ctx.runScript(
          'slow',
          'cat /sys/fs/cgroup/cpu.max 2>/dev/null || cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us',
          {
            container: { resources: { limits: { cpu: '200m' } } },
          },
        )
        assert.match(log, /^20000\b/)
      },
    },
    {
      name: 'limits and requests decide the quality of service',
      async run(ctx) {
        const same = { cpu: '50m', memory: '32Mi' }
        const wanted = {
          Guaranteed: { limits: same, requests: same },
          Burstable: { requests: { cpu: '10m' } },
          BestEffort: {},
        }
        for (const [qos, resources] of Object.entries(wanted)) {
          const made = await ctx.create(podManifest(qos.toLowerCase(), { container: { resources } }))
          assert.equal((made as PodObject).status?.qosClass, qos)
        }
        await ctx.ready('guaranteed', 'burstable', 'besteffort')
      },
    },
    {
      name: 'hostPID and hostIPC show what is on the node, and otherwise nothing is seen',
      async run(ctx) {
        const [own, host] = await Promise.all([
          ctx.runScript('own', 'ps | grep -c "[k]ubelet" || true'),
          ctx.runScript('host', 'ps | grep -c "[k]ubelet" || true', { spec: { hostPID: true } }),
        ])
        assert.equal(own, '0')
        assert.ok(Number(host) >= 1)
      },
    },
    {
      name: 'a runtime class that is not there is refused',
      async run(ctx) {
        const refusal = await ctx.refusal(
          ctx.create(podManifest('exotic', { spec: { runtimeClassName: 'no-such-runtime' } })),
        )
        assert.match(refusal.message, /no-such-runtime/)
      },
    },
    {
      name: 'a pod grows in place when its resources are resized',
      async run(ctx) {
        const resources = { limits: { cpu: '100m', memory: '64Mi' }, requests: { cpu: '50m', memory: '32Mi' } }
        await ctx.readyPod('grows', { container: { resources } })
        const more = { limits: { cpu: '200m', memory: '64Mi' }, requests: { cpu: '50m', memory: '32Mi' } }
        await ctx.client.patch(
          ctx.path('pods', 'grows', 'resize'),
          { spec: { containers: [{ name: 'main', resources: more }] } },
          { contentType: 'application/strategic-merge-patch+json' },
        )
        const quota = 'cat /sys/fs/cgroup/cpu.max 2>/dev/null || cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us'
        await ctx.until('the new limit', async () => /^20000\b/.test(await ctx.sh('grows', quota)))
      },
    },
  ],
}
