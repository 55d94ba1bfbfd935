import assert from 'node:assert/strict'
import type { SmokeTheme } from '../check.ts'
import type { PodObject } from '../observe.ts'
import { container, onNode } from '../pods.ts'

export const lifecycle: SmokeTheme = {
  theme: 'lifecycle',
  checks: [
    {
      name: 'postStart runs before a container counts as started, preStop before it is told to end',
      needs: ['nodeExec'],
      async run(ctx) {
        const dir = `/var/lib/smoke/${ctx.namespace}`
        await ctx.readyPod('hooked', {
          script: 'trap "echo ended >>/out/log; exit 0" TERM; while :; do sleep 1 & wait $!; done',
          container: {
            lifecycle: {
              postStart: { exec: { command: ['sh', '-c', 'sleep 1; echo started >>/out/log'] } },
              preStop: { exec: { command: ['sh', '-c', 'sleep 1; echo stopping >>/out/log'] } },
            },
            volumeMounts: [{ name: 'out', mountPath: '/out' }],
          },
          spec: {
            terminationGracePeriodSeconds: 10,
            volumes: [{ name: 'out', hostPath: { path: dir, type: 'DirectoryOrCreate' } }],
            ...onNode(ctx.worker.name),
          },
        })
        assert.equal(await ctx.sh('hooked', 'cat /out/log'), 'started')
        await ctx.client.delete(ctx.path('pods', 'hooked'))
        await ctx.waitGone(ctx.path('pods', 'hooked'))
        const log = await ctx.cluster.exec(ctx.worker.name, ['cat', `${dir}/log`])
        assert.equal(log.stdout, 'started\nstopping\nended\n')
        await ctx.cluster.exec(ctx.worker.name, ['rm', '-r', dir])
      },
    },
    {
      name: 'a pod that heeds SIGTERM is gone at once, one that does not after its grace period',
      async run(ctx) {
        const grace = (seconds: number) => ({ terminationGracePeriodSeconds: seconds })
        await ctx.pod('heeds', { spec: grace(60) })
        await ctx.pod('ignores', { script: 'trap "" TERM; while :; do sleep 1; done', spec: grace(3) })
        await ctx.ready('heeds', 'ignores')
        const leave = async (name: string): Promise<number> => {
          const begun = Date.now()
          await ctx.client.delete(ctx.path('pods', name))
          await ctx.waitGone(ctx.path('pods', name))
          return Date.now() - begun
        }
        const [heeds, ignores] = await Promise.all([leave('heeds'), leave('ignores')])
        assert.ok(heeds < 10_000, `the obedient pod took ${heeds} ms`)
        assert.ok(ignores >= 2900 && ignores < 15_000, `the other took ${ignores} ms for 3 s of grace`)
      },
    },
    {
      name: 'init containers run to their end one after the other',
      async run(ctx) {
        const out = { volumeMounts: [{ name: 'out', mountPath: '/out' }] }
        const log = await ctx.runScript('ordered', 'cat /out/log', {
          container: out,
          spec: {
            initContainers: ['one', 'two', 'three'].map((name) =>
              container(name, { script: `echo ${name} >>/out/log`, container: out }),
            ),
            volumes: [{ name: 'out', emptyDir: {} }],
          },
        })
        assert.equal(log, 'one\ntwo\nthree')
      },
    },
    {
      name: 'a failing init container keeps the pod from starting and is tried again',
      async run(ctx) {
        await ctx.pod('stuck', { spec: { initContainers: [container('fails', { script: 'exit 3' })] } })
        const pod = await ctx.wait<PodObject>(
          ctx.path('pods', 'stuck'),
          'a second try',
          (p) => (p.status?.initContainerStatuses?.[0]?.restartCount ?? 0) > 0,
        )
        assert.equal(pod.status!.phase, 'Pending')
        assert.ok(pod.status!.containerStatuses![0]!.state.waiting)
      },
    },
    {
      name: 'a native sidecar is up before the main container and does not keep a job from ending',
      async run(ctx) {
        const out = { volumeMounts: [{ name: 'out', mountPath: '/out' }] }
        const sidecar = container('sidecar', {
          script: 'echo up >/out/up; trap "exit 0" TERM; while :; do sleep 1 & wait $!; done',
          container: {
            restartPolicy: 'Always',
            startupProbe: { exec: { command: ['test', '-e', '/out/up'] }, periodSeconds: 1, failureThreshold: 30 },
            ...out,
          },
        })
        await ctx.apply({
          apiVersion: 'batch/v1',
          kind: 'Job',
          metadata: { name: 'work' },
          spec: {
            backoffLimit: 0,
            template: {
              spec: {
                restartPolicy: 'Never',
                terminationGracePeriodSeconds: 5,
                initContainers: [sidecar],
                containers: [container('main', { script: 'cat /out/up', container: out })],
                volumes: [{ name: 'out', emptyDir: {} }],
              },
            },
          },
        })
        await ctx.wait(ctx.path('batch/v1/jobs', 'work'), 'to be complete', (job) =>
          JSON.stringify(job['status']).includes('"Complete"'),
        )
      },
    },
    {
      name: 'restart policies: Always, OnFailure and Never',
      async run(ctx) {
        const policies = { Always: 0, OnFailure: 1, Never: 1 }
        for (const [restartPolicy, code] of Object.entries(policies)) {
          const script = `[ -e /out/again ] && { [ ${restartPolicy} = Always ] && sleep 3600; exit 0; }; touch /out/again; exit ${code}`
          await ctx.pod(restartPolicy.toLowerCase(), {
            script,
            container: { volumeMounts: [{ name: 'out', mountPath: '/out' }] },
            spec: { restartPolicy, volumes: [{ name: 'out', emptyDir: {} }] },
          })
        }
        const outcome = (name: string, phase: string, restarts: number): Promise<unknown> =>
          ctx.wait<PodObject>(ctx.path('pods', name), `to be ${phase} after ${restarts} restarts`, (pod) => {
            const status = pod.status?.containerStatuses?.[0]
            const isPhase = pod.status?.phase === phase && (phase !== 'Running' || status?.ready === true)
            return isPhase && status?.restartCount === restarts
          })
        await Promise.all([
          outcome('always', 'Running', 1),
          outcome('onfailure', 'Succeeded', 1),
          outcome('never', 'Failed', 0),
        ])
      },
    },
    {
      name: 'a container that keeps failing is backed off and says so',
      async run(ctx) {
        await ctx.pod('crashing', { script: 'echo no luck >/dev/termination-log; exit 7' })
        const pod = await ctx.wait<PodObject>(
          ctx.path('pods', 'crashing'),
          'CrashLoopBackOff',
          (p) => p.status?.containerStatuses?.[0]?.state.waiting?.reason === 'CrashLoopBackOff',
        )
        const last = pod.status!.containerStatuses![0]!.lastState!.terminated!
        assert.equal(last.exitCode, 7)
        assert.equal(last.message?.trim(), 'no luck')
      },
    },
    {
      name: 'the last lines of the log can be the termination message',
      async run(ctx) {
        await ctx.pod('fails', {
          script: 'echo the disk is full >&2; exit 1',
          container: { terminationMessagePolicy: 'FallbackToLogsOnError' },
          spec: { restartPolicy: 'Never' },
        })
        const pod = await ctx.ended('fails')
        assert.equal(pod.status!.containerStatuses![0]!.state.terminated!.message?.trim(), 'the disk is full')
      },
    },
    {
      name: 'a pod past its deadline is ended',
      async run(ctx) {
        await ctx.pod('late', { spec: { activeDeadlineSeconds: 2 } })
        const pod = await ctx.wait<PodObject>(ctx.path('pods', 'late'), 'to fail', (p) => p.status?.phase === 'Failed')
        assert.equal(pod.status!.reason, 'DeadlineExceeded')
      },
    },
    {
      name: 'containers of a pod share localhost, and processes where it says so',
      async run(ctx) {
        await ctx.readyPod('shared', {
          script: 'mkdir /tmp/w; echo hello >/tmp/w/index.html; exec httpd -f -p 8080 -h /tmp/w',
          spec: {
            shareProcessNamespace: true,
            containers: [
              container('main', {
                script: 'mkdir /tmp/w; echo hello >/tmp/w/index.html; exec httpd -f -p 8080 -h /tmp/w',
              }),
              container('other'),
            ],
          },
        })
        const inOther = (script: string) => ctx.kubectl(['exec', 'shared', '-c', 'other', '--', 'sh', '-c', script])
        await ctx.until('the server', async () => (await inOther('wget -qO- -T2 http://127.0.0.1:8080')) === 'hello')
        assert.match(await inOther('ps'), /httpd -f -p 8080/)
      },
    },
    {
      name: 'a missing image is said by name',
      async run(ctx) {
        await ctx.pod('missing', {
          container: { image: 'kubemend/no-such-image:9', imagePullPolicy: 'Never' },
        })
        await ctx.wait<PodObject>(
          ctx.path('pods', 'missing'),
          'ErrImageNeverPull',
          (p) => p.status?.containerStatuses?.[0]?.state.waiting?.reason === 'ErrImageNeverPull',
        )
      },
    },
    {
      name: 'an ephemeral container joins a running pod',
      async run(ctx) {
        await ctx.readyPod('target', { script: 'exec sleep 7777' })
        await ctx.kubectl([
          'debug',
          'target',
          '--image=busybox:1.36',
          '--image-pull-policy=IfNotPresent',
          '--target=main',
          '--container=look',
          '--',
          'sh',
          '-c',
          'ps; sleep 3600',
        ])
        await ctx.wait<PodObject>(
          ctx.path('pods', 'target'),
          'the ephemeral container to run',
          (p) => p.status?.ephemeralContainerStatuses?.[0]?.state.running !== undefined,
        )
        await ctx.until('its log', async () => (await ctx.log('target', { container: 'look' })).includes('sleep 7777'))
      },
    },
  ],
}
