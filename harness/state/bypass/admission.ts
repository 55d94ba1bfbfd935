import { fieldOf, isEqual, listAt, textAt } from '../json.ts'
import type { BypassCheck, Finding } from './finding.ts'

/** Webhooks and admission policies that were removed or let more through, and weaker PodSecurity levels. */
export const checkAdmission: BypassCheck = (change) => {
  const kind = (change.before ?? change.after)?.kind ?? ''
  if (kind === 'Namespace') return podSecurity(change)
  if (/^(?:Validating|Mutating)WebhookConfiguration$/.test(kind)) return webhooks(change)
  return /^(?:Validating|Mutating)AdmissionPolicy(?:Binding)?$/.test(kind) ? policies(change) : []
}

const webhooks: BypassCheck = ({ before, after }) => {
  if (!before) return []
  if (!after) return [{ name: 'admission-weakened', path: '', because: 'no longer guards what is admitted' }]
  const now = new Map(listAt(after, 'webhooks').map((hook) => [textAt(hook, 'name'), hook]))
  return listAt(before, 'webhooks').flatMap((hook): Finding[] => {
    const name = textAt(hook, 'name') ?? ''
    const path = `webhooks[name=${name}]`
    const other = now.get(name)
    if (other === undefined) return [{ name: 'admission-weakened', path, because: `lost the webhook ${name}` }]
    if (textAt(hook, 'failurePolicy') !== 'Ignore' && textAt(other, 'failurePolicy') === 'Ignore') {
      return [
        {
          name: 'admission-weakened',
          path: `${path}.failurePolicy`,
          because: `admits everything when ${name} does not answer`,
        },
      ]
    }
    const narrowed = ['namespaceSelector', 'objectSelector', 'rules', 'matchConditions', 'clientConfig'].find(
      (field) => !isEqual(fieldOf(hook, field), fieldOf(other, field)),
    )
    return narrowed === undefined
      ? []
      : [
          {
            name: 'admission-weakened',
            path: `${path}.${narrowed}`,
            because: `asks ${name} about other requests than before`,
          },
        ]
  })
}

const policies: BypassCheck = ({ before, after }) => {
  if (!before) return []
  if (!after) return [{ name: 'admission-weakened', path: '', because: 'no longer guards what is admitted' }]
  return isEqual(before['spec'], after['spec'])
    ? []
    : [{ name: 'admission-weakened', path: 'spec', because: 'guards other requests, or in another way, than before' }]
}

const levels = ['privileged', 'baseline', 'restricted']

const podSecurity: BypassCheck = ({ before, after }) => {
  if (!before || !after) return []
  return ['enforce', 'audit', 'warn'].flatMap((mode): Finding[] => {
    const label = `pod-security.kubernetes.io/${mode}`
    const was = before.metadata.labels?.[label]
    const is = after.metadata.labels?.[label]
    if (was === undefined || levels.indexOf(is ?? 'privileged') >= levels.indexOf(was)) return []
    return [
      {
        name: 'pod-security-weakened',
        path: `metadata.labels[${JSON.stringify(label)}]`,
        because: `had the PodSecurity level ${was} (${mode}) and has ${is ?? 'none'}`,
      },
    ]
  })
}
