import type { KubeObject } from '../../base/kube-client.ts'
import type { Dice } from '../../manifest/generate/dice.ts'
import { shellDeployment } from './objects-of.ts'
import type { Distractor } from './world.ts'

/** Things that look as if they had to do with an incident and have not. Each is healthy in its own way. */
export const distractorModels: readonly ((namespace: string, team: string, dice: Dice) => Distractor)[] = [
  loudProgram,
  retiredService,
  pausedOnPurpose,
  oldConfiguration,
  deniedVisitor,
  heldBackSchedule,
]

function meta(
  name: string,
  namespace: string,
  team: string,
  annotations?: Record<string, string>,
): KubeObject['metadata'] {
  return { name, namespace, labels: { app: name, team }, ...(annotations ? { annotations } : {}) }
}

/** Its log is full of warnings, and has always been. */
function loudProgram(namespace: string, team: string, dice: Dice): Distractor {
  const name = dice.pick(['thumbnails', 'recommendations', 'newsletter', 'search-hints'])
  const warning = dice.pick([
    'cache miss, computing',
    'slow answer from disk',
    'retry 1 of 3',
    'clock differs by 40 ms',
  ])
  const script = `trap 'exit 0' TERM\nwhile true; do echo "WARN ${warning}"; sleep 5 & wait $!; done\n`
  return {
    name: 'loud-program',
    told: `The log of ${name} is full of warnings.`,
    objects: [shellDeployment({ namespace, name, team, replicas: 1, script })],
  }
}

/** A Service that nobody asks any more, and nothing answers. */
function retiredService(namespace: string, team: string, dice: Dice): Distractor {
  const name = dice.pick(['legacy-api', 'old-site', 'soap-bridge', 'fax-gateway'])
  return {
    name: 'retired-service',
    told: `Somebody noticed that ${name} has nothing behind it.`,
    objects: [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: meta(name, namespace, team, { retired: 'kept until the contract ends' }),
        spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
      },
    ],
  }
}

function pausedOnPurpose(namespace: string, team: string, dice: Dice): Distractor {
  const name = dice.pick(['campaign', 'christmas', 'migration-tool', 'surveys'])
  const script = `trap 'exit 0' TERM\nwhile true; do sleep 60 & wait $!; done\n`
  return {
    name: 'paused-on-purpose',
    told: `The board shows ${name} with no pods.`,
    objects: [
      shellDeployment({
        namespace,
        name,
        team,
        replicas: 0,
        script,
        annotations: { note: 'season is over, see plan' },
      }),
    ],
  }
}

function oldConfiguration(namespace: string, team: string, dice: Dice): Distractor {
  const name = `${dice.pick(['upstreams', 'settings', 'feature-flags'])}-${dice.pick(['old', '2023', 'backup'])}`
  return {
    name: 'old-configuration',
    told: 'There are settings of several years around, and nobody knows which ones count.',
    objects: [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: meta(name, namespace, team),
        data: { upstreams: 'http://retired.example:8080/', timeout: '9s', colour: dice.pick(['blue', 'green']) },
      },
    ],
  }
}

/** Somebody who asks for what is not his, is refused, and says so loudly. */
function deniedVisitor(namespace: string, team: string, dice: Dice): Distractor {
  const name = dice.pick(['price-crawler', 'partner-feed', 'usage-probe'])
  const script = `trap 'exit 0' TERM\nwhile true; do echo "ERROR partner.example does not answer, trying again"; sleep 5 & wait $!; done\n`
  return {
    name: 'denied-visitor',
    told: `${name} has been logging errors about a partner for weeks.`,
    objects: [shellDeployment({ namespace, name, team, replicas: 1, script })],
  }
}

function heldBackSchedule(namespace: string, team: string, dice: Dice): Distractor {
  const name = dice.pick(['year-end', 'rebuild-index', 'purge-drafts'])
  const job = shellDeployment({ namespace, name, team, replicas: 0, script: 'true' })
  const pod = (job['spec'] as { template: { spec: Record<string, unknown> } }).template.spec
  return {
    name: 'held-back-schedule',
    told: `${name} has not been started for months.`,
    objects: [
      {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: meta(name, namespace, team, { note: 'by hand, in January' }),
        spec: {
          schedule: '0 3 1 1 *',
          suspend: true,
          jobTemplate: { spec: { template: { spec: { ...pod, restartPolicy: 'Never' } } } },
        },
      },
    ],
  }
}
