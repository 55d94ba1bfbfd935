import type { KubeObject } from '../base/kube-client.ts'
import { jsonPatch, strategicPatch, type ObjectChange } from './compare-objects.ts'
import { heredoc, patchLine, quote, target } from './operators/unsafe.ts'

/** Ways to bring about the same change: people have their habits. */
export type RepairStyle = 'json-patch' | 'replace' | 'merge'

/** Lines of a script that make one object of the other. */
export function repairLines({ on, before, after }: ObjectChange, style: RepairStyle): string[] {
  if (!after) return [`kubectl delete ${target(on)}`]
  if (!before) return heredoc(style === 'json-patch' ? 'kubectl create' : 'kubectl apply', after)
  const operations = jsonPatch(before, after)
  if (style === 'json-patch') return [patchLine(on, operations)]
  if (style === 'replace')
    return [
      `kubectl get ${target(on)} -o json |`,
      `  jq ${quote(operations.map(jqFilter).join(' | '))} |`,
      '  kubectl replace -f -',
    ]
  return [
    `kubectl patch ${target(on)} --type=strategic --patch ${quote(JSON.stringify(withoutIdentity(strategicPatch(before, after))))}`,
  ]
}

function jqFilter({ op, path, value }: { op: string; path: string; value?: unknown }): string {
  const steps = path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step))
  return op === 'remove'
    ? `delpaths([${JSON.stringify(steps)}])`
    : `setpath(${JSON.stringify(steps)}; ${JSON.stringify(value)})`
}

/** A patch names its object on the command line. */
function withoutIdentity(patch: KubeObject): Record<string, unknown> {
  const meta = Object.entries(patch.metadata).filter(([field]) => field !== 'name' && field !== 'namespace')
  const rest = Object.entries(patch).filter(([field]) => !['apiVersion', 'kind', 'metadata'].includes(field))
  return { ...Object.fromEntries(rest), ...(meta.length > 0 ? { metadata: Object.fromEntries(meta) } : {}) }
}
