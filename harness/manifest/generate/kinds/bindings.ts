import type { KubeObject } from '../../../base/kube-client.ts'
import type { RequiredRule, RequiredSubject } from '../../../task/manifest-spec.ts'
import { changed, type Draft, type Invention } from '../draft.ts'
import { people } from '../vocabulary.ts'
import { inventRules, wordRule } from './rules.ts'

/** A RoleBinding, judged by what its subjects may do then. */
export function rolebinding(invention: Invention): Draft {
  return bindingDraft(invention, 'RoleBinding')
}

/** A ClusterRoleBinding, likewise. */
export function clusterrolebinding(invention: Invention): Draft {
  return bindingDraft(invention, 'ClusterRoleBinding')
}

/**
 * The roles exist already. Basic requests name the role; the others say what the subjects must be able to do, and the
 * answer has to choose the role that allows exactly that.
 */
function bindingDraft(
  { dice, level, namespace, app, team }: Invention,
  kind: 'RoleBinding' | 'ClusterRoleBinding',
): Draft {
  const isCluster = kind === 'ClusterRoleBinding'
  const roleKind = isCluster
    ? 'ClusterRole'
    : level === 'advanced'
      ? dice.pick(['Role', 'ClusterRole'] as const)
      : 'Role'
  const prefix = roleKind === 'ClusterRole' ? `${namespace}-` : ''
  const { rules } = inventRules(dice, 'intermediate', isCluster)
  const wider = rules.map((rule) => ({
    ...rule,
    verbs: [...new Set([...rule.verbs, 'get', 'delete', 'deletecollection'])],
  }))
  const right = roleObject(roleKind, `${prefix}${app}-narrow`, namespace, rules)
  const wrong = roleObject(roleKind, `${prefix}${app}-wide`, namespace, wider)
  const subjects = inventSubjects({ dice, level, namespace, team, app })
  const name = `${isCluster ? `${namespace}-` : ''}${app}-${dice.pick(['access', 'grant', 'binding'])}`
  const object = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind,
    metadata: { name, ...(isCluster ? {} : { namespace }) },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: roleKind, name: right.metadata.name },
    subjects: subjects.map((subject) =>
      subject.kind === 'ServiceAccount' ? { ...subject } : { ...subject, apiGroup: 'rbac.authorization.k8s.io' },
    ),
  }
  const isNamed = level === 'basic'
  const where = isCluster ? 'in the whole cluster' : `in the namespace \`${namespace}\``
  const choice = `There are two ${roleKind}s: \`${right.metadata.name}\` with these rules: ${rules.map(wordRule).join(' ')} And \`${wrong.metadata.name}\` with these: ${wider.map(wordRule).join(' ')}`
  return {
    goals: [
      `Create a ${kind} \`${name}\`${isCluster ? '' : ` in the namespace \`${namespace}\``}`,
      `Write the ${kind} named \`${name}\`${isCluster ? '' : ` for the namespace \`${namespace}\``}`,
      `Grant access by a ${kind} called \`${name}\`${isCluster ? '' : ` in \`${namespace}\``}`,
    ],
    facts: [
      `It binds ${subjects.map(wordSubject).join(' and ')}, and nobody else.`,
      ...(isNamed
        ? [`It refers to the ${roleKind} \`${right.metadata.name}\`, which exists.`]
        : [
            `They must be able to do exactly this ${where}: ${rules.map(wordRule).join(' ').replaceAll('It allows', 'use')}`,
            choice,
            'Make no new role.',
          ]),
    ],
    spec: {
      namespace,
      objects: [
        {
          apiVersion: object.apiVersion,
          kind,
          name,
          subjects,
          ...(isNamed ? { roleRef: { kind: roleKind, name: right.metadata.name } } : {}),
        },
      ],
      effects: subjects.map((subject) => ({
        access: {
          as:
            subject.kind === 'ServiceAccount'
              ? `system:serviceaccount:${subject.namespace}:${subject.name}`
              : subject.kind === 'User'
                ? subject.name
                : `somebody-of-${subject.name}`,
          ...(subject.kind === 'Group' ? { groups: [subject.name] } : {}),
          rules,
          ...(isCluster ? {} : { namespace }),
        },
      })),
    },
    world: [right, wrong],
    reference: [object],
    wrong: [
      {
        fails: 'L3',
        because: 'binds somebody more',
        answer: [
          changed(object, (copy) =>
            (copy.subjects as unknown[]).push({
              kind: 'Group',
              name: 'contractors',
              apiGroup: 'rbac.authorization.k8s.io',
            }),
          ),
        ],
      },
      {
        fails: 'L3',
        because: 'binds somebody else',
        answer: [
          { ...object, subjects: [{ kind: 'User', name: 'somebody-else', apiGroup: 'rbac.authorization.k8s.io' }] },
        ],
      },
      {
        fails: isNamed ? 'L3' : 'accuracy',
        because: 'refers to the role that allows more',
        answer: [{ ...object, roleRef: { ...object.roleRef, name: wrong.metadata.name } }],
      },
      {
        fails: isNamed ? 'L3' : 'accuracy',
        because: 'refers to a role that does not exist',
        answer: [{ ...object, roleRef: { ...object.roleRef, name: `${right.metadata.name}-role` } }],
      },
      {
        fails: 'L2',
        because: 'lists the subjects under another name',
        answer: [changed(object, (copy) => Object.assign(copy, { subject: copy.subjects, subjects: undefined }))],
      },
      {
        fails: 'runtime',
        because: 'names no API group for the role',
        answer: [{ ...object, roleRef: { ...object.roleRef, apiGroup: 'rbac' } }],
      },
    ],
  }
}

function roleObject(kind: string, name: string, namespace: string, rules: readonly RequiredRule[]): KubeObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind,
    metadata: { name, ...(kind === 'Role' ? { namespace } : {}) },
    rules: kind === 'ClusterRole' ? rules : rules.filter(({ nonResourceURLs }) => !nonResourceURLs),
  }
}

function inventSubjects({
  dice,
  level,
  namespace,
  team,
  app,
}: Omit<Invention, 'app'> & { app: string }): RequiredSubject[] {
  const all: RequiredSubject[] = [
    { kind: 'ServiceAccount', name: `${app}-runner`, namespace },
    { kind: 'User', name: `${dice.pick(people)}@${team}.example` },
    { kind: 'Group', name: `${team}-oncall` },
    { kind: 'ServiceAccount', name: 'deployer', namespace: `${team}-tools` },
  ]
  return dice.some(all, { basic: 1, intermediate: 2, advanced: 3 }[level])
}

function wordSubject({ kind, name, namespace }: RequiredSubject): string {
  return kind === 'ServiceAccount'
    ? `the ServiceAccount \`${name}\` of the namespace \`${namespace}\``
    : `the ${kind.toLowerCase()} \`${name}\``
}
