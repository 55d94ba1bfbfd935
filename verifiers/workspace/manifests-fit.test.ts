import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { KubeClient } from '../../harness/base/kube-client.ts'
import type { Verdict } from '../verifier.ts'
import { manifestsFit } from './manifests-fit.ts'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'manifests-fit-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

type Json = Record<string, unknown>

const settings = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'mail' },
  data: { HOST: 'x' },
}
const container = {
  name: 'sender',
  image: 'a',
  ports: [{ name: 'http', containerPort: 8080 }],
  env: [{ name: 'HOST', valueFrom: { configMapKeyRef: { name: 'settings', key: 'HOST' } } }],
  readinessProbe: { httpGet: { path: '/', port: 'http' } },
}
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'mail', namespace: 'mail' },
  spec: { selector: { app: 'mail' }, ports: [{ name: 'web', port: 80, targetPort: 'http' }] },
}
const budget = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'mail', namespace: 'mail' },
  spec: { selector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['mail'] }] } },
}
const policy = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'mail', namespace: 'mail' },
  spec: { podSelector: { matchLabels: { app: 'mail' } }, ingress: [{ ports: [{ port: 'http' }, { port: 9090 }] }] },
}
const ingress = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name: 'mail', namespace: 'mail' },
  spec: { rules: [{ http: { paths: [{ backend: { service: { name: 'mail', port: { name: 'web' } } } }] } }] },
}
const others = [settings, service, budget, policy, ingress]

describe('manifests-fit', () => {
  it('is met when everything refers to what is there', async () => {
    expect(await judge([deployment(), ...others])).toMatchObject({
      status: 'met',
      because: 'all 6 objects in 1 files fit together',
    })
  })

  it.each<[string, Json[], string]>([
    [
      'a selector that is not of its pods',
      [deployment({ labels: { app: 'post' } }), settings],
      'deployment/mail its selector does not match the labels of its pods',
    ],
    [
      'a probe of a port with another name',
      [deployment({ ports: [{ name: 'web', containerPort: 8080 }] }), settings],
      'deployment/mail readinessProbe of sender asks the port http, which sender does not have',
    ],
    [
      'a key that the ConfigMap lacks',
      [deployment(), { ...settings, data: { SERVER: 'x' } }],
      'deployment/mail wants the key HOST of ConfigMap/settings, which has no such key',
    ],
    [
      'a Service of no pods',
      [deployment(), settings, { ...service, spec: { ...service.spec, selector: { app: 'post' } } }],
      'service/mail selects no pods',
    ],
    [
      'a Service in another namespace',
      [deployment(), settings, { ...service, metadata: { name: 'mail', namespace: 'post' } }],
      'service/mail selects no pods',
    ],
    [
      'a Service of a port with another name',
      [deployment(), settings, { ...service, spec: { ...service.spec, ports: [{ port: 80, targetPort: 'web' }] } }],
      'service/mail sends to the port web, which deployment/mail does not have',
    ],
    [
      'a budget of no pods',
      [deployment(), settings, { ...budget, spec: { selector: { matchLabels: { app: 'post' } } } }],
      'poddisruptionbudget/mail selects no pods',
    ],
    [
      'a policy for a port with another name',
      [deployment(), settings, { ...policy, spec: { ...policy.spec, ingress: [{ ports: [{ port: 'metrics' }] }] } }],
      'networkpolicy/mail lets in to the port metrics, which its pods do not have',
    ],
    [
      'an Ingress to a port that the Service lacks',
      [deployment(), settings, { ...service, spec: { ...service.spec, ports: [{ name: 'api', port: 80 }] } }, ingress],
      'ingress/mail leads to a port that service/mail does not have',
    ],
    ['nothing that runs', [settings], '. holds nothing that runs'],
  ])('is not met by %s', async (_, objects, because) => {
    const verdict = await judge(objects)
    expect(verdict.status).toBe('not-met')
    expect(verdict.because.replace(/^all\.yaml:\d+: /, '')).toBe(because)
  })

  it('does not ask for keys that are optional, or of what the folder does not have', async () => {
    const optional = [{ name: 'A', valueFrom: { secretKeyRef: { name: 'settings', key: 'GONE', optional: true } } }]
    expect(await judge([deployment({ env: optional }), settings])).toMatchObject({ status: 'met' })
    expect(await judge([deployment()])).toMatchObject({ status: 'met' })
  })

  it('is indifferent to which side was changed', async () => {
    const renamed = deployment({ labels: { app: 'post' }, selector: { matchLabels: { app: 'post' } } })
    expect(
      await judge([renamed, settings, { ...service, spec: { ...service.spec, selector: { app: 'post' } } }]),
    ).toMatchObject({
      status: 'met',
    })
  })

  it('says which file cannot be read', async () => {
    await writeFile(path.join(dir, 'broken.yaml'), 'a: [')
    expect((await judge([deployment(), settings])).because).toMatch(/^broken\.yaml: /)
  })
})

function deployment(changes: { labels?: Json; selector?: Json; ports?: Json[]; env?: Json[] } = {}): Json {
  const {
    labels = { app: 'mail', version: '1' },
    selector = { matchLabels: { app: 'mail' } },
    ...inContainer
  } = changes
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'mail', namespace: 'mail' },
    spec: { selector, template: { metadata: { labels }, spec: { containers: [{ ...container, ...inContainer }] } } },
  }
}

async function judge(objects: Json[]): Promise<Verdict> {
  await writeFile(
    path.join(dir, 'all.yaml'),
    objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n'),
  )
  return manifestsFit.verify(
    { folder: '.' },
    {
      client: new KubeClient({ server: 'http://127.0.0.1:1' }),
      execInPod: () => Promise.reject(new Error('there is no cluster')),
      baseline: undefined,
      workspace: dir,
      signal: new AbortController().signal,
    },
  )
}
