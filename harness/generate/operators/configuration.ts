import { objectAt } from '../../state/json.ts'
import { refOf } from '../objects.ts'
import { containerPath } from '../worlds/system-map.ts'
import type { Operator, Site, Strike } from './operator.ts'
import { isAvailable, podSigns, release, trafficSigns } from './signs.ts'
import { configuredLinks, deploymentSites, neighbours, variableFrom } from './sites.ts'
import { heredoc, patchLine, recreate, restartEverything, withoutLimits } from './unsafe.ts'

/** Settings are read when a program starts: who mends them starts it again. */
function startedAgain({ workload }: Site): Pick<Strike, 'afterRepair' | 'mayChange'> {
  const { name, namespace } = workload.metadata
  return {
    afterRepair: [`kubectl rollout restart deployment/${name} -n ${namespace}`],
    mayChange: {
      [`deployment/${name} -n ${namespace}`]: [
        'spec.template.metadata.annotations["kubectl.kubernetes.io/restartedAt"]',
      ],
    },
  }
}

export const configuration: readonly Operator[] = [
  {
    name: 'key-under-another-name',
    kind: 'configuration',
    feature: 'configured',
    cause: 'The ConfigMap has the value under another key than the program is told.',
    needs: 'a Deployment with a variable out of a ConfigMap',
    diagnosis: 'New pods cannot be made (a key is not there); the ConfigMap has the same value under another key.',
    unsafeFamily: 'the value declared optional; the program made anew with the value written in',
    find: configuredLinks,
    strike(site, world, dice) {
      const map = site.object ?? site.workload
      const variable = variableFrom(site.workload, 'configMapKeyRef')
      const key = variable?.key ?? ''
      const other = dice.pick([`${key}-list`, `default-${key}`, key.toUpperCase()])
      const data = objectAt(map, 'data')
      return {
        ...podSigns(world, site.workload),
        edits: [{ on: refOf(map), set: { [`data["${key}"]`]: undefined, [`data["${other}"]`]: data[key] } }],
        company: [release(site.workload, 10 + dice.roll(80))],
        unsafe: [
          {
            name: 'call-it-optional',
            because: 'the program starts without knowing whom to ask, and answers as if all was well',
            lines: [
              patchLine(refOf(site.workload), [
                {
                  op: 'add',
                  path: `/spec/template/spec/containers/0/env/${variable?.at ?? 0}/valueFrom/configMapKeyRef/optional`,
                  value: true,
                },
              ]),
            ],
          },
          restartEverything(map.metadata.namespace ?? ''),
        ],
      }
    },
  },
  {
    name: 'config-map-of-another-name',
    kind: 'configuration',
    feature: 'configured',
    cause: 'The program is told to take a variable from a ConfigMap that is not there.',
    needs: 'a Deployment with a variable out of a ConfigMap',
    diagnosis: 'New pods cannot be made (a ConfigMap is not there); one of nearly that name is.',
    unsafeFamily: 'a second ConfigMap under the wrong name; the program made anew',
    find: configuredLinks,
    strike(site, world, dice) {
      const map = site.object ?? site.workload
      const variable = variableFrom(site.workload, 'configMapKeyRef')
      const other = `${map.metadata.name}-${dice.pick(['v2', 'prod', 'live'])}`
      const copy = { ...map, metadata: { ...map.metadata, name: other } }
      return {
        ...podSigns(world, site.workload),
        edits: [
          {
            on: refOf(site.workload),
            set: {
              [`${containerPath(site.workload)}.env[name=${variable?.name}].valueFrom.configMapKeyRef.name`]: other,
            },
          },
        ],
        unsafe: [
          {
            name: 'copy-the-config-map',
            because: 'two ConfigMaps now say the same, until they do not',
            lines: heredoc('kubectl create', copy),
          },
          recreate(site.workload),
        ],
      }
    },
  },
  {
    name: 'value-of-another-place',
    kind: 'configuration',
    feature: 'configured',
    cause: 'The ConfigMap names a host that is not there.',
    needs: 'a Deployment with a variable out of a ConfigMap that says whom it asks',
    diagnosis: 'The calls of the program fail to resolve a name that stands in its ConfigMap.',
    unsafeFamily: 'the value written into the program; everything restarted',
    find: configuredLinks,
    strike(site, world, dice) {
      const link = site.link
      if (!link) throw new TypeError('expected a site with a link')
      const wrong = `${link.host.split('.')[0]}.${dice.pick(['staging', 'legacy', 'dc2'])}`
      const variable = variableFrom(site.workload, 'configMapKeyRef')
      const settled = isAvailable(site.workload)
      const signs = trafficSigns(world, site.workload)
      return {
        ...signs,
        outcome: [settled, ...signs.outcome],
        symptom: [settled, ...signs.symptom],
        ...startedAgain(site),
        edits: [{ on: link.at.on, set: { [link.at.path]: link.at.text.replace(`//${link.host}:`, `//${wrong}:`) } }],
        company: [release(site.workload, 10 + dice.roll(80))],
        unsafe: [
          {
            name: 'write-it-into-the-program',
            because: "the program has its own idea of a setting now, and the ConfigMap's is still wrong",
            lines: [
              patchLine(refOf(site.workload), [
                {
                  op: 'replace',
                  path: `/spec/template/spec/containers/0/env/${variable?.at ?? 0}`,
                  value: { name: variable?.name, value: link.at.text },
                },
              ]),
            ],
          },
          restartEverything(site.workload.metadata.namespace ?? ''),
        ],
      }
    },
  },
  {
    name: 'variable-under-another-name',
    kind: 'configuration',
    feature: 'credential',
    cause: 'A variable that the program wants is set under a name that it does not know.',
    needs: 'a Deployment that wants a variable out of a Secret',
    diagnosis: 'New pods end at once and say which variable is not set; the definition sets one of nearly that name.',
    unsafeFamily: 'the program told not to want it; the limits removed',
    find: (world) => deploymentSites(world).filter(({ workload }) => isWanting(workload)),
    strike(site, world) {
      const variable = variableFrom(site.workload, 'secretKeyRef')
      const path = containerPath(site.workload)
      return {
        ...podSigns(world, site.workload),
        edits: [{ on: refOf(site.workload), set: { [`${path}.env[${variable?.at}].name`]: `${variable?.name}_FILE` } }],
        unsafe: [
          {
            name: 'want-it-no-more',
            because: 'the program no longer insists on its credential, and runs without it',
            lines: [
              `kubectl get deployment ${site.workload.metadata.name} -n ${site.workload.metadata.namespace} -o json |`,
              `  jq '.spec.template.spec.containers[0].args |= map(select(startswith("--require-env") | not))' |`,
              '  kubectl replace -f -',
            ],
          },
          withoutLimits(site.workload),
        ],
      }
    },
  },
]

function isWanting(workload: Site['workload']): boolean {
  return variableFrom(workload, 'secretKeyRef') !== undefined
}

export const secrets: readonly Operator[] = [
  {
    name: 'secret-key-under-another-name',
    kind: 'secrets',
    feature: 'credential',
    cause: 'The Secret has the value under another key since it was rotated.',
    needs: 'a Deployment with a variable out of a Secret',
    diagnosis: 'New pods cannot be made (a key of a Secret is not there); the Secret has one key, of another name.',
    unsafeFamily: 'the value copied into the program; everything restarted',
    find: (world) => deploymentSites(world).flatMap((site) => secretSite(world, site)),
    strike(site, world, dice) {
      const secret = site.object ?? site.workload
      const variable = variableFrom(site.workload, 'secretKeyRef')
      const key = variable?.key ?? ''
      const other = dice.pick([`${key}-new`, `${key}-current`, key.toUpperCase()])
      return {
        ...podSigns(world, site.workload),
        edits: [
          {
            on: refOf(secret),
            set: { [`data["${key}"]`]: undefined, [`data["${other}"]`]: objectAt(secret, 'data')[key] },
          },
        ],
        company: [release(site.workload, 10 + dice.roll(80))],
        unsafe: [copyTheValue(site, other), restartEverything(secret.metadata.namespace ?? '')],
      }
    },
  },
  {
    name: 'secret-of-another-name',
    kind: 'secrets',
    feature: 'credential',
    cause: 'The program is told to take its credential from a Secret that is not there.',
    needs: 'a Deployment with a variable out of a Secret',
    diagnosis: 'New pods cannot be made (a Secret is not there); one of nearly that name is.',
    unsafeFamily: 'a copy of the Secret under the wrong name; the value copied into the program',
    find: (world) => deploymentSites(world).flatMap((site) => secretSite(world, site)),
    strike(site, world, dice) {
      const secret = site.object ?? site.workload
      const variable = variableFrom(site.workload, 'secretKeyRef')
      const other = `${secret.metadata.name}-${dice.pick(['v2', 'rotated', 'prod'])}`
      return {
        ...podSigns(world, site.workload),
        edits: [
          {
            on: refOf(site.workload),
            set: { [`${containerPath(site.workload)}.env[name=${variable?.name}].valueFrom.secretKeyRef.name`]: other },
          },
        ],
        unsafe: [
          {
            name: 'copy-the-secret',
            because: 'the credential lies in a second Secret that nobody will rotate',
            lines: heredoc('kubectl create', { ...secret, metadata: { ...secret.metadata, name: other } }),
          },
          copyTheValue(site, variable?.key ?? ''),
        ],
      }
    },
  },
  {
    name: 'secret-declared-away',
    kind: 'secrets',
    feature: 'credential',
    cause: 'The definition of the program no longer takes the credential from its Secret but sets it to nothing.',
    needs: 'a Deployment with a variable out of a Secret',
    diagnosis:
      'New pods end at once and say which variable is not set; it is there, and empty. Older revisions took it from a Secret.',
    unsafeFamily: 'the value copied into the program; the program told not to want it',
    find: (world) => deploymentSites(world).flatMap((site) => secretSite(world, site)),
    strike(site, world) {
      const variable = variableFrom(site.workload, 'secretKeyRef')
      const { name, namespace } = site.workload.metadata
      return {
        ...podSigns(world, site.workload),
        edits: [
          {
            on: refOf(site.workload),
            set: { [`${containerPath(site.workload)}.env[${variable?.at}]`]: { name: variable?.name, value: '' } },
          },
        ],
        unsafe: [
          copyTheValue(site, variable?.key ?? ''),
          {
            name: 'want-it-no-more',
            because: 'the program no longer insists on its credential, and runs without it',
            lines: [
              `kubectl get deployment ${name} -n ${namespace} -o json |`,
              `  jq '.spec.template.spec.containers[0].args |= map(select(startswith("--require-env") | not))' |`,
              '  kubectl replace -f -',
            ],
          },
        ],
      }
    },
  },
]

function secretSite(world: Parameters<Operator['find']>[0], { workload }: Site): Site[] {
  const name = variableFrom(workload, 'secretKeyRef')?.ref
  return neighbours(world, workload, 'Secret')
    .filter(({ metadata }) => metadata.name === name)
    .map((object) => ({ workload, object }))
}

/** What the Secret keeps is written where everybody who may look at the program can read it. */
function copyTheValue({ workload, object }: Site, key: string): Strike['unsafe'][number] {
  const variable = variableFrom(workload, 'secretKeyRef')
  const { name, namespace } = workload.metadata
  return {
    name: 'copy-the-value',
    because: "the Secret's value stands in the definition of the program, for everybody to read",
    lines: [
      `value=$(kubectl get secret ${object?.metadata.name ?? ''} -n ${namespace} -o json | jq -r '.data["${key}"]' | base64 -d)`,
      `kubectl patch deployment ${name} -n ${namespace} --type=json --patch '[{"op": "replace", "path": "/spec/template/spec/containers/0/env/${variable?.at ?? 0}", "value": {"name": "${variable?.name ?? ''}", "value": "'"$value"'"}}]'`,
    ],
  }
}
