import { KubeError, type KubeObject } from '../../base/kube-client.ts'
import { fieldOf, isEqual, isObject, listAt, objectAt, textAt } from '../../state/json.ts'
import type { AdmissionEffect, Effect } from '../../task/manifest-spec.ts'
import { valuesAt } from '../../../verifiers/objects/values-at.ts'
import { isFlowAllowed } from '../requirements/flow-allowed.ts'
import type { Finding } from '../verdict.ts'
import { checkAccess } from './access.ts'
import { poll } from './poll.ts'
import type { Site } from './site.ts'

/**
 * Whether everything is so in the cluster that the request was to bring about; the evidence is how often the cluster was
 * asked. Denials first: they take time to hold.
 */
export async function judgeEffects(site: Site): Promise<{ findings: Finding[]; evidence: Record<string, number> }> {
  const effects = site.task.spec.effects.toSorted((a, b) => Number('denies' in b) - Number('denies' in a))
  const findings: Finding[] = []
  const evidence: Record<string, number> = {}
  for (const effect of effects) {
    const [name = ''] = Object.keys(effect)
    const { wrong, asked = 0 } = await judgeEffect(site, effect)
    for (const because of wrong) findings.push({ id: `accuracy/${name}`, because })
    evidence[name] = (evidence[name] ?? 0) + asked
  }
  return { findings, evidence }
}

interface Judged {
  wrong: string[]
  asked?: number
}

async function judgeEffect(site: Site, effect: Effect): Promise<Judged> {
  if ('access' in effect) return checkAccess(site, effect.access)
  if ('denies' in effect) return judgeAdmission(site, effect.denies, false)
  if ('admits' in effect) return judgeAdmission(site, effect.admits, true)
  if ('pod-gets' in effect) return judgePod(site, effect['pod-gets'])
  if ('reaches' in effect) return judgeReaches(site, effect.reaches)
  if ('serves' in effect) return judgeServes(site, effect.serves)
  if ('routes' in effect) return judgeRoutes(site, effect.routes)
  if ('evicts' in effect) return judgeEviction(site, effect.evicts)
  return judgeFlow(site, effect.flows)
}

type Of<K extends string> = Extract<Effect, Record<K, unknown>> extends Record<K, infer T> ? T : never

/** What the server says of an object that nobody keeps; undefined when it takes it. */
async function dryRun(site: Site, object: KubeObject): Promise<string | undefined> {
  const namespace = object.metadata.namespace ?? site.namespace
  const placed = { ...object, metadata: { ...object.metadata, ...(namespace === undefined ? {} : { namespace }) } }
  try {
    await site.client.patch(await site.client.pathOf(placed), placed, {
      contentType: 'application/apply-patch+yaml',
      query: { fieldManager: 'kubemend-probe', force: true, dryRun: 'All' },
      signal: site.signal,
    })
    return undefined
  } catch (error) {
    if (error instanceof KubeError) return error.message
    throw error
  }
}

async function judgeAdmission(
  site: Site,
  { object, because = '' }: AdmissionEffect,
  isAdmitted: boolean,
): Promise<Judged> {
  const isRight = (refusal: string | undefined): boolean =>
    isAdmitted ? refusal === undefined : refusal?.includes(because) === true
  const refusal = await poll(() => dryRun(site, object), isRight, {
    withinMs: isAdmitted ? 5_000 : 15_000,
    signal: site.signal,
  })
  if (isRight(refusal)) return { wrong: [], asked: 1 }
  const what = `${object.kind}/${object.metadata.name}`
  if (isAdmitted) return { wrong: [`${what} is refused: ${refusal}`] }
  return {
    wrong: [refusal === undefined ? `${what} is accepted` : `${what} is refused for another reason: ${refusal}`],
  }
}

async function judgePod(site: Site, wanted: Of<'pod-gets'>): Promise<Judged> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'kubemend-probe' },
    spec: {
      serviceAccountName: wanted.serviceAccount,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'probe',
          image: 'registry.k8s.io/pause:3.10',
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  }
  const path = `/api/v1/namespaces/${site.namespace}/pods`
  const ask = async (): Promise<KubeObject | string> => {
    try {
      return await site.client.create(path, pod, { query: { dryRun: 'All' } })
    } catch (error) {
      if (error instanceof KubeError) return error.message
      throw error
    }
  }
  const made = await poll(ask, (answer) => typeof answer !== 'string', { withinMs: 10_000, signal: site.signal })
  if (typeof made === 'string') return { wrong: [`no pod can run under it: ${made}`] }
  const hasToken = listAt(made, 'spec', 'volumes').some((volume) =>
    listAt(volume, 'projected', 'sources').some(
      (source) => isObject(source) && source['serviceAccountToken'] !== undefined,
    ),
  )
  const secrets = listAt(made, 'spec', 'imagePullSecrets').map((one) => textAt(one, 'name') ?? '')
  const wrong: string[] = []
  if (hasToken !== wanted.token) wrong.push(`a pod that runs under it gets ${hasToken ? 'a' : 'no'} token`)
  if (wanted.imagePullSecrets && !isEqual(secrets.toSorted(), wanted.imagePullSecrets.toSorted())) {
    wrong.push(`a pod that runs under it pulls images with ${secrets.join(', ') || 'no secret'}`)
  }
  return { wrong, asked: 1 }
}

async function judgeReaches(site: Site, { withinSeconds, at, is, ...object }: Of<'reaches'>): Promise<Judged> {
  const look = async (): Promise<unknown> => valuesAt(await site.find(object), at)[0]?.value
  const value = await poll(look, (found) => isEqual(found, is), { withinMs: withinSeconds * 1000, signal: site.signal })
  if (isEqual(value, is)) return { wrong: [], asked: 1 }
  return {
    wrong: [
      `${at} of ${object.kind}/${object.name} is ${JSON.stringify(value) ?? 'missing'}, not ${JSON.stringify(is)}`,
    ],
  }
}

async function judgeServes(site: Site, { service, port, path, body }: Of<'serves'>): Promise<Judged> {
  const at = `/api/v1/namespaces/${site.namespace}/services/${service}:${port}/proxy${path}`
  const ask = (): Promise<{ status: number; text: string }> =>
    site.client.requestAnswer('GET', at, { timeoutMs: 10_000 })
  const answer = await poll(ask, ({ status, text }) => status === 200 && text.includes(body), {
    withinMs: 60_000,
    signal: site.signal,
  })
  if (answer.status === 200 && answer.text.includes(body)) return { wrong: [], asked: 1 }
  return {
    wrong: [`Service/${service} answers ${answer.status} ${JSON.stringify(answer.text.slice(0, 100))} on port ${port}`],
  }
}

/** Follows an Ingress's rules to a Service and asks that; no ingress controller takes part. */
async function judgeRoutes(site: Site, { ingress, host, path, body }: Of<'routes'>): Promise<Judged> {
  const object = await site.find({ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: ingress })
  const rules = listAt(object, 'spec', 'rules').filter((rule) => [undefined, host].includes(textAt(rule, 'host')))
  const paths = rules.flatMap((rule) => listAt(rule, 'http', 'paths')).filter((one) => isPathMatch(one, path))
  const best = paths.toSorted((a, b) => (textAt(b, 'path') ?? '').length - (textAt(a, 'path') ?? '').length)[0]
  const backend = objectAt(
    best ?? object?.['spec'],
    ...(best === undefined ? ['defaultBackend'] : ['backend']),
    'service',
  )
  const name = textAt(backend, 'name')
  if (name === undefined) return { wrong: [`Ingress/${ingress} leads http://${host}${path} nowhere`] }
  const port = fieldOf(backend, 'port', 'number') ?? fieldOf(backend, 'port', 'name')
  return judgeServes(site, { service: name, port: port as number | string, path: '/', body })
}

function isPathMatch(rule: unknown, path: string): boolean {
  const own = textAt(rule, 'path') ?? '/'
  if (textAt(rule, 'pathType') === 'Exact') return own === path
  const prefix = own.replace(/\/$/, '')
  return path === prefix || path.startsWith(`${prefix}/`)
}

async function judgeFlow(site: Site, flows: Of<'flows'>): Promise<Judged> {
  const namespace = site.namespace ?? 'default'
  const policies = await site.client.list(`/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`)
  if (isFlowAllowed(policies, flows, namespace) === flows.open) return { wrong: [], asked: 1 }
  return {
    wrong: [
      `the policies ${flows.open ? 'block' : 'let through'} ${JSON.stringify(flows.from.labels)} to ${JSON.stringify(flows.to.labels)} on ${flows.port}`,
    ],
  }
}

async function judgeEviction(site: Site, { labels, allowed }: Of<'evicts'>): Promise<Judged> {
  const path = `/api/v1/namespaces/${site.namespace}/pods`
  const labelSelector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
  const ask = async (): Promise<boolean | string> => {
    const [pod] = await site.client.list(path, { query: { labelSelector } })
    if (!pod) return `there is no pod with ${labelSelector}`
    const { status, text } = await site.client.requestAnswer('POST', `${path}/${pod.metadata.name}/eviction`, {
      body: {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: pod.metadata.name },
        deleteOptions: { dryRun: ['All'] },
      },
      query: { dryRun: 'All' },
    })
    return status < 300 ? true : status === 429 ? false : text
  }
  const answer = await poll(ask, (found) => found === allowed, { withinMs: 30_000, signal: site.signal })
  if (answer === allowed) return { wrong: [], asked: 1 }
  return {
    wrong: [typeof answer === 'string' ? answer : `a pod with ${labelSelector} may ${answer ? '' : 'not '}be evicted`],
  }
}
