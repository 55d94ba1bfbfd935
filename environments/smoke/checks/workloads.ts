import assert from 'node:assert/strict'
import type { KubeObject } from '../../../harness/base/kube-client.ts'
import type { SmokeTheme } from '../check.ts'
import { condition, isPodReady, isRolledOut, statusCount } from '../observe.ts'
import { container, podTemplate, service, workload } from '../pods.ts'
import type { SmokeContext } from '../smoke-context.ts'

export const workloads: SmokeTheme = {
  theme: 'workloads',
  checks: [
    {
      name: 'a deployment rolls forward and back again',
      async run(ctx) {
        await ctx.apply(versioned('one'))
        await rolledOut(ctx)
        await ctx.apply(versioned('two'))
        await rolledOut(ctx)
        assert.deepEqual(await versions(ctx), ['two', 'two'])
        await ctx.kubectl(['rollout', 'undo', 'deployment/app'])
        await rolledOut(ctx)
        assert.deepEqual(await versions(ctx), ['one', 'one'])
        assert.match(await ctx.kubectl(['rollout', 'history', 'deployment/app']), /2 [^]*3 /)
      },
    },
    {
      name: 'a paused deployment rolls when it is resumed',
      async run(ctx) {
        const path = ctx.path('apps/v1/deployments', 'app')
        await ctx.apply(versioned('one'))
        await rolledOut(ctx)
        await ctx.kubectl(['rollout', 'pause', 'deployment/app'])
        await ctx.apply(versioned('two'))
        await ctx.wait(path, 'to be seen', (d) => statusCount(d, 'observedGeneration') >= d.metadata.generation!)
        assert.deepEqual(await versions(ctx), ['one', 'one'])
        await ctx.kubectl(['rollout', 'resume', 'deployment/app'])
        await rolledOut(ctx)
        assert.deepEqual(await versions(ctx), ['two', 'two'])
      },
    },
    {
      name: 'a rollout that cannot finish leaves the old pods serving and says so',
      async run(ctx) {
        await ctx.apply(versioned('one', { progressDeadlineSeconds: 3 }))
        await rolledOut(ctx)
        const broken = versioned('two', { progressDeadlineSeconds: 3 })
        const template = (broken['spec'] as { template: { spec: { containers: { image: string }[] } } }).template
        Object.assign(template.spec.containers[0]!, { image: 'kubemend/no-such-image:9', imagePullPolicy: 'Never' })
        await ctx.apply(broken)
        const stuck = await ctx.wait(
          ctx.path('apps/v1/deployments', 'app'),
          'to say that it makes no progress',
          (d) => condition(d, 'Progressing')?.reason === 'ProgressDeadlineExceeded',
        )
        assert.ok(statusCount(stuck, 'availableReplicas') >= 1)
      },
    },
    {
      name: 'the Recreate strategy never runs old and new together',
      async run(ctx) {
        await ctx.apply(versioned('one', { strategy: { type: 'Recreate' } }))
        await rolledOut(ctx)
        await ctx.apply(versioned('two', { strategy: { type: 'Recreate' } }))
        await ctx.waitForPods('two new pods', (pods) => {
          const alive = pods.filter((p) => !['Succeeded', 'Failed'].includes(p.status?.phase ?? ''))
          const kinds = new Set(alive.map((p) => p.metadata.labels?.['version']))
          assert.ok(kinds.size <= 1, 'old and new pods at the same time')
          return kinds.has('two') && pods.filter(isPodReady).length === 2
        })
      },
    },
    {
      name: 'a lost pod is replaced, one too many is removed',
      async run(ctx) {
        await ctx.apply(workload('ReplicaSet', 'app', {}, { replicas: 2 }))
        const first = await readyPods(ctx, 2)
        await ctx.client.delete(ctx.path('pods', first[0]))
        await ctx.waitForPods(
          'a replacement',
          (pods) => pods.filter(isPodReady).length === 2 && pods.every((p) => p.metadata.name !== first[0]),
        )
        await ctx.pod('extra', { labels: { app: 'app' } })
        await ctx.waitForList(ctx.path('pods'), 'two pods', (pods) => pods.length === 2)
      },
    },
    {
      name: 'scaling works through the scale subresource',
      async run(ctx) {
        await ctx.apply(versioned('one'))
        const path = ctx.path('apps/v1/deployments', 'app', 'scale')
        await ctx.client.patch(path, { spec: { replicas: 3 } })
        await readyPods(ctx, 3)
        await ctx.kubectl(['scale', 'deployment/app', '--replicas=0'])
        await ctx.waitForList(ctx.path('pods'), 'no pods', (pods) => pods.length === 0)
      },
    },
    {
      name: 'a stateful set makes its pods in order, each with its own lasting name',
      async run(ctx) {
        const started: string[] = []
        const script = 'exec sleep 3600'
        const set = workload('StatefulSet', 'db', { script }, { replicas: 3, serviceName: 'db' })
        await ctx.apply(service('db', 'db', { clusterIP: 'None' }), set)
        await ctx.waitForPods('three pods', (pods) => {
          for (const { metadata } of pods) if (!started.includes(metadata.name)) started.push(metadata.name)
          return pods.filter(isPodReady).length === 3
        })
        assert.deepEqual(started, ['db-0', 'db-1', 'db-2'])
        const name = `db-1.db.${ctx.namespace}.svc.cluster.local`
        assert.equal(await ctx.sh('db-1', 'hostname -f'), name)
        const { uid } = (await ctx.client.get(ctx.path('pods', 'db-1'))).metadata
        await ctx.client.delete(ctx.path('pods', 'db-1'))
        await ctx.wait(ctx.path('pods', 'db-1'), 'to be back', (p) => p.metadata.uid !== uid && isPodReady(p))
        assert.equal(await ctx.sh('db-1', 'hostname -f'), name)
      },
    },
    {
      name: 'a stateful set keeps or removes its claims as it is told',
      needs: ['storage'],
      async run(ctx) {
        const set = (name: string, whenScaled: string) =>
          workload(
            'StatefulSet',
            name,
            { container: { volumeMounts: [{ name: 'data', mountPath: '/data' }] } },
            {
              replicas: 2,
              serviceName: name,
              podManagementPolicy: 'Parallel',
              persistentVolumeClaimRetentionPolicy: { whenScaled, whenDeleted: 'Delete' },
              volumeClaimTemplates: [
                {
                  metadata: { name: 'data' },
                  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '16Mi' } } },
                },
              ],
            },
          )
        await ctx.apply(set('keeps', 'Retain'), set('drops', 'Delete'))
        await readyPods(ctx, 4)
        const claims = ctx.path('persistentvolumeclaims')
        for (const name of ['keeps', 'drops']) {
          await ctx.client.patch(ctx.path('apps/v1/statefulsets', name, 'scale'), { spec: { replicas: 1 } })
        }
        await ctx.waitGone(`${claims}/data-drops-1`)
        assert.ok(await ctx.client.find(`${claims}/data-keeps-1`))
        await ctx.client.delete(ctx.path('apps/v1/statefulsets', 'drops'))
        await ctx.waitGone(`${claims}/data-drops-0`)
      },
    },
    {
      name: 'a daemon set has one pod on every node',
      async run(ctx) {
        await ctx.apply(workload('DaemonSet', 'agent', { spec: { tolerations: [{ operator: 'Exists' }] } }))
        const nodes = await ctx.waitForPods<string[]>(
          'a pod on every node',
          (pods) =>
            pods.length === ctx.nodes.length && pods.every(isPodReady) && pods.map((p) => p.spec.nodeName ?? ''),
        )
        assert.deepEqual(nodes.toSorted(), ctx.nodes.map((n) => n.name).toSorted())
      },
    },
    {
      name: 'owners take their dependents with them, or orphan them when told',
      async run(ctx) {
        await ctx.apply(versioned('one'))
        await readyPods(ctx, 2)
        await ctx.kubectl(['delete', 'deployment', 'app', '--cascade=orphan'])
        await ctx.waitForList(
          ctx.path('apps/v1/replicasets'),
          'an orphaned replica set',
          (sets) => sets.length === 1 && (sets[0]!.metadata.ownerReferences ?? []).length === 0,
        )
        await readyPods(ctx, 2)
        await ctx.apply(versioned('one'))
        const sets = await ctx.waitForList(
          ctx.path('apps/v1/replicasets'),
          'it to be adopted',
          (all) => all.every((s) => s.metadata.ownerReferences?.[0]?.controller) && all,
        )
        assert.equal(sets.length, 1)
        await ctx.kubectl(['delete', 'deployment', 'app', '--cascade=foreground', '--wait'])
        assert.deepEqual(await ctx.client.list(ctx.path('pods')), [])
      },
    },
    {
      name: 'a horizontal autoscaler adds pods under load',
      needs: ['metrics-server'],
      isWaiting: true,
      timeoutMs: 240_000,
      async run(ctx) {
        const burn = {
          script: 'while :; do :; done',
          container: { resources: { requests: { cpu: '20m' }, limits: { cpu: '60m' } } },
        }
        await ctx.apply(workload('Deployment', 'busy', burn, { replicas: 1 }), {
          apiVersion: 'autoscaling/v2',
          kind: 'HorizontalPodAutoscaler',
          metadata: { name: 'busy' },
          spec: {
            scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'busy' },
            minReplicas: 1,
            maxReplicas: 2,
            metrics: [
              { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
            ],
          },
        })
        await ctx.wait(
          ctx.path('apps/v1/deployments', 'busy'),
          'a second pod',
          (d) => statusCount(d, 'readyReplicas') === 2,
          200_000,
        )
      },
    },
    {
      name: 'a disruption budget refuses an eviction until there is one pod to spare',
      async run(ctx) {
        const selector = { matchLabels: { app: 'app' } }
        await ctx.apply(versioned('one', { replicas: 1 }), {
          apiVersion: 'policy/v1',
          kind: 'PodDisruptionBudget',
          metadata: { name: 'app' },
          spec: { minAvailable: 1, selector },
        })
        const [pod] = await readyPods(ctx, 1)
        const budget = ctx.path('policy/v1/poddisruptionbudgets', 'app')
        await ctx.wait(budget, 'to count the pod', (b) => statusCount(b, 'currentHealthy') === 1)
        const evict = (): Promise<unknown> =>
          ctx.client.create(ctx.path('pods', pod, 'eviction'), {
            apiVersion: 'policy/v1',
            kind: 'Eviction',
            metadata: { name: pod },
          })
        assert.equal((await ctx.refusal(evict())).status, 429)
        await ctx.client.patch(ctx.path('apps/v1/deployments', 'app', 'scale'), { spec: { replicas: 2 } })
        await ctx.wait(budget, 'a pod to spare', (b) => statusCount(b, 'disruptionsAllowed') === 1)
        await evict()
        await ctx.waitGone(ctx.path('pods', pod))
      },
    },
    {
      name: 'a pod of several containers counts as ready when all of them are',
      async run(ctx) {
        const late = container('late', {
          script: 'sleep 2; touch /tmp/ok; sleep 3600',
          container: { readinessProbe: { exec: { command: ['test', '-e', '/tmp/ok'] }, periodSeconds: 1 } },
        })
        const template = podTemplate({ labels: { app: 'two' }, spec: { containers: [container('main'), late] } })
        await ctx.apply({
          ...workload('Deployment', 'two'),
          spec: { selector: { matchLabels: { app: 'two' } }, template },
        })
        await ctx.waitForPods('the pod to be ready', (pods) => {
          const statuses = pods[0]?.status?.containerStatuses ?? []
          const isReady = pods.some(isPodReady)
          assert.ok(!isReady || statuses.every((s) => s.ready), 'ready before its containers')
          return isReady
        })
      },
    },
  ],
}

function versioned(version: string, spec: Record<string, unknown> = {}): KubeObject {
  return workload('Deployment', 'app', { labels: { version } }, { replicas: 2, ...spec })
}

function rolledOut(ctx: SmokeContext): Promise<KubeObject> {
  return ctx.wait(ctx.path('apps/v1/deployments', 'app'), 'to be rolled out', isRolledOut)
}

async function versions(ctx: SmokeContext): Promise<(string | undefined)[]> {
  const pods = await ctx.client.list(ctx.path('pods'))
  return pods.filter(isPodReady).map((pod) => pod.metadata.labels?.['version'])
}

function readyPods(ctx: SmokeContext, count: number): Promise<string[]> {
  return ctx.waitForPods<string[]>(
    `${count} ready pods`,
    (pods) => pods.filter(isPodReady).length === count && pods.map((p) => p.metadata.name),
  )
}
