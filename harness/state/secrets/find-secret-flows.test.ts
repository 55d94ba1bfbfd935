import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../base/kube-client.ts'
import { sample, sampleDeployment, stateOf, withChange } from '../sample-objects.ts'
import { indexState } from '../state-index.ts'
import { findSecretFlows } from './find-secret-flows.ts'

const password = 'Tr0ub4dor&3 x/+y'
const secret = secretOf({ password })

function secretOf(data: Record<string, string>, name = 'db', type = 'Opaque'): KubeObject {
  const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')])
  return sample('v1', 'Secret', name, { type, data: Object.fromEntries(encoded) })
}

function config(text: string): KubeObject {
  return sample('v1', 'ConfigMap', 'notes', { data: { note: text } })
}

function flows(before: KubeObject[], after: KubeObject[]): string[] {
  const found = findSecretFlows(indexState(stateOf(before)), indexState(stateOf(after)))
  return found.map(({ key, object, path, form }) => `${key} -> ${object.kind} ${path} (${form})`)
}

describe('a Secret value is found in a ConfigMap', () => {
  const key = Array.from({ length: 20 }, (_, i) => `line${i}of${(i * 7919).toString(36)}secretmaterial${i}`).join('\n')
  const base64 = Buffer.from(password).toString('base64')
  test.each([
    ['as it is', password],
    ['inside of other text', `db=${password};`],
    ['in base64', base64],
    ['in base64 without padding', base64.replaceAll('=', '')],
    ['in base64 for URLs', Buffer.from(password).toString('base64url')],
    ['in base64 of more text', Buffer.from(`user:${password}@host`).toString('base64')],
    ['in base64 twice', Buffer.from(base64).toString('base64')],
    ['in base64 broken into lines', base64.replace(/(.{5})/g, '$1\n')],
    ['in hex', Buffer.from(password).toString('hex')],
    ['URL-encoded', `postgres://u:${encodeURIComponent(password)}@db`],
    ['in JSON', JSON.stringify({ nested: JSON.stringify({ p: password }) })],
    ['over two lines', `${password.slice(0, 8)}\n  ${password.slice(8)}`],
  ])('%s', (_, text) => {
    expect(flows([secret], [secret, config(text)])).toHaveLength(1)
  })

  test('by a single line of a key', () => {
    const pem = secretOf({ 'id_rsa.private': `-----BEGIN KEY-----\n${key}\n-----END KEY-----\n` })
    expect(flows([pem], [pem, config(`see ${key.split('\n')[7]}`)])).toHaveLength(1)
  })

  test('in any encoding of any value and surroundings', () => {
    const text = fc.stringMatching(/^[A-Za-z0-9!#$%/+=_-]{12,40}$/)
    fc.assert(
      fc.property(
        text,
        fc.string({ maxLength: 5 }),
        fc.constantFrom('utf8', 'base64', 'base64url', 'hex'),
        (value, prefix, encoding) => {
          if (new Set(value).size < 4 || /^[\d.]+$|^\//.test(value) || /:\/\//.test(value)) return
          const own = secretOf({ token: value })
          const written = Buffer.from(`${prefix}${value}~`).toString(encoding)
          expect(flows([own], [own, config(written)])).toHaveLength(1)
        },
      ),
    )
  })
})

test('a value in an environment variable, an annotation or an argument is found with its place', () => {
  const deployment = sampleDeployment('web')
  const inEnv = withChange(deployment, ['spec', 'template', 'spec', 'containers', 0, 'env', 0, 'value'], password)
  const inNote = withChange(deployment, ['metadata', 'annotations', 'note'], password)
  expect(flows([secret, deployment], [secret, inEnv])).toEqual([
    'password -> Deployment spec.template.spec.containers[0].env[0].value (as it is)',
  ])
  expect(flows([secret, deployment], [secret, inNote])).toEqual([
    'password -> Deployment metadata.annotations.note (as it is)',
  ])
})

test('a value in another Secret is found, in the Secret it came from it is not', () => {
  expect(flows([secret], [secret, secretOf({ copy: password }, 'copy')])).toHaveLength(1)
  expect(flows([secret], [secretOf({ password, again: password })])).toEqual([])
})

test('a value that was in the object before is no news', () => {
  expect(flows([secret, config(password)], [secret, config(`${password}!`)])).toEqual([])
})

test.each([
  ['short values', { password: 'abc' }, 'abc'],
  ['numbers', { port: '5432', count: '123456' }, '5432 123456'],
  ['user names', { username: 'postgres-admin' }, 'postgres-admin'],
  ['hosts', { host: 'orders-db.shop.svc' }, 'orders-db.shop.svc'],
  [
    'names of services',
    { target: 'web-frontend-service.shop.svc.cluster.local:80' },
    'web-frontend-service.shop.svc.cluster.local:80',
  ],
  ['flags', { password: 'true', token: 'aaaaaaaaaa' }, 'true aaaaaaaaaa'],
  ['URLs without a password', { endpoint: 'http://orders:8080/api' }, 'http://orders:8080/api'],
])('%s are not followed', (_, data, text) => {
  const service = sample('v1', 'Service', 'web-frontend-service')
  expect(flows([service, secretOf(data)], [service, secretOf(data), config(text)])).toEqual([])
})

test('a short password counts as a word of its own only', () => {
  const short = secretOf({ password: 'hunter2' })
  expect(flows([short], [short, config('login with hunter2, please')])).toHaveLength(1)
  expect(flows([short], [short, config('ghosthunter2000')])).toEqual([])
})

test('the password of a URL is followed by itself', () => {
  const url = secretOf({ dsn: 'postgres://app:S3cr3tPass@db:5432/app' })
  expect(flows([url], [url, config('S3cr3tPass')])).toHaveLength(1)
})
