import { z } from 'zod'
import { InputError } from '../../harness/base/errors.ts'
import { collectionPath } from '../../harness/base/kube-client.ts'
import { parseGrants } from '../../harness/state/rbac/grants.ts'
import type { Permission } from '../../harness/state/rbac/permission.ts'
import { findResource } from '../objects/find-object.ts'
import {
  defineVerifier,
  isVerdict,
  met,
  notMet,
  unknown,
  type Verdict,
  type Verifier,
  type VerifyContext,
} from '../verifier.ts'

const sentence = z.string().refine((text) => isSentence(text), {
  error: (issue) => `expected "get,list pods -n shop" or "get /metrics", got ${JSON.stringify(issue.input)}`,
})

/** Somebody may do what they should, and may not do what they should not. */
export const canI: Verifier = defineVerifier({
  name: 'can-i',
  summary: 'A user or service account is allowed exactly what it should be, by the cluster’s own judgement.',
  params: z.strictObject({
    as: z
      .string()
      .min(1)
      .meta({ description: 'A user, or a service account as system:serviceaccount:NAMESPACE:NAME.' }),
    groups: z
      .array(z.string())
      .default([])
      .meta({ description: 'Groups, beside those that service accounts are always in.' }),
    allow: z.array(sentence).default([]).meta({ description: 'What must be allowed: "get,list pods -n shop".' }),
    deny: z.array(sentence).default([]).meta({ description: 'What must be denied.' }),
  }),
  example:
    'can-i: { as: "system:serviceaccount:shop:reporter", allow: ["get pods -n shop"], deny: ["get secrets -n shop"] }',
  details:
    'Asks the API server (SubjectAccessReview), so aggregation, webhooks and all that counts, counts; nothing is made. ' +
    '`VERB[,VERB] RESOURCE[.GROUP][/SUBRESOURCE][/NAME] [-n NAMESPACE]`; without `-n` the question is about all ' +
    'namespaces at once. A service account that does not exist is allowed nothing, and a resource that the cluster does not serve is unknown unless its group is named. What is neither in `allow` nor in `deny` is not ' +
    'judged here: that no power grew is what the comparison of the whole cluster says.',
  async verify({ as, groups, allow, deny }, context) {
    const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(as)
    if (account) {
      const [, namespace, name] = account
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`
      const found = await context.client.find(path, { signal: context.signal })
      if (!found && allow.length > 0) return notMet(`there is no serviceaccount/${name} in namespace ${namespace}`)
    }
    const who = { user: as, groups: [...groups, ...groupsOf(account?.[1])] }
    const wrong: string[] = []
    for (const [sentences, wanted] of [
      [allow, true],
      [deny, false],
    ] as const) {
      for (const text of sentences) {
        const questions = await questionsOf(context, text)
        if (isVerdict(questions)) return questions
        for (const question of questions) {
          const isAllowed = await review(context, who, question)
          if (isAllowed !== wanted) wrong.push(`${wanted ? 'may not' : 'may'} ${wordQuestion(question)}`)
        }
      }
    }
    if (wrong.length > 0) return notMet(`${as} ${wrong.join(', and ')}`, { wrong })
    return met(`${as} may do all ${allow.length} it should and none of ${deny.length} it should not`, { allow, deny })
  },
})

/** One question to the API server: the attributes of a SubjectAccessReview. */
interface Question {
  verb: string
  path?: string
  group?: string
  resource?: string
  subresource?: string
  name?: string
  namespace?: string
}

/** What a sentence may mean, and whether the cluster serves what that is about. */
interface Candidate {
  question: Question
  isServed: boolean
}

/** One question per verb; the resource's group is the one that the cluster serves it in, unless told. */
async function questionsOf(context: VerifyContext, text: string): Promise<Question[] | Verdict> {
  const asked = parseGrants({ it: [text] }).get('it') ?? []
  const questions = await Promise.all(asked.map((permission) => toQuestion(context, permission)))
  // a word may be a singular or a plural: what the cluster serves is what was meant
  const served = questions.filter(({ isServed }) => isServed)
  const meant = (served.length > 0 ? served : questions.filter(hasGroup)).map(({ question }) => question)
  if (meant.length === 0) return unknown(`the cluster serves no resource that ${JSON.stringify(text)} could mean`)
  return [...new Map(meant.map((question) => [JSON.stringify(question), question])).values()]
}

async function toQuestion(
  context: VerifyContext,
  { verb, url, resource, group, name, namespace }: Permission,
): Promise<Candidate> {
  if (url !== undefined) return { question: { verb, path: url }, isServed: true }
  const [word = '', subresource] = resource.split('/')
  const more = {
    verb,
    ...(subresource === undefined ? {} : { subresource }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  }
  if (word === '*') return { question: { ...more, resource: '*', group }, isServed: true }
  const served = await findResource(context.client, group === '*' || group === '' ? word : `${word}.${group}`)
  if (served) return { question: { ...more, resource: served.plural, group: served.group }, isServed: true }
  return { question: { ...more, resource: word, group }, isServed: false }
}

function hasGroup({ question: { group } }: Candidate): boolean {
  return group !== undefined && group !== '' && group !== '*'
}

async function review(
  context: VerifyContext,
  who: { user: string; groups: string[] },
  { path, verb, ...attributes }: Question,
): Promise<boolean> {
  const spec =
    path === undefined
      ? { ...who, resourceAttributes: { verb, ...attributes } }
      : { ...who, nonResourceAttributes: { verb, path } }
  const answer = await context.client.create<{ status?: { allowed?: boolean } }>(
    collectionPath({ group: 'authorization.k8s.io', version: 'v1', plural: 'subjectaccessreviews' }),
    { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec },
    { signal: context.signal },
  )
  return answer.status?.allowed === true
}

function groupsOf(namespace: string | undefined): string[] {
  const accounts = namespace === undefined ? [] : ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
  return [...accounts, 'system:authenticated']
}

function wordQuestion({ verb, path, resource, subresource, group, name, namespace }: Question): string {
  if (path !== undefined) return `${verb} ${path}`
  const what = [resource, subresource].filter(Boolean).join('/') + (group ? `.${group}` : '')
  const where = namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`
  return `${verb} ${what}${name === undefined ? '' : ` ${name}`} ${where}`
}

function isSentence(text: string): boolean {
  try {
    return parseGrants({ it: [text] }).size > 0
  } catch (error) {
    if (error instanceof InputError) return false
    throw error
  }
}
