import assert from 'node:assert/strict'
import { KubeError, type KubeObject } from '../../../harness/base/kube-client.ts'
import type { SmokeTheme } from '../check.ts'
import { condition, isPodReady, type PodObject } from '../observe.ts'
import { onNode, workload } from '../pods.ts'
import type { SmokeContext } from '../smoke-context.ts'
import { fakeResource } from '../smoke-spec.ts'

const tolerateAll = { tolerations: [{ operator: 'Exists' }] }

export const scheduling: SmokeTheme = {
  theme: 'scheduling',
  checks: [
    {
      name: 'node affinity decides where a pod goes, and where it does not',
      async run(ctx) {
        const affinity = (operator: string) => ({
          ...tolerateAll,
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [
                  { matchExpressions: [{ key: 'kubernetes.io/hostname', operator, values: [ctx.worker.name] }] },
                ],
              },
            },
          },
        })
        await ctx.pod('there', { spec: affinity('In') })
        assert.equal((await ctx.ready('there')).spec.nodeName, ctx.worker.name)
        if (ctx.nodes.length > 1) {
          await ctx.pod('elsewhere', { spec: affinity('NotIn') })
          assert.notEqual((await ctx.ready('elsewhere')).spec.nodeName, ctx.worker.name)
        }
        await ctx.pod('nowhere', { spec: { nodeSelector: { 'example.com/no-such': 'label' } } })
        await unschedulable(ctx, 'nowhere', /didn't match Pod's node affinity\/selector/)
      },
    },
    {
      name: 'anti-affinity keeps pods on different nodes, affinity together',
      needs: ['multipleNodes'],
      async run(ctx) {
        const term = (app: string) => [
          { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app } } },
        ]
        const apart = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: term('apart') } }
        await ctx.apply(
          workload(
            'Deployment',
            'apart',
            { spec: { affinity: apart, ...tolerateAll } },
            { replicas: ctx.nodes.length },
          ),
        )
        const nodes = await placed(ctx, 'app=apart', ctx.nodes.length)
        assert.equal(new Set(nodes).size, ctx.nodes.length)
        const together = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: term('anchor') } }
        await ctx.pod('anchor', { labels: { app: 'anchor' }, spec: onNode(ctx.worker.name) })
        await ctx.apply(
          workload('Deployment', 'near', { spec: { affinity: together, ...tolerateAll } }, { replicas: 2 }),
        )
        assert.deepEqual(await placed(ctx, 'app=near', 2), [ctx.worker.name, ctx.worker.name])
      },
    },
    {
      name: 'topology spread balances pods over nodes',
      needs: ['multipleNodes'],
      async run(ctx) {
        const topologySpreadConstraints = [
          {
            maxSkew: 1,
            topologyKey: 'kubernetes.io/hostname',
            whenUnsatisfiable: 'DoNotSchedule',
            labelSelector: { matchLabels: { app: 'spread' } },
          },
        ]
        const count = ctx.nodes.length * 2
        await ctx.apply(
          workload(
            'Deployment',
            'spread',
            { spec: { topologySpreadConstraints, ...tolerateAll } },
            { replicas: count },
          ),
        )
        const nodes = await placed(ctx, 'app=spread', count)
        for (const node of ctx.nodes) assert.equal(nodes.filter((n) => n === node.name).length, 2)
      },
    },
    {
      name: 'a pod that asks for more than any node has stays pending and says why',
      async run(ctx) {
        await ctx.pod('huge', { container: { resources: { requests: { cpu: '900' } } } })
        await unschedulable(ctx, 'huge', /Insufficient cpu/)
        await ctx.waitForList(ctx.path('events'), 'FailedScheduling', (events) =>
          events.some((e) => e['reason'] === 'FailedScheduling'),
        )
      },
    },
    {
      name: 'a scheduling gate holds a pod until it is lifted',
      async run(ctx) {
        await ctx.pod('gated', { spec: { schedulingGates: [{ name: 'example.com/wait' }] } })
        const path = ctx.path('pods', 'gated')
        await ctx.wait(path, 'to be gated', (pod) => condition(pod, 'PodScheduled')?.reason === 'SchedulingGated')
        await ctx.client.patch(path, [{ op: 'remove', path: '/spec/schedulingGates' }], {
          contentType: 'application/json-patch+json',
        })
        await ctx.ready('gated')
      },
    },
    {
      name: 'a node has the capacity of its spec, and the scheduler counts it',
      needs: ['nodeCapacity'],
      isExclusive: true,
      async run(ctx) {
        for (const name of ['one', 'two', 'three']) await ctx.pod(name, widgets(1))
        const held = await ctx.waitForPods<PodObject[]>(
          'two of the three pods',
          (pods) => pods.filter(isPodReady).length === 2 && pods,
        )
        const last = held.find((pod) => !isPodReady(pod))!
        await unschedulable(ctx, last.metadata.name, new RegExp(`Insufficient ${fakeResource}`))
        await ctx.client.delete(ctx.path('pods', held.find(isPodReady)!.metadata.name))
        await ctx.ready(last.metadata.name)
      },
    },
    {
      name: 'a pod of higher priority takes the place of a lower one',
      needs: ['nodeCapacity'],
      isExclusive: true,
      async run(ctx) {
        const high = `${ctx.namespace}-high`
        await ctx.apply(priorityClass(high, 1000))
        await ctx.readyPod('low', widgets(2))
        await ctx.pod('high', widgets(2, { priorityClassName: high }))
        await ctx.ready('high')
        await ctx.waitGone(ctx.path('pods', 'low'))
        await ctx.waitForList(ctx.path('events'), 'Preempted', (events) =>
          events.some((e) => e['reason'] === 'Preempted'),
        )
      },
    },
    {
      name: 'a pod that never preempts waits',
      needs: ['nodeCapacity'],
      isExclusive: true,
      async run(ctx) {
        const polite = `${ctx.namespace}-polite`
        await ctx.apply({ ...priorityClass(polite, 1000), preemptionPolicy: 'Never' })
        await ctx.readyPod('low', widgets(2))
        await ctx.pod('polite', widgets(2, { priorityClassName: polite }))
        await unschedulable(ctx, 'polite', /Insufficient/)
        await ctx.client.delete(ctx.path('pods', 'low'))
        await ctx.ready('polite')
      },
    },
    {
      name: 'taints keep pods away and evict those that do not tolerate them',
      isExclusive: true,
      async run(ctx) {
        const node = ctx.worker.name
        const pinned = (tolerations: unknown[]) => ({
          spec: { nodeSelector: { 'kubernetes.io/hostname': node }, tolerations },
        })
        const controlPlane = { key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' }
        const smoke = { key: 'example.com/smoke', operator: 'Exists' }
        await ctx.readyPod('early', pinned([controlPlane]))
        await taint(ctx, node, 'NoSchedule')
        try {
          await ctx.pod('tolerant', pinned([controlPlane, smoke]))
          await ctx.pod('other', pinned([controlPlane]))
          await ctx.ready('tolerant')
          await unschedulable(ctx, 'other', /untolerated taint/)
          assert.ok(await ctx.client.find(ctx.path('pods', 'early')))
          await taint(ctx, node, 'NoExecute')
          await ctx.waitGone(ctx.path('pods', 'early'))
          await ctx.ready('tolerant')
        } finally {
          await taint(ctx, node, undefined)
        }
      },
    },
    {
      name: 'a drained node loses its pods, and takes new ones when it is uncordoned',
      needs: ['multipleNodes'],
      isExclusive: true,
      async run(ctx) {
        const node = ctx.worker.name
        await ctx.apply(
          workload('Deployment', 'app', {
            spec: {
              nodeSelector: { 'kubernetes.io/hostname': node },
              tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' }],
            },
          }),
        )
        await placed(ctx, 'app=app', 1)
        await ctx.kubectl([
          'drain',
          node,
          `--pod-selector=app=app`,
          '--ignore-daemonsets',
          '--delete-emptydir-data',
          '--timeout=60s',
        ])
        try {
          const pods = await ctx.client.list(ctx.path('pods'))
          assert.ok(!pods.some(isPodReady))
        } finally {
          await ctx.kubectl(['uncordon', node])
        }
        await ctx.client.delete(ctx.path('pods'), { query: { gracePeriodSeconds: 0 } })
        await placed(ctx, 'app=app', 1)
      },
    },
  ],
}

function widgets(
  count: number,
  spec: Record<string, unknown> = {},
): {
  container: Record<string, unknown>
  spec: Record<string, unknown>
} {
  return { container: { resources: { limits: { [fakeResource]: String(count) } } }, spec: { ...tolerateAll, ...spec } }
}

function priorityClass(name: string, value: number): KubeObject {
  return { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value }
}

async function unschedulable(ctx: SmokeContext, pod: string, why: RegExp): Promise<void> {
  await ctx.wait(ctx.path('pods', pod), `to be unschedulable (${why.source})`, (p) => {
    const scheduled = condition(p, 'PodScheduled')
    return scheduled?.reason === 'Unschedulable' && why.test(scheduled.message ?? '')
  })
}

/** The nodes of ready pods, once there are enough of them. */
function placed(ctx: SmokeContext, labelSelector: string, count: number): Promise<string[]> {
  return ctx.waitForPods<string[]>(
    `${count} ready pods`,
    (pods) => pods.filter(isPodReady).length === count && pods.filter(isPodReady).map((p) => p.spec.nodeName ?? ''),
    { labelSelector },
  )
}

/** Gives the node one taint of ours, in place of the one before. */
async function taint(ctx: SmokeContext, node: string, effect: string | undefined): Promise<void> {
  await ctx.until(`the taint ${effect ?? 'to go'}`, async () => {
    const object = await ctx.client.get<KubeObject & { spec: { taints?: { key: string; effect: string }[] } }>(
      `/api/v1/nodes/${node}`,
    )
    const others = (object.spec.taints ?? []).filter((t) => t.key !== 'example.com/smoke')
    object.spec.taints = effect ? [...others, { key: 'example.com/smoke', effect }] : others
    try {
      await ctx.client.replace(`/api/v1/nodes/${node}`, object)
      return true
    } catch (error) {
      if (error instanceof KubeError && error.status === 409) return false
      throw error
    }
  })
}
