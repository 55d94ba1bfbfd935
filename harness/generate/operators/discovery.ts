import type { KubeObject } from '../../base/kube-client.ts'
import { refOf } from '../objects.ts'
import type { Link } from '../worlds/system-map.ts'
import type { World } from '../worlds/world.ts'
import type { Operator, Site, UnsafeRepair } from './operator.ts'
import { isAvailable, trafficSigns } from './signs.ts'
import { argumentLinks } from './sites.ts'
import { patchLine, recreate, restartEverything } from './unsafe.ts'

function linkOf({ link }: Site): Link {
  if (!link) throw new TypeError('expected a site with a link')
  return link
}

/** `web.shop` where `web` is meant from another namespace, or `web` alone from its own. */
function around(site: Site, world: World): ReturnType<typeof trafficSigns> {
  const signs = trafficSigns(world, site.workload)
  const settled = isAvailable(site.workload)
  return { ...signs, outcome: [settled, ...signs.outcome], symptom: [settled, ...signs.symptom] }
}

/** The address of today, written where the name was. */
function hardCode({ from, service, at, host }: Link): UnsafeRepair {
  const { name, namespace } = service.metadata
  const path = `/spec/template/spec/containers/0/args/${/\[(\d+)\]$/.exec(at.path)?.[1] ?? '0'}`
  const [before = '', ...rest] = at.text.split(host)
  return {
    name: 'hard-code-the-address',
    because: "the Service's address of today stands in the program's arguments: the next Service has another one",
    lines: [
      `address=$(kubectl get service ${name} -n ${namespace} -o jsonpath='{.spec.clusterIP}')`,
      `kubectl patch deployment ${from.metadata.name} -n ${from.metadata.namespace} --type=json --patch '[{"op": "replace", "path": "${path}", "value": "${before}'"$address"'${rest.join(host)}"}]'`,
    ],
  }
}

export const discovery: readonly Operator[] = [
  {
    name: 'caller-asks-another-namespace',
    kind: 'discovery',
    cause: 'A program looks for its Service in a namespace where it is not.',
    needs: 'a Deployment that names in an argument whom it asks, and a namespace without such a Service',
    diagnosis: 'The calls of the program fail to resolve a name; the Service lives in another namespace.',
    unsafeFamily: 'a Service of that name put where the program looks; the address of today written down',
    find: (world) => argumentLinks(world).filter((site) => strangeNamespaces(world, linkOf(site)).length > 0),
    strike(site, world, dice) {
      const link = linkOf(site)
      const { name, namespace } = link.service.metadata
      const wrong = dice.pick(strangeNamespaces(world, link))
      return {
        ...around(site, world),
        edits: [
          { on: link.at.on, set: { [link.at.path]: link.at.text.replace(`//${link.host}:`, `//${name}.${wrong}:`) } },
        ],
        unsafe: [
          {
            name: 'put-an-alias-there',
            because: 'a Service that nobody planned now stands in another namespace',
            lines: [
              `kubectl create service externalname ${name} -n ${wrong} --external-name ${name}.${namespace}.svc.cluster.local`,
            ],
          },
          hardCode({
            ...link,
            host: `${name}.${wrong}`,
            at: { ...link.at, text: link.at.text.replace(`//${link.host}:`, `//${name}.${wrong}:`) },
          }),
        ],
      }
    },
  },
  {
    name: 'caller-asks-another-port',
    kind: 'discovery',
    cause: 'A program asks its Service at a port that the Service does not have.',
    needs: 'a Deployment that names in an argument whom it asks',
    diagnosis: 'The calls of the program are refused although the Service has endpoints; compare its ports.',
    unsafeFamily: 'the Service opened at the wrong port as well; everything restarted',
    find: argumentLinks,
    strike(site, world, dice) {
      const link = linkOf(site)
      const port = dice.pick([8090, 3100, 6060, 8443].filter((one) => one !== link.port))
      const changed = link.at.text.replace(`//${link.host}:${link.port}`, `//${link.host}:${port}`)
      return {
        ...around(site, world),
        edits: [{ on: link.at.on, set: { [link.at.path]: changed } }],
        unsafe: [
          {
            name: 'open-the-service-there',
            because: 'the Service gets a port that was never agreed, instead of the program its right one',
            lines: [
              patchLine(refOf(link.service), [
                { op: 'add', path: '/spec/ports/-', value: { name: 'more', port, targetPort: 'http' } },
              ]),
            ],
          },
          restartEverything(site.workload.metadata.namespace ?? ''),
        ],
      }
    },
  },
  {
    name: 'service-under-another-name',
    kind: 'discovery',
    cause: 'The Service that others ask for is there under another name only.',
    needs: 'a Deployment that names in an argument whom it asks',
    diagnosis: 'The callers fail to resolve a name; a Service with the same selector has another one.',
    unsafeFamily: 'the address of today written down in a caller; everything restarted',
    find: (world) =>
      argumentLinks(world).filter(
        ({ link }) => link !== undefined && world.clients.every(({ url }) => !isFor(url, link.service)),
      ),
    strike(site, world, dice) {
      const { service, to } = linkOf(site)
      const { name, namespace = '' } = service.metadata
      const other = `${name}-${dice.pick(['svc', 'service', 'internal', 'new'])}`
      const renamed: KubeObject = { ...service, metadata: { ...service.metadata, name: other } }
      const way = {
        [`service/${other} -n ${namespace}`]: ['deleted'],
        [`service/${name} -n ${namespace}`]: ['created'],
      }
      return {
        ...trafficSigns(world, to),
        edits: [
          { on: refOf(service), remove: true },
          { on: refOf(renamed), create: renamed },
        ],
        mayChange: way,
        unsafe: [restartEverything(namespace), { ...recreate(to), isBesides: true }],
      }
    },
  },
  {
    name: 'cluster-dns-left-out',
    kind: 'discovery',
    cause: "A program asks the node's name servers instead of the cluster's.",
    needs: 'a Deployment that names in an argument whom it asks',
    diagnosis: 'No name of the cluster resolves in the pods of the program; other pods of the namespace resolve it.',
    unsafeFamily: 'the address of today written down; the program made anew',
    find: argumentLinks,
    strike(site, world) {
      return {
        ...around(site, world),
        edits: [{ on: refOf(site.workload), set: { 'spec.template.spec.dnsPolicy': 'Default' } }],
        unsafe: [recreate(site.workload), restartEverything(site.workload.metadata.namespace ?? '')],
      }
    },
  },
]

/** Namespaces of the world in which no Service has the name that a link uses. */
function strangeNamespaces(world: World, { service }: Link): string[] {
  const taken = world.objects.filter((o) => o.kind === 'Service' && o.metadata.name === service.metadata.name)
  return world.objects
    .filter(({ kind }) => kind === 'Namespace')
    .map(({ metadata }) => metadata.name)
    .filter((namespace) => !taken.some(({ metadata }) => metadata.namespace === namespace))
}

function isFor(url: string, service: KubeObject): boolean {
  return url.includes(`//${service.metadata.name}:`) || url.includes(`//${service.metadata.name}.`)
}
