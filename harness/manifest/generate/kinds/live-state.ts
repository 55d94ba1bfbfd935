import type { KubeObject } from '../../../base/kube-client.ts'
import type { FieldRequirement } from '../../../task/manifest-spec.ts'
import { changed, writeYaml, type Draft, type Invention } from '../draft.ts'
import { people } from '../vocabulary.ts'

/** A small namespace with ConfigMaps and Roles whose differences one can ask about. */
function inventWorld({ dice, namespace, app, team }: Invention): KubeObject[] {
  const count = 3 + dice.roll(3)
  const maps = ['alpha', 'beta', 'gamma', 'delta', 'omega'].slice(0, count).map((word): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `${app}-${word}`,
      namespace,
      labels: { stage: dice.pick(['old', 'new']), team, owner: dice.pick(people) },
    },
    data: { LEVEL: dice.pick(['low', 'high']), SIZE: String(10 + dice.roll(90)) },
  }))
  const roles = ['reader', 'editor'].map((word): KubeObject => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: `${app}-${word}`, namespace },
    rules: [
      {
        apiGroups: [''],
        resources: ['configmaps'],
        verbs: word === 'reader' ? ['get', 'list'] : ['get', 'list', 'update'],
      },
    ],
  }))
  return [...maps, ...roles]
}

function shown(world: readonly KubeObject[]): string {
  const text = writeYaml(world)
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
  return `This is what the namespace holds now:\n\n  \`\`\`yaml\n${text}\n  \`\`\``
}

/** A question about the live state, with an exact answer. */
export function read(invention: Invention): Draft {
  const { dice, level, namespace } = invention
  const world = inventWorld(invention)
  const maps = world.filter(({ kind }) => kind === 'ConfigMap')
  const stage = dice.pick(['old', 'new'])
  const high = dice.pick(['low', 'high'])
  const where: FieldRequirement[] = [{ at: 'metadata.labels.stage', is: stage }]
  if (level !== 'basic') where.push({ at: 'data.LEVEL', is: high })
  const named = maps[dice.roll(maps.length)] as KubeObject
  const isValue = level === 'advanced' && dice.roll(2) === 0
  const find = isValue ? 'value' : dice.pick(['names', 'count'] as const)
  const matching = maps.filter((map) => {
    const { labels } = map.metadata
    return (
      labels?.['stage'] === stage && (level === 'basic' || (map['data'] as Record<string, string>)['LEVEL'] === high)
    )
  })
  const answer: unknown = isValue
    ? (named['data'] as Record<string, string>)['SIZE']
    : find === 'count'
      ? matching.length
      : matching.map(({ metadata }) => metadata.name).toSorted()
  const question = isValue
    ? `What is the value of the key \`SIZE\` in the ConfigMap \`${named.metadata.name}\``
    : `${find === 'count' ? 'How many' : 'Which'} ConfigMaps have the label \`stage: ${stage}\`${level === 'basic' ? '' : ` and \`${high}\` as their \`LEVEL\``}`
  const wrongAnswer: unknown = isValue
    ? `${String(answer)}0`
    : find === 'count'
      ? matching.length + 1
      : [...matching.map(({ metadata }) => metadata.name), 'nobody']
  return {
    goals: [
      `${question} in the namespace \`${namespace}\`? Look, and change nothing`,
      `Tell me about the namespace \`${namespace}\`: ${question.charAt(0).toLowerCase()}${question.slice(1)}`,
    ],
    facts: [
      shown(world),
      `Answer with a YAML document that has the one field \`answer\`: ${isValue ? 'the value as text' : find === 'count' ? 'a number' : 'a list of names, empty when there are none'}.`,
    ],
    spec: {
      operation: 'read',
      namespace,
      objects: [],
      query: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        where: isValue ? [{ at: 'metadata.name', is: named.metadata.name }] : where,
        find,
        ...(isValue ? { at: 'data.SIZE' } : {}),
      },
      answer,
    },
    world,
    reference: [{ answer }],
    wrong: [
      { fails: 'L3', because: 'says something else', answer: [{ answer: wrongAnswer }] },
      {
        fails: 'L2',
        because: 'answers in another field',
        answer: [{ answer, explanation: 'I looked at the labels.' }],
      },
      { fails: 'L1', because: 'answers in prose', answer: 'I think that most of them are.\n' },
    ],
  }
}

/** Change this and nothing else. */
export function update(invention: Invention): Draft {
  const { dice, level, namespace, app } = invention
  const world = inventWorld(invention)
  const maps = world.filter(({ kind }) => kind === 'ConfigMap')
  const map = maps[dice.roll(maps.length)] as KubeObject
  const role = world.find(({ metadata }) => metadata.name === `${app}-editor`) as KubeObject
  const size = String(200 + dice.roll(700))
  const isRole = level === 'advanced' && dice.roll(2) === 0
  const changedMap = changed(map, (copy) => {
    Object.assign(copy['data'] as object, { SIZE: size })
    if (level !== 'basic') delete (copy['data'] as Record<string, unknown>)['LEVEL']
  })
  const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'update', 'delete'] }]
  const changedRole = { ...role, rules }
  const target = isRole ? role : map
  const reference = isRole ? changedRole : changedMap
  const others = world.filter((object) => object !== target)
  return {
    goals: [
      `Change the ${target.kind} \`${target.metadata.name}\` in the namespace \`${namespace}\`, and nothing else`,
      `Update \`${target.metadata.name}\` (a ${target.kind} in \`${namespace}\`); everything that is not named here stays as it is`,
    ],
    facts: [
      ...(isRole
        ? ['Who holds the role must be able to `delete` ConfigMaps as well, on top of what it allows now.']
        : [`The value of \`SIZE\` becomes \`${size}\`.`, ...(level === 'basic' ? [] : ['The key `LEVEL` goes away.'])]),
      'Answer with the whole object as it shall be; it is applied, and what it no longer says is removed.',
      shown(world),
    ],
    spec: {
      operation: 'update',
      namespace,
      objects: [
        isRole
          ? { apiVersion: role.apiVersion, kind: 'Role', name: role.metadata.name, rules }
          : {
              apiVersion: 'v1',
              kind: 'ConfigMap',
              name: map.metadata.name,
              data: changedMap['data'] as Record<string, string>,
            },
      ],
      effects: isRole ? [{ access: { role: { kind: 'Role', name: role.metadata.name }, rules, namespace } }] : [],
    },
    world,
    reference: [reference],
    wrong: [
      { fails: 'L3', because: 'leaves the object as it was', answer: [target] },
      {
        fails: isRole ? 'L3' : 'accuracy',
        because: isRole ? 'drops what the role allowed before' : 'drops the labels',
        answer: [
          isRole
            ? { ...role, rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['delete'] }] }
            : { ...reference, metadata: { name: target.metadata.name, namespace } },
        ],
      },
      {
        fails: 'L3',
        because: 'touches another object too',
        answer: [
          reference,
          changed(others[0] as KubeObject, (copy) => Object.assign(copy.metadata, { annotations: { touched: 'yes' } })),
        ],
      },
      {
        fails: 'accuracy',
        because: 'adds an annotation',
        answer: [changed(reference, (copy) => Object.assign(copy.metadata, { annotations: { 'changed-by': 'me' } }))],
      },
      {
        fails: 'L3',
        because: 'makes a new object in place of the old',
        answer: [{ ...reference, metadata: { ...reference.metadata, name: `${target.metadata.name}-v2` } }],
      },
    ],
  }
}

/** Delete exactly that. */
export function remove(invention: Invention): Draft {
  const { dice, level, namespace } = invention
  const world = inventWorld(invention).map((object, i) =>
    i === 0 ? changed(object, (copy) => Object.assign(copy.metadata.labels ?? {}, { stage: 'old' })) : object,
  )
  const maps = world.filter(({ kind }) => kind === 'ConfigMap')
  const old = maps.filter(({ metadata }) => metadata.labels?.['stage'] === 'old')
  const targets = level === 'basic' ? [maps[dice.roll(maps.length)] as KubeObject] : old
  const kept = world.find((object) => !targets.includes(object)) as KubeObject
  const bare = (object: KubeObject): unknown => ({
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { name: object.metadata.name, namespace },
  })
  const reference = targets.map(bare)
  return {
    goals: [
      level === 'basic'
        ? `Delete the ConfigMap \`${targets[0]?.metadata.name}\` in the namespace \`${namespace}\``
        : `Delete every ConfigMap with the label \`stage: old\` in the namespace \`${namespace}\``,
      level === 'basic'
        ? `The ConfigMap \`${targets[0]?.metadata.name}\` of \`${namespace}\` is no longer needed; remove it`
        : `Clean up \`${namespace}\`: its ConfigMaps labelled \`stage: old\` go`,
    ],
    facts: [
      'Everything else stays as it is.',
      'Answer with a YAML stream that names what is to be deleted, one document each with apiVersion, kind and metadata; it is given to `kubectl delete -f`.',
      shown(world),
    ],
    spec: {
      operation: 'delete',
      namespace,
      objects: targets.map(({ apiVersion, kind, metadata }) => ({ apiVersion, kind, name: metadata.name })),
    },
    world,
    reference,
    wrong: [
      { fails: 'L3', because: 'deletes more', answer: [...reference, bare(kept)] },
      { fails: 'L3', because: 'deletes something else', answer: [bare(kept)] },
      {
        fails: 'L2',
        because: 'names a kind that does not exist',
        answer: [...reference.slice(1), { ...(reference[0] as object), kind: 'ConfigMaps' }],
      },
      {
        fails: 'L3',
        because: 'deletes the whole namespace',
        answer: [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }],
      },
    ],
  }
}
