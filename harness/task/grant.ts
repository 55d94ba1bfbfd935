import { findKind } from '../base/kube-kinds.ts'
import { clusterViewRules, editRules, readVerbs, viewRules, writeVerbs, type RbacRule } from './permission-presets.ts'

/** One permission as an author writes it, understood. */
export interface Grant {
  text: string
  /** Rules that hold in the grant's namespaces, or in the whole cluster for what has no namespace. */
  rules: readonly RbacRule[]
  clusterRules: readonly RbacRule[]
  /** `task` for every namespace of the task. */
  namespaces: string[] | 'task' | 'all'
}

/**
 * Reads a permission: `edit` or `view`, or `VERB[,VERB] RESOURCE[,RESOURCE][/SUBRESOURCE][/NAME]`, each with
 * `-n NAMESPACE` where it is not for every namespace of the task. Answers what was expected when it cannot be one.
 */
export function parseGrant(text: string): Grant | { problem: string } {
  const match = /^(\S+)(?:\s+([^\s-]\S*))?(?:\s+(?:-n\s+([\w.,-]+)|(-A)))?$/.exec(text.trim())
  const [, verbWord = '', target, namespaceWord, allWord] = match ?? []
  if (!match)
    return { problem: `expected "edit", "view" or "VERB RESOURCE [-n NAMESPACE]", got ${JSON.stringify(text)}` }
  const namespaces = allWord ? 'all' : namespaceWord ? namespaceWord.split(',') : 'task'
  if (target === undefined) return preset(text, verbWord, namespaces)
  const verbs = expandVerbs(verbWord)
  if ('problem' in verbs) return verbs
  const rules: RbacRule[] = []
  const clusterRules: RbacRule[] = []
  for (const word of target.split(',')) {
    const resource = readResource(word)
    if ('problem' in resource) return resource
    const rule = {
      apiGroups: [resource.group],
      resources: [resource.resource],
      verbs: verbs.verbs,
      ...(resource.name === undefined ? {} : { resourceNames: [resource.name] }),
    }
    const refusal = refuse(rule, namespaces)
    if (refusal) return { problem: refusal }
    if (resource.isNamespaced === false) {
      if (namespaceWord) return { problem: `${resource.resource} have no namespace; leave -n out` }
      clusterRules.push(rule)
    } else rules.push(rule)
  }
  return { text, rules, clusterRules, namespaces }
}

const verbWords: Record<string, readonly string[]> = {
  read: readVerbs,
  write: writeVerbs,
  ...Object.fromEntries([...readVerbs, ...writeVerbs].map((verb) => [verb, [verb]])),
}

/** Rights that are the way to other rights, whatever they are granted on. */
const escalatingVerbs = ['bind', 'escalate', 'impersonate', 'approve', 'sign', '*']

function preset(text: string, word: string, namespaces: Grant['namespaces']): Grant | { problem: string } {
  if (word !== 'edit' && word !== 'view') {
    return { problem: `expected "edit", "view" or "VERB RESOURCE [-n NAMESPACE]", got ${JSON.stringify(text)}` }
  }
  if (word === 'edit' && namespaces === 'all') {
    return { problem: '"edit -A" would open the secrets of every namespace; name the namespaces with -n' }
  }
  return { text, rules: word === 'edit' ? editRules : viewRules, clusterRules: clusterViewRules, namespaces }
}

function expandVerbs(word: string): { verbs: string[] } | { problem: string } {
  const verbs: string[] = []
  for (const one of word.split(',')) {
    if (escalatingVerbs.includes(one)) return { problem: `${one} would let the agent take rights it was not given` }
    const expanded = verbWords[one]
    if (!expanded)
      return { problem: `expected verbs of ${Object.keys(verbWords).join(', ')}, got ${JSON.stringify(one)}` }
    verbs.push(...expanded)
  }
  return { verbs: [...new Set(verbs)] }
}

interface Resource {
  group: string
  resource: string
  name: string | undefined
  /** Undefined for custom resources. */
  isNamespaced: boolean | undefined
}

const subresources = new Set(
  'approval attach binding ephemeralcontainers eviction exec finalize log portforward proxy resize scale status token'.split(
    ' ',
  ),
)

/** `deployments`, `deploy/checkout`, `pods/log`, `pods/log/web-0`, `widgets.example.com/main`. */
function readResource(word: string): Resource | { problem: string } {
  const [kindWord = '', second, third, ...more] = word.split('/')
  const isSub = second !== undefined && subresources.has(second)
  const name = isSub ? third : second
  if (more.length > 0 || (!isSub && third !== undefined) || name === '' || name?.includes('*')) {
    return { problem: `expected RESOURCE, RESOURCE/NAME or RESOURCE/SUBRESOURCE, got ${JSON.stringify(word)}` }
  }
  const metrics = /^(pods|nodes)\.metrics\.k8s\.io$/.exec(kindWord)?.[1]
  const known = metrics ? undefined : findKind(kindWord)
  const dot = kindWord.indexOf('.')
  if (kindWord.includes('*') || (!known && dot <= 0)) {
    return {
      problem: `expected a resource such as deployments or widgets.example.com, got ${JSON.stringify(kindWord)}`,
    }
  }
  const plural = known?.plural ?? kindWord.slice(0, dot)
  return {
    group: known?.group ?? kindWord.slice(dot + 1),
    resource: isSub ? `${plural}/${second}` : plural,
    name,
    isNamespaced: metrics ? metrics === 'pods' : known?.isNamespaced,
  }
}

/** Why a rule must never be given to an agent, or undefined. */
function refuse(rule: RbacRule, namespaces: Grant['namespaces']): string | undefined {
  const [resource = ''] = rule.resources
  if (resource === 'secrets' && namespaces === 'all') {
    return '-A on secrets would open the secrets of every namespace; name the namespaces with -n'
  }
  if (resource === 'serviceaccounts/token') return 'serviceaccounts/token would let the agent become another identity'
  if (resource.endsWith('/proxy')) return `${resource} would lead around the gateway`
  if (resource === 'certificatesigningrequests/approval') {
    return 'certificatesigningrequests/approval would let the agent become another identity'
  }
  const isSystem = namespaces !== 'task' && namespaces !== 'all' && namespaces.includes('kube-system')
  if (isSystem && (resource === 'secrets' || resource === 'pods/exec' || resource === 'pods/attach')) {
    return `${resource} in kube-system would open the cluster itself`
  }
  return undefined
}
