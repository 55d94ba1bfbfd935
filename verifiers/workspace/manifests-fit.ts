import { z } from 'zod'
import { isObject, listAt, objectAt, textAt, type JsonObject } from '../../harness/state/json.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { podTemplates, selectorMatches, type PodTemplate } from './pod-templates.ts'
import { readManifests, type Manifest } from './read-manifests.ts'
import { listManifests } from './read-workspace-file.ts'
import { workspacePathParam } from './workspace-path.ts'

/** Manifests of the workspace fit together. */
export const manifestsFit: Verifier = defineVerifier({
  name: 'manifests-fit',
  summary:
    'The manifests of the workspace fit together: selectors and labels, Services and ports, keys and ConfigMaps.',
  params: z.strictObject({ folder: workspacePathParam('The folder with the manifests.').default('.') }),
  example: 'manifests-fit: { folder: deploy }',
  details:
    'Looks at what Kubernetes itself only finds out later: a workload selects its own pods; a Service, a disruption budget and a network ' +
    'policy select some; named ports of Services, probes and policies are there; keys of ConfigMaps and Secrets that the folder has are ' +
    'there, unless optional; an Ingress names ports of Services that the folder has. It is indifferent to which of two sides was ' +
    'changed to make them fit: protect the side that must stay with `yaml-field-equals` or `file-unchanged`.',
  async verify({ folder }, context) {
    const files = await listManifests(context, folder)
    if (isVerdict(files)) return files
    const read = await readManifests(context, files)
    if (isVerdict(read)) return read
    const templates = podTemplates(read.manifests)
    const problems = [
      ...read.problems,
      ...templates.flatMap((template) => templateProblems(template, read.manifests)),
      ...read.manifests.flatMap((manifest) => referenceProblems(manifest, templates, read.manifests)),
    ]
    const evidence = { files: files.length, objects: read.manifests.length, problems: problems.slice(0, 20) }
    const [first] = problems
    if (first !== undefined) {
      return notMet(problems.length > 1 ? `${first} (and ${problems.length - 1} more)` : first, evidence)
    }
    if (templates.length === 0) return notMet(`${folder} holds nothing that runs`, evidence)
    return met(`all ${read.manifests.length} objects in ${files.length} files fit together`, evidence)
  },
})

/** What a workload and its own pods disagree about. */
function templateProblems(template: PodTemplate, manifests: readonly Manifest[]): string[] {
  const { manifest, labels, selector, containers } = template
  const wrong: string[] = []
  if (selector && !selectorMatches(selector, labels)) wrong.push('its selector does not match the labels of its pods')
  for (const container of containers) {
    const name = textAt(container, 'name') ?? 'container'
    for (const probe of ['readinessProbe', 'livenessProbe', 'startupProbe']) {
      for (const handler of ['httpGet', 'tcpSocket']) {
        const port = textAt(container, probe, handler, 'port')
        if (port !== undefined && !portNames([container]).has(port)) {
          wrong.push(`${probe} of ${name} asks the port ${port}, which ${name} does not have`)
        }
      }
    }
  }
  wrong.push(...keyReferences(template).flatMap((reference) => keyProblem(reference, template, manifests)))
  return wrong.map((problem) => `${whereIs(manifest)} ${problem}`)
}

/** What an object says of pods and Services that is not so. */
function referenceProblems(
  manifest: Manifest,
  templates: readonly PodTemplate[],
  manifests: readonly Manifest[],
): string[] {
  const { object } = manifest
  const here = templates.filter(({ namespace }) => namespace === namespaceOf(object))
  const spec = objectAt(object, 'spec')
  const problems = ((): string[] => {
    switch (textAt(object, 'kind')) {
      case 'Service':
        return isObject(spec['selector']) ? serviceProblems(spec, here) : []
      case 'PodDisruptionBudget':
        return selected(spec['selector'], here).length > 0 ? [] : ['selects no pods']
      case 'NetworkPolicy':
        return policyProblems(spec, here)
      case 'Ingress':
        return ingressProblems(spec, namespaceOf(object), manifests)
      default:
        return []
    }
  })()
  return problems.map((problem) => `${whereIs(manifest)} ${problem}`)
}

function serviceProblems(spec: JsonObject, templates: readonly PodTemplate[]): string[] {
  const behind = selected({ matchLabels: spec['selector'] }, templates)
  if (behind.length === 0) return ['selects no pods']
  return listAt(spec, 'ports').flatMap((port) => {
    const target = textAt(port, 'targetPort')
    const without = behind.filter(({ containers }) => target !== undefined && !portNames(containers).has(target))
    return without.map(({ manifest }) => `sends to the port ${target}, which ${nameOf(manifest.object)} does not have`)
  })
}

function policyProblems(spec: JsonObject, templates: readonly PodTemplate[]): string[] {
  const selector = objectAt(spec, 'podSelector')
  const subject = selected(selector, templates)
  if (subject.length === 0) return Object.keys(selector).length === 0 ? [] : ['selects no pods']
  const names = new Set(subject.flatMap(({ containers }) => [...portNames(containers)]))
  return listAt(spec, 'ingress')
    .flatMap((rule) => listAt(rule, 'ports'))
    .flatMap((entry) => {
      const port = textAt(entry, 'port')
      return port === undefined || names.has(port) ? [] : [`lets in to the port ${port}, which its pods do not have`]
    })
}

function ingressProblems(spec: JsonObject, namespace: string, manifests: readonly Manifest[]): string[] {
  const paths = listAt(spec, 'rules').flatMap((rule) => listAt(rule, 'http', 'paths'))
  const backends = [objectAt(spec, 'defaultBackend'), ...paths.map((one) => objectAt(one, 'backend'))]
  return backends.flatMap((backend) => {
    const name = textAt(backend, 'service', 'name')
    const wanted = objectAt(backend, 'service', 'port')
    const service = manifests.find(({ object }) => isNamed(object, 'Service', name, namespace))
    if (name === undefined || !service) return []
    const ports = listAt(service.object, 'spec', 'ports')
    const isThere = ports.some(
      (port) => isObject(port) && (port['name'] === wanted['name'] || port['port'] === wanted['number']),
    )
    return isThere ? [] : [`leads to a port that service/${name} does not have`]
  })
}

interface KeyReference {
  kind: 'ConfigMap' | 'Secret'
  name: string | undefined
  key: string | undefined
}

/** Every key that the containers of a template cannot start without. */
function keyReferences({ containers, volumes }: PodTemplate): KeyReference[] {
  const fromEnv = containers
    .flatMap((container) => listAt(container, 'env'))
    .flatMap((variable) => [
      { kind: 'ConfigMap' as const, source: objectAt(variable, 'valueFrom', 'configMapKeyRef') },
      { kind: 'Secret' as const, source: objectAt(variable, 'valueFrom', 'secretKeyRef') },
    ])
    .flatMap(({ kind, source }) =>
      source['optional'] === true ? [] : [{ kind, name: textAt(source, 'name'), key: textAt(source, 'key') }],
    )
  const fromVolumes = volumes.flatMap((volume) => {
    const sources = [
      { kind: 'ConfigMap' as const, source: objectAt(volume, 'configMap'), name: textAt(volume, 'configMap', 'name') },
      { kind: 'Secret' as const, source: objectAt(volume, 'secret'), name: textAt(volume, 'secret', 'secretName') },
    ]
    return sources.flatMap(({ kind, source, name }) =>
      source['optional'] === true
        ? []
        : listAt(source, 'items').map((item) => ({ kind, name, key: textAt(item, 'key') })),
    )
  })
  return [...fromEnv, ...fromVolumes]
}

/** What is not in the folder may be in the cluster: only objects that the folder has are asked for their keys. */
function keyProblem(reference: KeyReference, template: PodTemplate, manifests: readonly Manifest[]): string[] {
  const { kind, name, key } = reference
  const found = manifests.find(({ object }) => isNamed(object, kind, name, template.namespace))
  if (!found || key === undefined) return []
  const hasKey = ['data', 'binaryData', 'stringData'].some((field) => Object.hasOwn(objectAt(found.object, field), key))
  return hasKey ? [] : [`wants the key ${key} of ${kind}/${name}, which has no such key`]
}

function selected(selector: unknown, templates: readonly PodTemplate[]): PodTemplate[] {
  return isObject(selector) ? templates.filter(({ labels }) => selectorMatches(selector, labels)) : []
}

function portNames(containers: readonly unknown[]): Set<string> {
  return new Set(
    containers.flatMap((container) => listAt(container, 'ports')).flatMap((port) => textAt(port, 'name') ?? []),
  )
}

function isNamed(object: JsonObject, kind: string, name: string | undefined, namespace: string): boolean {
  return (
    textAt(object, 'kind') === kind && textAt(object, 'metadata', 'name') === name && namespaceOf(object) === namespace
  )
}

function namespaceOf(object: JsonObject): string {
  return textAt(object, 'metadata', 'namespace') ?? 'default'
}

function whereIs({ file, line, object }: Manifest): string {
  return `${file}:${line}: ${nameOf(object)}`
}

function nameOf(object: JsonObject): string {
  return `${textAt(object, 'kind')?.toLowerCase()}/${textAt(object, 'metadata', 'name')}`
}
