import { changed, type Invention, type Draft } from '../draft.ts'
import { people } from '../vocabulary.ts'

const settings: readonly [key: string, values: readonly string[]][] = [
  ['LOG_LEVEL', ['debug', 'info', 'warn', 'error']],
  ['TIMEOUT_SECONDS', ['15', '30', '45', '90']],
  ['FEATURE_EXPORT', ['on', 'off']],
  ['MAX_CONNECTIONS', ['20', '64', '250', '1000']],
  ['REGION', ['eu-north', 'eu-south', 'us-east']],
  ['RETRY_LIMIT', ['3', '5', '8']],
  ['CACHE_TTL', ['60s', '5m', '1h']],
  ['BATCH_SIZE', ['100', '500', '2000']],
  ['READ_ONLY', ['true', 'false']],
  ['LOCALE', ['de_DE', 'nb_NO', 'pt_PT']],
]

/** Settings of an application: plain keys, then whole files, then files that must never change again. */
export function configmap({ dice, level, namespace, app }: Invention): Draft {
  const name = `${app}-${dice.pick(['settings', 'config', 'defaults', 'options'])}`
  const chosen = dice.some(settings, level === 'basic' ? 2 + dice.roll(3) : 3)
  const data: Record<string, string> = Object.fromEntries(chosen.map(([key, values]) => [key, dice.pick(values)]))
  const facts = Object.entries(data).map(([key, value]) => `Its key \`${key}\` holds the text \`${value}\`.`)
  const labels: Record<string, string> = {}
  if (level !== 'basic') {
    const [file, content] = dice.pick(files)(dice.pick(['8080', '9090', '7070']), dice.pick(people))
    data[file] = content
    facts.push(
      `Its key \`${file}\` holds this file, line by line:\n\n  \`\`\`\n${content
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`)
        .join('\n')}\n  \`\`\``,
    )
    labels['app.kubernetes.io/name'] = app
    facts.push(`It has the label \`app.kubernetes.io/name\` with the value \`${app}\`.`)
  }
  const services =
    level === 'advanced' ? dice.some(['orders', 'stock', 'mail', 'audit', 'quotes', 'refunds'], 3 + dice.roll(3)) : []
  for (const service of services) {
    data[`svc-${service}.queue-dsn`] = `amqp://queue.${namespace}.svc:5672/${service}`
  }
  if (services.length > 0) {
    facts.push(
      `For each of the services ${services.join(', ')} it has a key \`svc-SERVICE.queue-dsn\` with the value \`amqp://queue.${namespace}.svc:5672/SERVICE\`.`,
    )
    facts.push('Once it is there, its content can never be changed, not even by an administrator.')
  }
  const immutable = services.length > 0
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, ...(level === 'basic' ? {} : { labels }) },
    data,
    ...(immutable ? { immutable } : {}),
  }
  const [firstKey = '', firstValue = ''] = Object.entries(data)[0] ?? []
  const change = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace },
    data: { ...data, [firstKey]: `${firstValue}-changed` },
  }
  return {
    goals: [
      `Create a ConfigMap called \`${name}\` in the namespace \`${namespace}\``,
      `The ${app} in namespace \`${namespace}\` reads its settings from a ConfigMap named \`${name}\`; write it`,
      `Put the configuration of ${app} into the ConfigMap \`${name}\` (namespace \`${namespace}\`)`,
    ],
    facts: [...facts, 'It has no other keys.'],
    spec: {
      namespace,
      objects: [{ apiVersion: 'v1', kind: 'ConfigMap', name, data, ...(level === 'basic' ? {} : { labels }) }],
      effects: immutable ? [{ denies: { object: change, because: 'immutable' } }] : [{ admits: { object: change } }],
    },
    reference: [object],
    wrong: [
      {
        fails: 'L2',
        because: 'has a value that is a number where the API wants text',
        answer: [changed(object, (copy) => Object.assign(copy.data, { [firstKey]: 42 }))],
      },
      {
        fails: 'L3',
        because: 'lacks a key',
        answer: [{ ...object, data: Object.fromEntries(Object.entries(data).slice(1)) }],
      },
      {
        fails: 'L3',
        because: 'has a key more than was asked for',
        answer: [{ ...object, data: { ...data, NOTE: 'added for convenience' } }],
      },
      {
        fails: 'L4',
        because: 'keeps a password in an annotation',
        answer: [{ ...object, metadata: { ...object.metadata, annotations: { 'queue-password': 'hunter2-hunter2' } } }],
      },
      {
        fails: 'accuracy',
        because: immutable ? 'can be changed afterwards' : 'can never be changed again',
        answer: [{ ...object, immutable: !immutable }],
      },
    ],
  }
}

const files: readonly ((port: string, person: string) => [string, string])[] = [
  (port, person) => [
    'server.properties',
    `port=${port}\nowner=${person}\nthreads.max=32\n# keep the next line\nshutdown.grace=20s\n`,
  ],
  (port) => ['nginx.conf', `server {\n  listen ${port};\n  location /healthz {\n    return 200 "ok";\n  }\n}\n`],
  (port, person) => [
    'app.yaml',
    `server:\n  port: ${port}\nowners:\n  - ${person}\nfeatures: {search: true, export: false}\n`,
  ],
  (_, person) => ['rules.json', `{\n  "owner": "${person}",\n  "allow": ["read", "list"],\n  "limit": 25\n}\n`],
  (port) => ['start.sh', `#!/bin/sh\nset -eu\nexec /usr/bin/app --port ${port} "$@"\n`],
]
