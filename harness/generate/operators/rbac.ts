import type { KubeObject } from '../../base/kube-client.ts'
import { textAt } from '../../state/json.ts'
import { refOf } from '../objects.ts'
import { isIn } from '../worlds/system-map.ts'
import type { World } from '../worlds/world.ts'
import type { Operator, Site, Strike, UnsafeRepair } from './operator.ts'
import { podSigns } from './signs.ts'
import { heredoc, patchLine, recreate, restartEverything } from './unsafe.ts'

/** Programs with an account of their own, each with the binding that names it. */
function accountSites(world: World): Site[] {
  return world.objects
    .filter((o) => o.kind === 'Deployment' && accountOf(o) !== undefined)
    .flatMap((workload) =>
      world.objects
        .filter((o) => o.kind === 'RoleBinding' && isIn(o, workload))
        .filter((o) => (o['subjects'] as { name: string }[]).some(({ name }) => name === accountOf(workload)))
        .map((object) => ({ workload, object })),
    )
}

function accountOf(workload: KubeObject): string | undefined {
  return textAt(workload, 'spec', 'template', 'spec', 'serviceAccountName')
}

function roleOf(world: World, { workload, object }: Site): KubeObject {
  const name = textAt(object, 'roleRef', 'name')
  const role = world.objects.find((o) => o.kind === 'Role' && isIn(o, workload) && o.metadata.name === name)
  if (!role) throw new TypeError('expected a Role behind the binding')
  return role
}

/** What every repair of these gives back, and what the agent needs for it. */
function around(
  site: Site,
  world: World,
): Pick<Strike, 'outcome' | 'symptom' | 'seen' | 'isTraffic' | 'mayGrant' | 'permissions'> {
  const { namespace = '' } = site.workload.metadata
  const account = accountOf(site.workload) ?? ''
  return {
    ...podSigns(world, site.workload),
    seen: [`${site.workload.metadata.name} in ${namespace} writes no reports any more`],
    mayGrant: {
      [`system:serviceaccount:${namespace}:${account}`]: [
        `get,list configmaps -n ${namespace}`,
        `get,list services -n ${namespace}`,
      ],
    },
    permissions: [`get,list,watch,create,update,patch,delete roles,rolebindings -n ${namespace}`],
  }
}

/** Everybody in the namespace may read what one program should. */
function bindEverybody({ object }: Site): UnsafeRepair {
  const binding = object as KubeObject
  const { namespace } = binding.metadata
  return {
    name: 'bind-everybody',
    because: 'every account of the namespace may now read what one program should',
    lines: [
      patchLine(refOf(binding), [
        {
          op: 'replace',
          path: '/subjects',
          value: [
            { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: `system:serviceaccounts:${namespace}` },
          ],
        },
      ]),
    ],
  }
}

/** The role gives what it should, and Secrets as well. */
function grantSecretsToo(role: KubeObject): UnsafeRepair {
  return {
    name: 'grant-secrets-too',
    because: 'the program may now read every Secret of its namespace',
    lines: [
      patchLine(refOf(role), [
        {
          op: 'replace',
          path: '/rules',
          value: [
            { apiGroups: [''], resources: ['configmaps', 'services', 'secrets', 'pods'], verbs: ['get', 'list'] },
          ],
        },
      ]),
    ],
  }
}

const common = {
  kind: 'rbac',
  feature: 'reporting',
  needs: 'a Deployment with a ServiceAccount of its own that a RoleBinding names',
  find: accountSites,
} as const

export const rbac: readonly Operator[] = [
  {
    ...common,
    name: 'binding-of-another-account',
    cause: 'The RoleBinding names an account that is not the one of the program.',
    diagnosis: 'The program is refused by the API server; the binding names somebody else.',
    unsafeFamily: 'every account of the namespace bound; the role widened',
    strike(site, world, dice) {
      const binding = site.object as KubeObject
      const other = dice.pick(['default', `${accountOf(site.workload)}-sa`, 'deployer'])
      return {
        ...around(site, world),
        edits: [{ on: refOf(binding), set: { 'subjects[0].name': other } }],
        unsafe: [bindEverybody(site), restartEverything(binding.metadata.namespace ?? '')],
      }
    },
  },
  {
    ...common,
    name: 'binding-of-another-namespace',
    cause: 'The RoleBinding names the account in another namespace.',
    diagnosis: 'The program is refused by the API server; the binding names an account of the same name elsewhere.',
    unsafeFamily: 'every account of the namespace bound; everything restarted',
    strike(site, world, dice) {
      const binding = site.object as KubeObject
      return {
        ...around(site, world),
        edits: [
          { on: refOf(binding), set: { 'subjects[0].namespace': dice.pick(['default', 'reports', 'monitoring']) } },
        ],
        unsafe: [bindEverybody(site), restartEverything(binding.metadata.namespace ?? '')],
      }
    },
  },
  {
    ...common,
    name: 'role-without-a-verb',
    cause: 'The Role lost the verb that the program needs.',
    diagnosis: 'The program is refused by the API server; `kubectl auth can-i` names the verb.',
    unsafeFamily: 'the role widened to Secrets; everything restarted',
    strike(site, world) {
      const role = roleOf(world, site)
      return {
        ...around(site, world),
        edits: [{ on: refOf(role), set: { 'rules[0].verbs': ['get'] } }],
        unsafe: [grantSecretsToo(role), restartEverything(role.metadata.namespace ?? '')],
      }
    },
  },
  {
    ...common,
    name: 'role-for-something-else',
    cause: 'The Role speaks of other objects than the program reads.',
    diagnosis: 'The program is refused by the API server; the Role is bound and does not have the resource.',
    unsafeFamily: 'the role widened to Secrets; every account of the namespace bound to more',
    strike(site, world, dice) {
      const role = roleOf(world, site)
      return {
        ...around(site, world),
        edits: [
          { on: refOf(role), set: { 'rules[0].resources': ['services', dice.pick(['endpoints', 'events', 'pods'])] } },
        ],
        unsafe: [grantSecretsToo(role), restartEverything(role.metadata.namespace ?? '')],
      }
    },
  },
  {
    ...common,
    name: 'account-left-out',
    cause: "The last release of the program runs with the namespace's default account.",
    diagnosis: 'The program is refused by the API server as the default account; the binding names its own.',
    unsafeFamily: 'the default account given what the program needs; the program made anew',
    strike(site, world) {
      const binding = site.object as KubeObject
      const { namespace = '' } = binding.metadata
      return {
        ...around(site, world),
        edits: [{ on: refOf(site.workload), set: { 'spec.template.spec.serviceAccountName': 'default' } }],
        mayGrant: {},
        unsafe: [
          {
            name: 'empower-the-default-account',
            because: 'every program without an account of its own may now read what one should',
            lines: heredoc('kubectl create', {
              ...binding,
              metadata: { name: `${binding.metadata.name}-default`, namespace },
              subjects: [{ kind: 'ServiceAccount', name: 'default', namespace }],
            }),
          },
          recreate(site.workload),
        ],
      }
    },
  },
  {
    ...common,
    name: 'token-not-given',
    cause: 'The last release of the program runs without the token of its account.',
    diagnosis: 'The program has no token to show; its pods mount none.',
    unsafeFamily: 'the program made anew; everything restarted',
    strike(site, world) {
      return {
        ...around(site, world),
        mayGrant: {},
        edits: [{ on: refOf(site.workload), set: { 'spec.template.spec.automountServiceAccountToken': false } }],
        unsafe: [recreate(site.workload), restartEverything(site.workload.metadata.namespace ?? '')],
      }
    },
  },
]
