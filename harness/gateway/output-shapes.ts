import type { KubectlCommand } from './parse-kubectl.ts'
import type { OutputShape } from './shorten-output.ts'

/** How the output of a command is cut when it is too long. */
export function outputShapeOf(command: KubectlCommand): OutputShape {
  return shapes[command.path] ?? shapes['']!
}

const shapes: Record<string, OutputShape> = {
  '': { headShare: 0.6, advice: 'ask for less: one object by name, -n, -l, or -o jsonpath=...' },
  'api-resources': { headShare: 0.6, advice: 'ask for less: --api-group, --namespaced, --verbs' },
  'cluster-info dump': { headShare: 0.5, advice: 'look at single objects with get and describe' },
  describe: { headShare: 0.6, advice: 'describe one object by name, with -n', isDescribe: true },
  events: { headShare: 0.2, advice: 'ask for less: --for KIND/NAME, --types=Warning, -n' },
  exec: { headShare: 0.5, advice: 'ask for less inside the container: sh -c "... | tail -50"' },
  explain: { headShare: 0.7, advice: 'explain one field: KIND.spec.FIELD' },
  get: {
    headShare: 0.6,
    advice: 'ask for less: one object by name, -n, -l, --field-selector, -o name or -o jsonpath=...',
  },
  logs: { headShare: 0.15, advice: 'ask for less: --tail=100, --since=10m, -c CONTAINER, or one pod' },
}
