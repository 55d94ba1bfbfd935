import { changed, type Draft, type Invention } from '../draft.ts'
import { inventRules } from './rules.ts'

/** A Role, judged by everything that somebody bound to it may and may not do. */
export function role(invention: Invention): Draft {
  const { dice, namespace, app } = invention
  return roleDraft(invention, 'Role', `${app}-${dice.pick(['reader', 'operator', 'helper', 'watcher'])}`, namespace)
}

/** A ClusterRole; its name is nobody else's, since it lies in no namespace. */
export function clusterrole(invention: Invention): Draft {
  const { dice, namespace } = invention
  return roleDraft(
    invention,
    'ClusterRole',
    `${namespace}-${dice.pick(['inventory', 'observer', 'maintainer', 'auditor'])}`,
    undefined,
  )
}

function roleDraft(
  { dice, level, app }: Invention,
  kind: 'Role' | 'ClusterRole',
  name: string,
  namespace: string | undefined,
): Draft {
  const { rules, facts } = inventRules(dice, level, kind === 'ClusterRole')
  const labels =
    level === 'basic' ? undefined : { 'app.kubernetes.io/managed-by': dice.pick(['platform', 'security', 'sre']) }
  const object = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...(labels ? { labels } : {}) },
    rules: rules.map((rule) => ({ ...rule })),
  }
  const [first = { verbs: [] }] = rules
  const where = namespace === undefined ? '' : ` in the namespace \`${namespace}\``
  const spelled = changed(object, (copy) =>
    Object.assign(copy, { rules: rules.map(({ resources, ...rule }) => ({ ...rule, resource: resources ?? [] })) }),
  )
  return {
    goals: [
      `Create a ${kind} named \`${name}\`${where}`,
      `Write the ${kind} \`${name}\`${where} for ${app}`,
      `We need a ${kind} called \`${name}\`${where}, cut to what ${app} does`,
    ],
    facts: [
      ...facts,
      'It allows nothing else.',
      ...Object.entries(labels ?? {}).map(([key, value]) => `It has the label \`${key}: ${value}\`.`),
    ],
    spec: {
      ...(namespace === undefined ? {} : { namespace }),
      objects: [{ apiVersion: object.apiVersion, kind, name, rules, ...(labels ? { labels } : {}) }],
      effects: [{ access: { role: { kind, name }, rules, ...(namespace === undefined ? {} : { namespace }) } }],
    },
    reference: [object],
    wrong: [
      { fails: 'L2', because: 'misspells a field of its rules', answer: [spelled] },
      {
        fails: 'L3',
        because: 'allows a verb more',
        answer: [
          changed(object, (copy) =>
            Object.assign(copy, {
              rules: [
                {
                  ...first,
                  verbs: [
                    ...first.verbs,
                    first.verbs.includes('deletecollection') ? 'impersonate' : 'deletecollection',
                  ],
                },
                ...rules.slice(1),
              ],
            }),
          ),
        ],
      },
      {
        fails: 'L3',
        because: 'allows everything',
        answer: [{ ...object, rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] }],
      },
      {
        fails: 'L3',
        because: 'names the wrong API group',
        answer: [
          changed(object, (copy) =>
            Object.assign(copy, {
              rules: rules.map((rule) =>
                rule.apiGroups ? { ...rule, apiGroups: [rule.apiGroups[0] === '' ? 'apps' : ''] } : rule,
              ),
            }),
          ),
        ],
      },
      {
        fails: 'L2',
        because: 'uses an API version that is long gone',
        answer: [{ ...object, apiVersion: 'rbac.authorization.k8s.io/v1beta1' }],
      },
      ...(namespace === undefined
        ? [
            {
              fails: 'L3' as const,
              because: 'is a Role',
              answer: [{ ...object, kind: 'Role', rules: rules.filter(({ nonResourceURLs }) => !nonResourceURLs) }],
            },
          ]
        : [
            {
              fails: 'L3' as const,
              because: 'is a ClusterRole',
              answer: [{ ...object, kind: 'ClusterRole', metadata: { name } }],
            },
          ]),
    ],
  }
}
