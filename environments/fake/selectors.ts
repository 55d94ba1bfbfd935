import type { KubeObject } from '../../harness/base/kube-client.ts'

/** Whether an object is among those that label and field selectors of a request choose. */
export function isSelected(object: KubeObject, labelSelector: string | null, fieldSelector: string | null): boolean {
  const labels = object.metadata.labels ?? {}
  return (
    splitTerms(labelSelector ?? '').every((term) => matchesLabel(labels, term)) &&
    splitTerms(fieldSelector ?? '').every((term) => matchesField(object, term))
  )
}

/** Terms are parted by commas, but not by those inside `in (a,b)`. */
function splitTerms(selector: string): string[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter(Boolean)
}

function matchesLabel(labels: Record<string, string>, term: string): boolean {
  const among = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(term)
  if (among) {
    const [, key = '', operator, list = ''] = among
    const isIn = list
      .split(',')
      .map((value) => value.trim())
      .includes(labels[key] ?? '\0')
    return operator === 'in' ? isIn : !isIn
  }
  const comparison = /^([^!=]+)(!=|==|=)(.*)$/.exec(term)
  if (comparison) {
    const [, key = '', operator, value] = comparison
    return operator === '!=' ? labels[key.trim()] !== value : labels[key.trim()] === value
  }
  return term.startsWith('!') ? !(term.slice(1) in labels) : term in labels
}

function matchesField(object: KubeObject, term: string): boolean {
  const [, path = '', operator, value] = /^([^!=]+)(!=|==|=)(.*)$/.exec(term) ?? []
  const found = path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], object)
  const text = typeof found === 'object' ? '' : `${(found ?? '') as string | number | boolean}`
  const isEqual = text === value
  return operator === '!=' ? !isEqual : isEqual
}
