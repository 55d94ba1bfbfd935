import type { RequiredRule } from '../../../task/manifest-spec.ts'
import type { Dice } from '../dice.ts'
import type { Level } from '../draft.ts'

const namespaced: readonly [group: string, resources: readonly string[]][] = [
  [
    '',
    ['pods', 'services', 'configmaps', 'persistentvolumeclaims', 'events', 'serviceaccounts', 'pods/log', 'endpoints'],
  ],
  ['apps', ['deployments', 'statefulsets', 'daemonsets', 'replicasets', 'deployments/scale']],
  ['batch', ['jobs', 'cronjobs']],
  ['networking.k8s.io', ['ingresses', 'networkpolicies']],
  ['autoscaling', ['horizontalpodautoscalers']],
  ['policy', ['poddisruptionbudgets']],
]

const clusterWide: readonly [group: string, resources: readonly string[]][] = [
  ['', ['nodes', 'persistentvolumes', 'namespaces']],
  ['storage.k8s.io', ['storageclasses', 'volumeattachments']],
  ['apiextensions.k8s.io', ['customresourcedefinitions']],
  ['scheduling.k8s.io', ['priorityclasses']],
]

const verbSets: readonly (readonly string[])[] = [
  ['get', 'list'],
  ['get', 'list', 'watch'],
  ['list'],
  ['get', 'list', 'watch', 'patch'],
  ['get', 'list', 'create'],
  ['get', 'update', 'patch'],
  ['create', 'delete'],
  ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
]

/** Rules of a made-up role, and the same in words. */
export function inventRules(
  dice: Dice,
  level: Level,
  isClusterWide: boolean,
): { rules: RequiredRule[]; facts: string[] } {
  const pool = isClusterWide ? [...clusterWide, ...namespaced] : namespaced
  const count = { basic: 1, intermediate: 2, advanced: 3 }[level]
  const rules: RequiredRule[] = dice.some(pool, count).map(([group, resources]) => ({
    apiGroups: [group],
    resources: dice.some(resources, Math.min(resources.length, 1 + dice.roll(level === 'basic' ? 2 : 3))),
    verbs: [...dice.pick(verbSets)],
  }))
  if (level === 'advanced' && !isClusterWide) {
    const names = dice.some(['app-config', 'feature-flags', 'routes', 'quota-plan'], 1 + dice.roll(2))
    rules.push({ apiGroups: [''], resources: ['configmaps'], resourceNames: names, verbs: ['get', 'update'] })
  }
  if (level === 'advanced' && isClusterWide) {
    rules.push({
      nonResourceURLs: dice.some(['/metrics', '/healthz', '/livez/*', '/version'], 1 + dice.roll(2)),
      verbs: ['get'],
    })
  }
  return { rules, facts: rules.map(wordRule) }
}

/** A rule as a sentence, exact to the letter. */
export function wordRule({
  apiGroups = [],
  resources = [],
  verbs,
  resourceNames,
  nonResourceURLs,
}: RequiredRule): string {
  const list = (items: readonly string[]): string => items.map((item) => `\`${item}\``).join(', ')
  if (nonResourceURLs)
    return `It allows ${list(verbs)} on the URL ${nonResourceURLs.length > 1 ? 'paths' : 'path'} ${list(nonResourceURLs)}.`
  const group = apiGroups[0] === '' ? 'the core API group' : `the API group ${list(apiGroups)}`
  const only = resourceNames ? `, but only the ones named ${list(resourceNames)}` : ''
  return `It allows ${list(verbs)} on ${list(resources)} of ${group}${only}.`
}
