import { changed, type Draft, type Invention } from '../draft.ts'
import { people } from '../vocabulary.ts'

/** Credentials: own keys, then the typed secrets of Kubernetes, then such that must never change. */
export function secret({ dice, level, namespace, app }: Invention): Draft {
  const name = `${app}-${dice.pick(['credentials', 'login', 'keys', 'access'])}`
  const word = (): string =>
    `${dice.pick(['amber', 'basalt', 'cedar', 'delta', 'ember', 'fjord'])}-${dice.roll(9000) + 1000}`
  const kind =
    level === 'basic'
      ? 'Opaque'
      : dice.pick(['kubernetes.io/basic-auth', 'kubernetes.io/dockerconfigjson', 'kubernetes.io/ssh-auth', 'Opaque'])
  const data: Record<string, string> = contentOf(kind, dice.pick(people), word, namespace)
  if (kind === 'Opaque')
    for (const key of dice.some(['api-key', 'signing-key', 'webhook', 'salt'], level === 'basic' ? 1 : 2))
      data[key] = word()
  const immutable = level === 'advanced'
  const labels = level === 'basic' ? {} : { 'app.kubernetes.io/part-of': app }
  const object = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, ...(level === 'basic' ? {} : { labels }) },
    type: kind,
    stringData: data,
    ...(immutable ? { immutable } : {}),
  }
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  const [firstKey = '', firstValue = ''] = Object.entries(data)[0] ?? []
  const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)]))
  const { stringData: _, ...bare } = object
  const change = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    type: kind,
    data: { ...encoded, [firstKey]: base64(kind.endsWith('json') ? '{"auths":{}}' : 'changed') },
  }
  return {
    goals: [
      `Create the Secret \`${name}\` in namespace \`${namespace}\` with the credentials of ${app}`,
      `Store the credentials that ${app} uses in a Secret named \`${name}\` in \`${namespace}\``,
      `We need a Secret \`${name}\` (namespace \`${namespace}\`) for ${app}`,
    ],
    facts: [
      `Its type is \`${kind}\`.`,
      ...Object.entries(data).map(([key, value]) => `The decoded value of \`${key}\` is \`${value}\`.`),
      'It has no other keys.',
      ...(level === 'basic' ? [] : [`It has the label \`app.kubernetes.io/part-of: ${app}\`.`]),
      ...(immutable ? ['After it is made nobody can change its values; it can only be deleted.'] : []),
    ],
    spec: {
      namespace,
      objects: [
        {
          apiVersion: 'v1',
          kind: 'Secret',
          name,
          data,
          ...(level === 'basic' ? {} : { labels }),
          fields: kind === 'Opaque' ? [] : [{ at: 'type', is: kind }],
        },
      ],
      effects: immutable ? [{ denies: { object: change, because: 'immutable' } }] : [{ admits: { object: change } }],
    },
    reference: [object],
    wrong: [
      {
        fails: 'L2',
        because: 'has plain text where the API wants base64',
        answer: [{ ...bare, data: { ...encoded, [firstKey]: `${firstValue}!` } }],
      },
      {
        fails: 'L3',
        because: 'is encoded twice',
        answer: [
          { ...bare, data: Object.fromEntries(Object.entries(encoded).map(([key, value]) => [key, base64(value)])) },
        ],
      },
      {
        fails: 'L3',
        because: 'has another value',
        answer: [changed(object, (copy) => Object.assign(copy.stringData, { [firstKey]: `${firstValue}0` }))],
      },
      {
        fails: 'L4',
        because: 'repeats a credential in an annotation',
        answer: [{ ...object, metadata: { ...object.metadata, annotations: { 'admin-password': firstValue } } }],
      },
      {
        fails: 'accuracy',
        because: immutable ? 'can be changed afterwards' : 'can never be changed again',
        answer: [{ ...object, immutable: !immutable }],
      },
      {
        fails: 'L3',
        because: 'is a ConfigMap',
        answer: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: object.metadata, data: {} }],
      },
    ],
  }
}

function contentOf(kind: string, person: string, word: () => string, namespace: string): Record<string, string> {
  switch (kind) {
    case 'kubernetes.io/basic-auth':
      return { username: person, password: word() }
    case 'kubernetes.io/ssh-auth':
      return { 'ssh-privatekey': `not-a-real-key-${word()}` }
    case 'kubernetes.io/dockerconfigjson':
      return {
        '.dockerconfigjson': JSON.stringify({
          auths: { [`registry.${namespace}.example`]: { username: person, password: word() } },
        }),
      }
    default:
      return { username: person, password: word() }
  }
}
